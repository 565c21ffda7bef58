"""Coverage by languages × queues and × hours: right figures, the worst first, and what is at risk."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from moderation.coverage.hours import HOURS, Stretch, weeks
from moderation.coverage.matrix import Cell, Row, Staffing, matrix
from moderation.coverage.risks import Risk, paused, risks
from moderation.coverage.uncovered import uncovered
from moderation.coverage.waiting import Waiting, waiting_in
from moderation.eligibility import loading
from moderation.eligibility.desk import Desk, LaneKey, QueueSetup
from moderation.eligibility.people import Hours, Moderator, Skill
from moderation.eligibility.steps import Step
from moderation.models import Lane, Requirements
from tests.factories import make_case, make_queue, make_user

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
MONDAY = date(2026, 11, 16)


def shown() -> dict[str, Row]:
    desk = loading.load(timezone.now())
    waiting = waiting_in(desk.lanes)
    return {
        row.language: row for row in matrix(desk, waiting, {gap.lane for gap in uncovered(desk, waiting)})
    }


def cells(row: Row) -> list[tuple[int, Staffing]]:
    return [(cell.people, cell.staffing) for cell in row.cells]


@pytest.mark.django_db
def test_a_cell_counts_people_at_b2_or_better_with_the_clearances_and_the_membership() -> None:
    make_queue("any")
    guarded = make_queue("guarded", clearances=("child_safety",))
    closed = make_queue("closed", members_only=True)
    make_user(bn=3)
    make_user(bn=2, clearances=("child_safety",))
    member = make_user(bn=5, clearances=("child_safety",))
    closed.members.add(member)
    left = make_user(bn=5, clearances=("child_safety",))
    left.is_active = False
    left.save()
    bengali = shown()["bn"]
    assert cells(bengali) == [(2, Staffing.SEVERAL), (1, Staffing.ONE), (1, Staffing.ONE)]
    assert [cell.queue for cell in bengali.cells][1:] == [closed.pk, guarded.pk]


@pytest.mark.django_db
def test_a_cell_tells_a_gap_from_an_empty_lane_for_nobody_and_from_one_for_readers_below_b2() -> None:
    make_queue("below", steps=[{"after_minutes": 0, "level": 1}])
    make_queue("high", steps=[{"after_minutes": 0, "level": 4}])
    make_case(language="bn", queue=make_queue("gap", steps=[{"after_minutes": 0, "level": 4}]))
    make_user(bn=2)
    assert cells(shown()["bn"]) == [(0, Staffing.BELOW), (0, Staffing.GAP), (0, Staffing.NOBODY)]


@pytest.mark.django_db
def test_a_cell_adds_up_what_waits_whatever_rules_ask_besides() -> None:
    now = timezone.now()
    make_user(th=4)
    make_user(th=4, clearances=("terrorism",))
    Requirements.objects.create(digest="d" * 16, clearances=["terrorism"])
    oldest = make_case(language="th", queued_at=now - timedelta(hours=4))
    late = make_case(language="th", due_at=now - timedelta(minutes=1), requirements="d" * 16)
    make_case(language="th", due_at=now + timedelta(minutes=5))
    row = shown()["th"]
    assert row.cells[0] == Cell(
        queue=late.queue_id or 0,
        people=2,
        staffing=Staffing.SEVERAL,
        waiting=Waiting(3, due_soon=1, missed=1, next_due=late.due_at or now, oldest=oldest.queued_at or now),
        fewest=1,
    )
    assert row.waiting == row.cells[0].waiting


@pytest.mark.django_db
def test_languages_with_gaps_come_first_then_what_is_late_and_what_needs_no_language_last() -> None:
    make_user(th=4, ar=4, de=4)
    make_case(language="th", due_at=timezone.now() - timedelta(minutes=1))
    for language in ("ar", "ar", "bn"):
        make_case(language=language)
    Lane.objects.create(queue=make_queue(), language="und")
    assert list(shown()) == ["bn", "th", "ar", "de", "und"]
    assert cells(shown()["und"]) == [(1, Staffing.ONE)]


def person(number: int, *hours: Hours, zone: str = "UTC", **changes: Any) -> Moderator:
    fields: dict[str, Any] = {"skills": (Skill("th", 4, ("th",)),), "hours": hours, "time_zone": zone}
    return Moderator(number, f"person {number}", **fields | changes)


def desk_of(*people: Moderator, at: datetime = NOW) -> Desk:
    queue = QueueSetup(1, "general", "General", (Step(0, 3),))
    return Desk(at, {each.id: each for each in people}, {1: queue}, lanes=(LaneKey(1, "th"),))


def everybody(desk: Desk) -> frozenset[int]:
    return frozenset(desk.moderators)


def test_a_week_is_made_of_stretches_of_each_day_in_the_viewers_time_zone() -> None:
    night = Hours(1, time(22), time(6))  # Tuesday to Wednesday
    desk = desk_of(person(1, night), person(2, Hours(2, time(4), time(12))))
    (week,) = weeks(desk, ["th", "und"], MONDAY, ZoneInfo("UTC"), everybody(desk))
    assert week.stretches[:7] == (
        Stretch(0, 24, 0),
        Stretch(24, 22, 0),
        Stretch(46, 2, 1),
        Stretch(48, 4, 1),
        Stretch(52, 2, 2),
        Stretch(54, 6, 1),
        Stretch(60, 12, 0),
    )
    assert (week.people, week.without) == (2, HOURS - 14)
    (tokyo,) = weeks(desk, ["th"], MONDAY, ZoneInfo("Asia/Tokyo"), everybody(desk))
    assert tokyo.stretches[2:4] == (Stretch(48, 7, 0), Stretch(55, 6, 1))


def test_an_hour_counts_only_who_is_there_for_the_whole_of_it() -> None:
    desk = desk_of(person(1, Hours(0, time(9, 30), time(12, 15))))
    (week,) = weeks(desk, ["th"], MONDAY, ZoneInfo("UTC"), everybody(desk))
    assert week.stretches[:2] == (Stretch(0, 10, 0), Stretch(10, 2, 1))


def test_who_reads_it_less_well_or_is_not_asked_for_does_not_count_in_a_week() -> None:
    desk = desk_of(person(1), person(2, skills=(Skill("th", 2, ("th",)),)), person(3))
    (week,) = weeks(desk, ["th"], MONDAY, ZoneInfo("UTC"), frozenset({1, 2}))
    assert set(week.stretches) == {Stretch(24 * day, 24, 1) for day in range(7)}


ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin", "Pacific/Auckland")
SHIFTS = st.builds(
    Hours,
    st.integers(0, 6),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)


@given(
    shifts=st.lists(SHIFTS, min_size=1, max_size=5),
    hers=st.sampled_from(ZONES),
    theirs=st.sampled_from(ZONES),
    # The weeks in which the clocks change in Europe and in New Zealand, and one in which none does.
    monday=st.sampled_from([date(2026, 3, 23), date(2026, 10, 19), date(2026, 9, 21), MONDAY]),
)
def test_an_hour_of_the_map_is_one_in_which_she_is_on_shift(
    shifts: list[Hours], hers: str, theirs: str, monday: date
) -> None:
    someone = person(1, *shifts, zone=hers)
    zone = ZoneInfo(theirs)
    (week,) = weeks(desk_of(someone), ["th"], monday, zone, frozenset({1}))
    counts = [each.people for each in week.stretches for _ in range(each.hours)]
    assert len(counts) == HOURS
    midnight = datetime.combine(monday, time())
    for hour, count in enumerate(counts):
        start, end = (
            (midnight + timedelta(hours=each)).replace(tzinfo=zone).astimezone(UTC)
            for each in (hour, hour + 1)
        )
        minutes = int((end - start).total_seconds()) // 60
        if minutes:
            assert bool(count) == all(
                someone.on_shift(start + timedelta(minutes=each)) for each in range(minutes)
            )


LANE = LaneKey(1, "th")
DUE = timedelta(hours=2)


def at_risk(desk: Desk, due: datetime = NOW + DUE, gaps: frozenset[LaneKey] = frozenset()) -> list[Risk]:
    return risks(desk, {LANE: Waiting(3, 0, 0, due, NOW - DUE)}, gaps)


def test_a_lane_whose_only_people_are_away_is_at_risk_until_the_first_is_back() -> None:
    back = NOW + timedelta(days=3)
    away: dict[str, Any] = {"absences": ((NOW - DUE, back),)}
    longer: dict[str, Any] = {"absences": ((NOW - DUE, back + DUE),)}
    both = desk_of(person(1, **away), person(2, **longer))
    assert at_risk(both) == [Risk(LANE, "away", ("person 1", "person 2"), back)]
    assert at_risk(both, gaps=frozenset({LANE})) == []
    assert at_risk(desk_of(person(1, **away), person(2))) == []
    for_weeks: dict[str, Any] = {"absences": ((NOW - DUE, NOW + timedelta(days=90)),)}
    assert at_risk(desk_of(person(1, **for_weeks))) == [Risk(LANE, "away", ("person 1",), None)]


def test_a_lane_that_is_due_before_anybody_works_is_at_risk() -> None:
    desk = desk_of(person(1, Hours(2, time(15), time(20))))
    assert at_risk(desk) == [Risk(LANE, "off_shift", ("person 1",), NOW + timedelta(hours=3))]
    assert at_risk(desk, due=NOW + timedelta(hours=4)) == []


def test_a_lane_whose_people_read_it_by_certificates_that_run_out_is_at_risk_from_the_day_after() -> None:
    def certified(number: int, until: date | None) -> Moderator:
        return person(number, skills=(Skill("th", 4, ("th",), until),))

    first, last = NOW.date() + timedelta(days=3), NOW.date() + timedelta(days=9)
    desk = desk_of(certified(1, first), certified(2, last))
    assert at_risk(desk) == [Risk(LANE, "certificates", ("person 1", "person 2"), last + timedelta(days=1))]
    assert at_risk(desk_of(certified(1, first), certified(2, None))) == []
    assert at_risk(desk_of(certified(1, NOW.date() + timedelta(days=15)))) == []


def test_triage_is_at_risk_when_nobody_is_there_for_it_though_nobody_needs_to_read_it() -> None:
    lane = LaneKey(1, "und")
    work = {lane: Waiting(1, 0, 0, NOW + DUE, NOW)}
    assert risks(desk_of(person(1)), work, ()) == []
    away = person(1, absences=((NOW - DUE, NOW + DUE),))
    assert [risk.why for risk in risks(desk_of(away), work, ())] == ["away"]


@pytest.mark.django_db
def test_what_waits_in_a_paused_queue_is_counted_and_is_not_at_risk_besides() -> None:
    queue = make_queue("paused", paused=True)
    make_queue("paused too", paused=True)
    make_user(th=4, ar=4)
    for language in ("th", "ar", "ar"):
        make_case(language=language, queue=queue)
    desk = loading.load(timezone.now())
    waiting = waiting_in(desk.lanes)
    (found,) = paused(desk, waiting)
    assert (found.queue, found.waiting.waiting) == (queue.pk, 3)
    assert risks(desk, waiting, ()) == []
