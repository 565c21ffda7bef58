"""The dry run: what a change would do, by the cases of the last days, before anything is saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from moderation.console.foreseeing import foreseen
from moderation.eligibility.desk import LaneKey
from moderation.eligibility.people import Grant, Hours, Skill
from moderation.eligibility.steps import Step
from moderation.foresight.change import Change, PersonChange, QueueChange
from moderation.foresight.dry_run import DryRun, dry_run
from moderation.models import Case, Queue, RoutingRule
from tests.factories import make_case, make_item, make_policy, make_queue, make_reader, make_user

pytestmark = pytest.mark.django_db
BENGALI = Skill("bn", 4, ("bn",))


def tried(change: Change, days: int = 7) -> DryRun:
    return dry_run(change, days, timezone.now())


def learns(person: int, *skills: Skill) -> Change:
    return Change("She learns", people=(PersonChange(person, skills=skills),))


def decided(case: Case, days_ago: float) -> None:
    """Have a case be over, having waited that long ago."""
    at = timezone.now() - timedelta(days=days_ago)
    Case.objects.filter(pk=case.pk).update(status=Case.Status.DECIDED, queued_at=at, decided_at=at)


def test_a_skill_opens_its_lane_and_says_what_came_and_what_waits_there() -> None:
    moderator = make_user(th=5)
    lane = LaneKey(make_queue().pk, "bn")
    for days_ago in (1, 2, 8):
        decided(make_case(language="bn"), days_ago)
    make_case(language="bn")
    make_case(language="th")

    run = tried(learns(moderator.pk, Skill("th", 5, ("th",)), BENGALI))

    (effect,) = run.effects
    assert (effect.moderator, effect.closed, effect.otherwise) == (moderator.pk, (), ())
    (opened,) = effect.opened
    assert (opened.lane, opened.before, opened.after and opened.after.opens_after) == (lane, None, 0)
    (alone,) = run.alone
    assert (alone.lane, alone.after, alone.cases, alone.waiting) == (lane, False, 3, 1)
    assert (run.cases, run.moved) == (4, 0)
    assert not run.does_nothing


def test_taking_the_only_skill_away_leaves_its_lane_to_nobody() -> None:
    moderator = make_reader({"bn": 4, "th": 4})
    make_reader({"th": 4})
    make_case(language="bn")
    make_case(language="th")
    run = tried(learns(moderator.pk))
    assert {each.lane.language for each in run.effects[0].closed} == {"bn", "th"}
    assert [(each.lane.language, each.after) for each in run.alone] == [("bn", True)]
    assert [(each.lane.language, each.before, each.after) for each in run.readers] == [
        ("bn", 1, 0),
        ("th", 2, 1),
    ]


def test_a_change_that_opens_nothing_says_so() -> None:
    moderator = make_reader({"th": 4})
    make_case(language="th")
    assert tried(learns(moderator.pk, Skill("th", 5, ("th",)))).does_nothing


def test_leave_shows_the_hours_that_nobody_would_work() -> None:
    moderator, other = make_reader({"bn": 4}), make_reader({"th": 4})
    make_case(language="bn")
    make_case(language="th")
    now = timezone.now()
    in_ten_days = now + timedelta(days=10)
    away = (in_ten_days, in_ten_days + timedelta(hours=48))
    run = tried(Change("Leave", people=(PersonChange(moderator.pk, absences=(away,)),)))
    (lane,) = run.unstaffed
    assert (lane.lane.language, lane.before) == ("bn", 0)
    assert lane.after in (47, 48)
    assert now + timedelta(days=8) < run.week < in_ten_days
    nights = tuple(Hours(day, time(22), time(6)) for day in range(7))
    run = tried(Change("Nights", people=(PersonChange(other.pk, hours=nights, time_zone="Asia/Bangkok"),)))
    assert [(each.lane.language, each.after) for each in run.unstaffed] == [("th", 7 * 16)]


def test_a_grant_opens_close_steps_to_those_whom_it_names() -> None:
    steps = [{"after_minutes": 0, "level": 3}, {"after_minutes": 120, "level": 2, "reads": "close"}]
    make_queue(steps=steps)
    moderator, other = make_reader({"ms": 4}), make_reader({"ms": 4})
    make_case(language="id")
    run = tried(Change("Grant", grants=(Grant("ms", "id", 3, moderator.pk),)))
    (effect,) = run.effects
    assert effect.moderator == moderator.pk
    (opened,) = effect.opened
    assert opened.after
    # Nobody is on shift who reads it: the step of an hour from now on is brought forward.
    assert (opened.after.reads, opened.after.opens_after, opened.after.brought_forward) == ("close", 0, True)
    assert [each.after for each in run.alone] == [False]
    both = tried(Change("Grant", grants=(Grant("ms", "id", 3),)))
    assert {each.moderator for each in both.effects} == {moderator.pk, other.pk}


def test_a_pause_and_steps_of_a_queue_show_for_everybody_who_takes_its_cases() -> None:
    queue = make_queue(steps=[{"after_minutes": 0, "level": 3}])
    readers = [make_reader({"th": 4}), make_reader({"th": 3})]
    make_case(language="th")
    elsewhere = make_case(language="th", queue=make_queue("elsewhere"))
    paused = tried(Change("Pause", queues=(QueueChange(queue.pk, paused=True),)))
    assert [(each.lane, each.after, each.paused) for each in paused.alone] == [
        (LaneKey(queue.pk, "th"), True, True)
    ]
    assert {each.moderator for each in paused.effects} == {each.pk for each in readers}
    steps = (Step(0, 4), Step(1800, 3))
    stricter = tried(Change("Steps", queues=(QueueChange(queue.pk, steps=steps),)))
    (effect,) = stricter.effects
    assert effect.moderator == readers[1].pk
    (later,) = effect.otherwise
    assert later.before
    assert later.after
    assert (later.before.opens_after, later.after.opens_after) == (0, 1800)
    assert elsewhere.queue_id not in {each.lane.queue for each in effect.otherwise}


@pytest.fixture
def ruled() -> tuple[Queue, Queue]:
    """Two queues, and a rule that brings everything to the first."""
    general, urgent = make_queue("general"), make_queue("urgent")
    RoutingRule.objects.create(position=10, name="All", queue=general)
    return general, urgent


def rule(name: str, queue: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "queue": queue} | more


ALL = rule("All", "general")


def test_rules_move_the_cases_that_they_would_have_caught(ruled: tuple[Queue, Queue]) -> None:
    general, urgent = ruled
    make_reader({"th": 4, "en": 4})
    for language in ("th", "th", "en"):
        routed(language, queue=general)
    decided(routed("th", queue=general), 30)
    thai = rule("Thai", "urgent", conditions={"language": ["th"]})
    run = tried(Change("Thai is urgent", rules=[thai, ALL]))
    assert [(each.before, each.after, each.cases) for each in run.moves] == [
        (LaneKey(general.pk, "th"), LaneKey(urgent.pk, "th"), 2)
    ]
    assert (run.cases, run.looked_at, run.moved, run.alone) == (3, 3, 2, ())
    assert (run.due_sooner, run.raised) == (0, 0)


def routed(language: str = "en", **changes: Any) -> Case:
    """A case that is where the rules bring it, its language declared by the platform."""
    return make_case(language=language, item=make_item(language=language), **changes)


def test_rules_that_ask_for_more_show_the_lane_that_nobody_could_take(ruled: tuple[Queue, Queue]) -> None:
    general, _ = ruled
    make_reader({"th": 4})
    routed("th", queue=general)
    asking = rule("All", "general", clearances=["terrorism"], due_minutes=5, priority_bonus=40)
    run = tried(Change("Stricter", rules=[asking]))
    (alone,) = run.alone
    assert (alone.lane.queue, alone.lane.language, alone.after, alone.cases) == (general.pk, "th", True, 1)
    assert alone.lane.requirements
    assert run.desk.clearances_of(alone.lane) == {"terrorism"}
    assert (run.moved, run.due_sooner, run.due_later, run.raised, run.lowered) == (1, 1, 0, 1, 0)


def test_a_promise_of_a_queue_shows_whose_cases_would_be_due_at_another_time(
    ruled: tuple[Queue, Queue],
) -> None:
    general, _ = ruled
    for severity in (2, 4):
        policy = make_policy(f"of-{severity}", severity=severity, sla_minutes=60)
        routed(queue=general, policy=policy)
    run = tried(Change("Sooner", queues=(QueueChange(general.pk, sla_minutes={"4": 15, "2": 90}),)))
    assert (run.moved, run.due_sooner, run.due_later) == (0, 1, 1)


def test_a_case_that_a_person_escalated_stays_where_it_is(ruled: tuple[Queue, Queue]) -> None:
    _, urgent = ruled
    case = routed(queue=urgent)
    Case.objects.filter(pk=case.pk).update(reasons={"escalated": {"why": "weapons"}})
    make_case(queue=urgent)
    run = tried(Change("All to urgent", rules=[rule("All", "urgent")]))
    assert (run.looked_at, run.moved) == (2, 1), "only the other one, which is routed as any"


def test_nothing_is_saved(ruled: tuple[Queue, Queue]) -> None:
    general, _ = ruled
    moderator = make_reader({"th": 4})
    case = routed("th", queue=general)
    tried(
        Change(
            "Much",
            rules=[rule("All", "urgent", clearances=["terrorism"])],
            people=(PersonChange(moderator.pk, skills=(), active=False),),
            queues=(QueueChange(general.pk, paused=True, sla_minutes={"3": 1}),),
        )
    )
    moderator.refresh_from_db()
    general.refresh_from_db()
    assert Case.objects.get(pk=case.pk).queue_id == general.pk
    assert (moderator.is_active, moderator.language_skills.count()) == (True, 1)
    assert (general.paused, general.sla_minutes) == (False, {})
    assert RoutingRule.objects.get().queue_id == general.pk


def test_as_many_statements_whatever_there_is(
    ruled: tuple[Queue, Queue], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    general, _ = ruled
    moderator = make_reader({"th": 4})
    routed("th", queue=general)
    change = Change(
        "Thai is urgent",
        rules=[rule("Thai", "urgent", conditions={"language": ["th"]}), ALL],
        people=(PersonChange(moderator.pk, skills=(BENGALI,)),),
    )
    at = timezone.now() + timedelta(minutes=1)
    with django_assert_num_queries(statements := 21):
        dry_run(change, 7, at)
    for language in ("th", "en", "bn", "de", "fr"):
        make_reader({language: 4})
        routed(language, queue=general)
    with django_assert_num_queries(statements):
        dry_run(change, 7, at)


def test_a_change_that_cannot_be_tried_is_told_in_words(ruled: tuple[Queue, Queue]) -> None:
    for change in (
        Change("x", people=(PersonChange(0x7FFFFFFF),)),
        Change("x", rules=[rule("Lost", "no-such-queue")]),
        Change("x", rules=[rule("Odd", "general", conditions={"mood": ["bad"]})]),
    ):
        it = foreseen(change)
        assert it.run is None
        assert len(it.problem) > 10
    assert foreseen(replace(change, rules=[ALL])).run is not None
