"""Explanations agree with the claim: who they say could take a case now is given it, later ones then, others never."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, seed, settings

from accounts.models import User
from moderation.eligibility import loading
from moderation.eligibility.desk import Access, Asked, Desk, LaneKey, QueueSetup
from moderation.eligibility.people import Grant, Moderator, Skill
from moderation.eligibility.steps import Step
from moderation.explanations import CaseExplained, Taker, WhyNot, explain_case, explain_person
from moderation.models import Case, Exclusion, Policy, Snapshot
from moderation.queueing.claim import claim_next
from moderation.queueing.lanes import lane_of, open_lanes
from tests.eligibility_reference import World
from tests.eligibility_worlds import worlds
from tests.test_eligibility import policy, snapshot, standing

__all__ = ["policy", "snapshot"]  # fixtures

WORLDS = 150
SECOND = timedelta(seconds=1)
FOR_EVER = timedelta(days=3650)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return now


def explained(case: Case, now: datetime) -> CaseExplained:
    lane = lane_of(case)
    assert lane is not None
    assert case.queued_at is not None
    excluded = dict(Exclusion.objects.filter(case=case).values_list("moderator_id", "until"))
    return explain_case(loading.current(), lane, case.queued_at, now, excluded)


def is_given_after(wait: timedelta, case: Case, person: User) -> bool:
    """Whether she is given the case when so much time has passed, were it the only one; the rota stands still."""
    with undone():
        Case.objects.filter(pk=case.pk).update(queued_at=F("queued_at") - wait)
        Exclusion.objects.filter(case=case, until__isnull=False).update(until=F("until") - wait)
        return claim_next(person) == case


def test_who_could_take_it_is_given_it_then_and_nobody_else_ever(snapshot: Snapshot, policy: Policy) -> None:
    @seed(7)
    @settings(max_examples=WORLDS, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds())
    def agree(world: World) -> None:
        with standing(world, snapshot, policy) as rows:
            now = database_now()
            waiting = [case for case in rows.cases if case.status == Case.Status.QUEUED]
            Case.objects.filter(status=Case.Status.QUEUED).update(status=Case.Status.SCREENING)
            for case in waiting[:3]:
                with undone():
                    Case.objects.filter(pk=case.pk).update(status=Case.Status.QUEUED)
                    claims_agree(explained(case, now), case, rows.people, now)

    agree()


def claims_agree(explanation: CaseExplained, case: Case, people: list[User], now: datetime) -> None:
    told = {each.moderator.id: each for each in (*explanation.now, *explanation.later)}
    never = {each.id for _, members in explanation.never for each in members}
    assert told.keys() & never == set()
    assert told.keys() | never >= {person.pk for person in people}
    for person in people:
        if person.pk in never or explanation.paused:
            assert not is_given_after(FOR_EVER, case, person)
            continue
        taker = told[person.pk]
        assert is_given_after(timedelta(0), case, person) == (taker in explanation.now)
        if taker in explanation.later:
            wait = taker.at - now
            assert is_given_after(wait, case, person)
            assert not is_given_after(wait - SECOND, case, person)


def test_whoever_serves_a_lane_is_told_the_step_by_which_the_claim_lets_her_in(
    snapshot: Snapshot, policy: Policy
) -> None:
    @seed(8)
    @settings(max_examples=WORLDS, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds())
    def agree(world: World) -> None:
        with standing(world, snapshot, policy) as rows:
            desk = loading.current()
            for person in rows.people:
                told = explain_person(desk, desk.moderators[person.pk])
                assert told.serves == tuple((lane.key, lane.access) for lane in open_lanes(person))
                others = [lane for _, lanes in told.others for lane in lanes]
                assert sorted([lane for lane, _ in told.serves] + others) == sorted(desk.lanes)

    agree()


NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
LANE = LaneKey(1, "th")
STEPS = (Step(0, 4), Step(1800, 3), Step(7200, 3, "close"))


def person(number: int, level: int = 4, tag: str = "th", **changes: Any) -> Moderator:
    return Moderator(number, f"person {number}", **{"skills": (Skill(tag, level, (tag,)),)} | changes)


def desk_of(*people: Moderator, lanes: tuple[LaneKey, ...] = (LANE,), **queue: Any) -> Desk:
    setup = QueueSetup(1, "general", "General", **{"steps": STEPS} | queue)
    return Desk(
        NOW,
        {each.id: each for each in people},
        {1: setup},
        lanes,
        grants=(Grant("lo", "th", 3),),
        requirements={"": Asked(), "d": Asked(frozenset({"terrorism"}))},
    )


def explain(desk: Desk, waited: timedelta = 10 * MINUTES, **excluded: datetime | None) -> CaseExplained:
    return explain_case(
        desk,
        LANE,
        NOW - waited,
        NOW,
        {int(name.removeprefix("p")): until for name, until in excluded.items()},
    )


def ids(takers: tuple[Taker, ...]) -> list[int]:
    return [each.moderator.id for each in takers]


def reasons(explanation: CaseExplained) -> dict[WhyNot, list[int]]:
    return {why: [each.id for each in people] for why, people in explanation.never}


def test_it_says_who_could_take_it_now_and_who_later_and_when() -> None:
    close = person(3, 5, "lo")
    found = explain(desk_of(person(1, 4), person(2, 3), close))
    assert (ids(found.now), ids(found.later)) == ([1], [2, 3])
    assert [each.at for each in found.later] == [NOW + 20 * MINUTES, NOW + 110 * MINUTES]
    assert [(each.number, each.open, each.skipped) for each in found.steps] == [
        (1, True, False),
        (2, False, False),
        (3, False, False),
    ]


def test_a_step_that_is_skipped_because_nobody_before_it_is_on_shift_is_told() -> None:
    away = ((NOW - MINUTES, NOW + MINUTES),)
    found = explain(desk_of(person(1, 4, absences=away), person(2, 3)))
    assert ids(found.now) == [2, 1]  # who is there comes first
    assert [each.on_shift for each in found.now] == [True, False]
    assert found.now[0].access.brought_forward
    assert [(each.open, each.skipped) for each in found.steps] == [
        (True, False),
        (True, True),
        (False, False),
    ]


def test_whoever_skipped_it_may_take_it_when_that_is_over_and_whoever_took_part_never() -> None:
    desk = desk_of(person(1), person(2), person(3))
    found = explain(desk, p1=NOW + 60 * MINUTES, p2=None, p3=NOW - MINUTES)
    assert (ids(found.now), ids(found.later)) == ([3], [1])
    assert (found.later[0].at, found.later[0].skipped_until) == (NOW + 60 * MINUTES, NOW + 60 * MINUTES)
    assert reasons(found) == {WhyNot("took_part"): [2]}


def test_it_says_who_never_and_why() -> None:
    ran_out = date(2026, 11, 17)
    desk = desk_of(
        person(1, 2, clearances=frozenset({"child_safety"})),
        person(2, 4),
        person(3, 4, "ar", clearances=frozenset({"child_safety"})),
        person(4, 4, active=False),
        person(
            5,
            skills=(Skill("th", 4, ("th",), ran_out), Skill("th-TH", 4, ("th-TH",), date(2026, 1, 1))),
            clearances=frozenset({"child_safety"}),
        ),
        person(6, 2, "lo", clearances=frozenset({"child_safety"})),
        clearances=frozenset({"child_safety"}),
    )
    found = explain(desk)
    assert (found.now, found.later) == ((), ())
    assert reasons(found) == {
        WhyNot("level", level=2, asked=3): [1, 6],
        WhyNot("clearances", missing=("child_safety",)): [2],
        WhyNot("language"): [3],
        WhyNot("inactive"): [4],
        WhyNot("certificate", until=ran_out): [5],
    }
    assert found.clearances == ("child_safety",)
    assert reasons(explain(desk_of(person(1, 5, "lo"), steps=(Step(0, 3),)))) == {
        WhyNot("no_close_step"): [1]
    }
    assert reasons(explain(desk_of(person(1), members_only=True))) == {WhyNot("members"): [1]}


def test_while_its_queue_is_paused_nobody_could_now_and_those_who_could_are_still_told() -> None:
    found = explain(desk_of(person(1, 4), person(2, 3), person(3, 4, "ar"), paused=True))
    assert found.paused
    assert (ids(found.now), ids(found.later)) == ([], [1, 2])
    assert reasons(found) == {WhyNot("language"): [3]}


def test_triage_needs_no_step() -> None:
    found = explain_case(desk_of(person(1, 1, "ar")), LaneKey(1, "und"), NOW, NOW, {})
    assert (ids(found.now), found.steps) == ([1], ())
    assert found.now[0].access == Access(0, 0, "language", skill="", level=0)


def test_a_person_is_told_her_lanes_and_why_not_the_others() -> None:
    lanes = (LANE, LaneKey(1, "ar"), LaneKey(1, "ru"), LaneKey(1, "th", "d"), LaneKey(1, "und"))
    her = person(1, 3)
    found = explain_person(desk_of(her, person(2, 4), lanes=lanes), her)
    assert [(lane.language, access.opens_after, access.step) for lane, access in found.serves] == [
        ("th", 1800, 2),
        ("und", 0, 0),
    ]
    assert found.others == (
        (WhyNot("language"), (LaneKey(1, "ar"), LaneKey(1, "ru"))),
        (WhyNot("clearances", missing=("terrorism",)), (LaneKey(1, "th", "d"),)),
    )
    paused = explain_person(desk_of(her, lanes=lanes[:2], paused=True), her)
    assert paused.serves == ()
    assert set(paused.others) == {(WhyNot("paused"), (LANE,)), (WhyNot("language"), (lanes[1],))}
    left = person(1, active=False)
    assert explain_person(desk_of(left), left).others == ((WhyNot("inactive"), (LANE,)),)
