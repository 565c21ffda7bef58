"""Shifts: on the wall clock of whoever works them, over midnight, and when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from moderation.eligibility.people import Hours, Moderator

MONDAY, SATURDAY, SUNDAY = 0, 5, 6
NINE, FIVE = time(9), time(17)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def somebody(*hours: Hours, zone: str = "UTC", **changes: Any) -> Moderator:
    return Moderator(1, "Somebody", time_zone=zone, hours=hours, **changes)


def test_who_keeps_no_rota_works_at_any_hour() -> None:
    assert somebody().on_shift(at("2026-11-21T03:00"))


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T16:59:59", True),
        ("2026-11-23T17:00", False),
        ("2026-11-24T12:00", False),
    ],
)
def test_a_shift_holds_from_its_start_until_just_before_its_end_on_its_day(moment: str, works: bool) -> None:
    assert somebody(Hours(MONDAY, NINE, FIVE)).on_shift(at(moment)) is works


@pytest.mark.parametrize(
    ("zone", "moment", "works"),
    [
        # Nine in the morning of Monday, 23 November, on each wall.
        ("Asia/Kathmandu", "2026-11-23T03:15", True),
        ("Asia/Kathmandu", "2026-11-23T03:14", False),
        ("America/New_York", "2026-11-23T14:00", True),
        ("America/New_York", "2026-11-23T13:59", False),
        # There it is Monday while it is Sunday in UTC.
        ("Pacific/Auckland", "2026-11-22T20:00", True),
        ("Pacific/Auckland", "2026-11-23T20:00", False),
    ],
)
def test_a_shift_is_on_the_wall_of_whoever_works_it(zone: str, moment: str, works: bool) -> None:
    assert somebody(Hours(MONDAY, NINE, FIVE), zone=zone).on_shift(at(moment)) is works


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-11-21T21:59", False),
        ("2026-11-21T22:00", True),
        ("2026-11-22T00:00", True),
        ("2026-11-22T05:59", True),
        ("2026-11-22T06:00", False),
        ("2026-11-22T23:00", False),
    ],
)
def test_a_shift_over_midnight_goes_on_the_next_day(moment: str, works: bool) -> None:
    assert somebody(Hours(SATURDAY, time(22), time(6))).on_shift(at(moment)) is works


def test_a_shift_over_the_end_of_the_week_goes_on_in_the_next() -> None:
    night = somebody(Hours(SUNDAY, time(22), time(6)))
    assert night.on_shift(at("2026-11-23T05:00"))
    assert not night.on_shift(at("2026-11-22T05:00"))


def test_a_shift_that_ends_when_it_starts_is_a_whole_day() -> None:
    day = somebody(Hours(MONDAY, NINE, NINE))
    assert [day.on_shift(at(moment)) for moment in ("2026-11-23T09:00", "2026-11-24T08:59:59")] == [
        True,
        True,
    ]
    assert not day.on_shift(at("2026-11-24T09:00"))
    assert not day.on_shift(at("2026-11-23T08:59"))


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        # In Berlin the last Sunday of March goes from 02:00 straight to 03:00, at 01:00 UTC.
        ("2026-03-28T08:00", True),  # Saturday, 09:00 in winter time
        ("2026-03-28T07:59", False),
        ("2026-03-29T07:00", True),  # Sunday, 09:00 in summer time
        ("2026-03-29T06:59", False),
        ("2026-03-29T15:00", False),
    ],
)
def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(moment: str, works: bool) -> None:
    berlin = somebody(Hours(SATURDAY, NINE, FIVE), Hours(SUNDAY, NINE, FIVE), zone="Europe/Berlin")
    assert berlin.on_shift(at(moment)) is works


def test_a_night_shift_is_an_hour_shorter_in_spring_and_longer_in_autumn() -> None:
    night = somebody(Hours(SATURDAY, time(22), time(6)), zone="Europe/Berlin")
    for first, hours in (("2026-03-28T12:00", 7), ("2026-06-20T12:00", 8), ("2026-10-24T12:00", 9)):
        quarters = [at(first) + timedelta(minutes=15 * n) for n in range(96)]
        assert sum(night.on_shift(quarter) for quarter in quarters) == hours * 4, first


def test_an_absence_wins_over_a_shift_and_over_having_none() -> None:
    away = (at("2026-11-23T10:00"), at("2026-11-23T12:00"))
    for person in (somebody(absences=(away,)), somebody(Hours(MONDAY, NINE, FIVE), absences=(away,))):
        works = [person.on_shift(at(f"2026-11-23T{clock}")) for clock in ("09:59", "10:00", "11:59", "12:00")]
        assert works == [True, False, False, True]


def test_who_cannot_sign_in_is_never_on_shift() -> None:
    assert not somebody(active=False).on_shift(at("2026-11-23T10:00"))
