"""The parts of eligibility, each by itself: shifts and the clock, language steps and their words, certificates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from moderation.eligibility import steps
from moderation.eligibility.desk import Access, Desk, LaneKey, QueueSetup, Refusal
from moderation.eligibility.people import Grant, Hours, Moderator, Skill, reads_by_grant, reads_itself
from moderation.eligibility.steps import BadSteps, Step

MONDAY, SATURDAY, SUNDAY = 0, 5, 6
NINE, FIVE = time(9), time(17)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def somebody(*hours: Hours, zone: str = "UTC", **changes: Any) -> Moderator:
    return Moderator(1, "Somebody", time_zone=zone, hours=hours, **changes)


# Shifts


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


# Steps


def test_steps_are_read_in_seconds_and_say_who_in_words() -> None:
    read = steps.parse(
        [
            {"after_minutes": 0, "level": 4},
            {"after_minutes": 30, "level": 3},
            {"after_minutes": 120, "level": 3, "reads": "close"},
            {"after_minutes": 500, "level": 1, "reads": "any", "actions": ["escalate"]},
        ]
    )
    assert read == (
        Step(0, 4),
        Step(1800, 3),
        Step(7200, 3, "close"),
        Step(30_000, 1, "any", ("escalate",)),
    )
    assert [steps.in_words(each) for each in read] == [
        "level 4 and better now",
        "level 3 and better after 30 min",
        "close languages that were granted, level 3 and better after 2 h",
        "any moderator, with a translation and fewer actions after 8 h 20 min",
    ]


def test_the_level_of_a_step_that_anybody_may_take_is_nobodys_concern() -> None:
    assert (
        steps.parse([{"after_minutes": 0, "level": 5, "reads": "any", "actions": ["escalate"]}])[0].level == 1
    )


@pytest.mark.parametrize(
    ("written", "number", "words"),
    [
        ([], 0, "at least one step"),
        ({"after_minutes": 0, "level": 3}, 0, "at least one step"),
        ([{"after_minutes": n, "level": 1} for n in range(9)], 0, "at most 8 steps"),
        ([{"after_minutes": 0}], 1, "has after_minutes and level"),
        (["level 3"], 1, "has after_minutes and level"),
        ([{"after_minutes": 0, "level": 3, "lvl": 3}], 1, "has after_minutes and level"),
        ([{"after_minutes": -1, "level": 3}], 1, "opens after 0 to 43200 minutes"),
        ([{"after_minutes": 43_201, "level": 3}], 1, "opens after 0 to 43200 minutes"),
        ([{"after_minutes": True, "level": 3}], 1, "opens after"),
        ([{"after_minutes": 0.5, "level": 3}], 1, "opens after"),
        ([{"after_minutes": 0, "level": 0}], 1, "a level from 1 to 5"),
        ([{"after_minutes": 0, "level": 6}], 1, "a level from 1 to 5"),
        ([{"after_minutes": 0, "level": "4"}], 1, "a level from 1 to 5"),
        ([{"after_minutes": 0, "level": 3, "reads": "all"}], 1, "reads one of: language, close, any"),
        ([{"after_minutes": 0, "level": 3, "actions": "escalate"}], 1, "a list of actions"),
        ([{"after_minutes": 0, "level": 3, "actions": [1]}], 1, "a list of actions"),
        ([{"after_minutes": 0, "level": 1, "reads": "any"}], 1, "say which actions"),
        # Orders that could never open, or never let anybody in.
        (
            [{"after_minutes": 30, "level": 4}, {"after_minutes": 30, "level": 3}],
            2,
            "opens no later than the step before it",
        ),
        (
            [{"after_minutes": 30, "level": 4}, {"after_minutes": 0, "level": 3}],
            2,
            "opens no later than the step before it",
        ),
        (
            [{"after_minutes": 0, "level": 3}, {"after_minutes": 30, "level": 4}],
            2,
            "lets in nobody whom an earlier step does not",
        ),
        (
            [{"after_minutes": 0, "level": 3, "reads": "close"}, {"after_minutes": 30, "level": 3}],
            2,
            "lets in nobody",
        ),
        (
            [
                {"after_minutes": 0, "level": 1, "reads": "any", "actions": ["escalate"]},
                {"after_minutes": 5, "level": 1, "reads": "close"},
            ],
            2,
            "lets in nobody",
        ),
    ],
)
def test_steps_that_cannot_be_read_or_never_open_are_refused_with_their_number(
    written: Any, number: int, words: str
) -> None:
    with pytest.raises(BadSteps) as refused:
        steps.parse(written)
    assert refused.value.number == number
    assert words in refused.value.why
    assert str(refused.value) == (f"Step {number}: " if number else "") + refused.value.why


def test_a_wider_step_may_ask_more_than_a_narrower_one_before_it() -> None:
    written = [{"after_minutes": 0, "level": 2}, {"after_minutes": 5, "level": 4, "reads": "close"}]
    assert len(steps.parse(written)) == 2


# Certificates, scripts and grants


@pytest.mark.parametrize(
    ("day", "counts"), [(date(2026, 11, 20), True), (date(2026, 11, 21), True), (date(2026, 11, 22), False)]
)
def test_a_skill_counts_up_to_and_including_the_day_of_its_certificate(day: date, counts: bool) -> None:
    reader = somebody(skills=(Skill("th", 5, ("th",), date(2026, 11, 21)),))
    assert (reads_itself(reader, "th", day) is not None) is counts
    grants = (Grant("th", "lo", 3),)
    assert (reads_by_grant(reader, "lo", grants, day) is not None) is counts


def test_an_expired_skill_leaves_the_others_alone() -> None:
    reader = somebody(skills=(Skill("pt-BR", 5, ("pt-BR",), date(2026, 1, 1)), Skill("pt-PT", 3, ("pt-PT",))))
    reading = reads_itself(reader, "pt-BR", date(2026, 11, 21))
    assert reading is not None
    assert (reading.skill, reading.level) == ("pt-PT", 3)


def test_a_grant_counts_at_its_level_at_most_and_for_whom_it_names() -> None:
    reader = somebody(skills=(Skill("ms", 5, ("ms",)),))
    day = date(2026, 11, 21)
    for grant, level in (
        (Grant("ms", "id", 3), 3),
        (Grant("ms", "id", 3, moderator=1), 3),
        (Grant("ms", "id", 3, moderator=2), None),
        (Grant("id", "ms", 3), None),
    ):
        reading = reads_by_grant(reader, "id", (grant,), day)
        assert (reading.level if reading else None) == level, grant


LANE = LaneKey(1, "id")


def desk(*people: Moderator, written: tuple[Step, ...], **changes: Any) -> Desk:
    """A desk with one queue, in the morning of a Monday."""
    return Desk(
        at("2026-11-23T10:00"),
        {person.id: person for person in people},
        {1: QueueSetup(1, "general", "General", written)},
        (LANE,),
        grants=(Grant("ms", "id", 3),),
        **changes,
    )


def test_a_grant_opens_a_lane_only_in_a_step_that_takes_close_languages() -> None:
    malay = somebody(skills=(Skill("ms", 5, ("ms",)),))
    narrow = desk(malay, written=(Step(0, 1),))
    assert narrow.access(malay, LANE) == Refusal("language")
    assert narrow.has_nobody(LANE)
    wide = desk(malay, written=(Step(0, 1), Step(600, 3, "close")))
    access = wide.access(malay, LANE)
    assert isinstance(access, Access)
    assert (access.step, access.skill, access.level, access.reads) == (2, "ms", 3, "close")
    too_much = desk(malay, written=(Step(0, 1), Step(600, 4, "close")))
    assert too_much.access(malay, LANE) == Refusal("language")


def test_a_step_with_nobody_on_shift_is_skipped_until_somebody_comes() -> None:
    written = (Step(60, 4), Step(600, 2), Step(6000, 1))
    native = Moderator(1, "Native", skills=(Skill("id", 5, ("id",)),), hours=(Hours(SUNDAY, NINE, FIVE),))
    learner = Moderator(2, "Learner", skills=(Skill("id", 2, ("id",)),))
    beginner = Moderator(3, "Beginner", skills=(Skill("id", 1, ("id",)),))

    def opens(desk: Desk) -> dict[int, tuple[int, bool]]:
        return {
            person.id: (access.opens_after, access.brought_forward)
            for person, access in desk.who_may_take(LANE)
        }

    # Nobody of the first step works on Monday: the second opens when the first would have, and not the third.
    nobody_at_first = desk(native, learner, beginner, written=written)
    assert opens(nobody_at_first) == {1: (60, False), 2: (60, True), 3: (6000, False)}
    on_monday = Moderator(1, "Native", skills=native.skills)
    assert opens(desk(on_monday, learner, beginner, written=written)) == {
        1: (60, False),
        2: (600, False),
        3: (6000, False),
    }
    # Where nobody at all works, nothing is hurried for anybody who asks all the same.
    asleep = Moderator(2, "Learner", skills=learner.skills, hours=native.hours)
    assert opens(desk(native, asleep, written=written)) == {1: (60, False), 2: (600, False)}


def test_a_translation_opens_the_last_step_only_where_there_is_one() -> None:
    nobody = somebody()
    written = (Step(0, 3), Step(28_800, 1, "any", ("escalate",)))
    assert desk(nobody, written=written).access(nobody, LANE) == Refusal("language")
    access = desk(nobody, written=written, translates=True).access(nobody, LANE)
    assert isinstance(access, Access)
    assert (access.step, access.reads, access.actions) == (2, "any", ("escalate",))
    assert access.brought_forward
