"""Simulations that admins asked for: taken once, repeated exactly, given up in words; and no worker need survive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import django_rq
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from moderation.eligibility import loading
from moderation.eligibility.people import Skill
from moderation.foresight.change import Change, PersonChange
from moderation.foresight.comparison import begins_at, compare
from moderation.foresight.running import MOST_ATTEMPTS, TurnLost, _take, _Teller, ask, run_pending
from moderation.models import Case, Foresight, RoutingRule
from tests.factories import make_backlog, make_case, make_item, make_queue, make_reader, make_user
from tests.processes import cron, is_alive, wait_until, worker

Status = Foresight.Status


@pytest.fixture
def reader(db: None) -> User:
    """She reads Thai; nobody reads Bengali."""
    make_queue("general", name="Hate speech")
    return make_reader({"th": 4})


def came(language: str, hours_ago: float, **more: Any) -> Case:
    at = timezone.now() - timedelta(hours=hours_ago)
    item = make_item(language=language)
    due_at = at + timedelta(hours=1)
    case = make_case(language=language, item=item, queued_at=at, due_at=due_at, **more)
    Case.objects.filter(pk=case.pk).update(opened_at=at)
    return case


def bengali(reader: User) -> Change:
    skills = (Skill("th", 4, ("th",)), Skill("bn", 4, ("bn",)))
    return Change("She reads Bengali", people=(PersonChange(reader.pk, skills=skills),))


def result_of(asked: Foresight) -> dict[str, Any]:
    asked.refresh_from_db()
    assert asked.status == Status.DONE, asked.error
    assert asked.result is not None
    return dict(asked.result)


def lane(result: dict[str, Any], language: str) -> dict[str, Any]:
    (found,) = (each for each in result["lanes"] if each["language"] == language)
    return dict(found)


def test_the_recorded_cases_are_played_through_today_and_as_proposed(reader: User) -> None:
    for hours_ago in (100, 50, 20):
        came("bn", hours_ago)
        came("th", hours_ago)
    asked = ask(bengali(reader), 7, make_user())
    assert run_pending() == 1
    result = result_of(asked)
    assert (asked.progress, asked.attempts, asked.lease_until) == (100, 1, None)
    thai, bengali_lane = lane(result, "th"), lane(result, "bn")
    assert (bengali_lane["today"]["taken"], bengali_lane["today"]["missed"]) == (0, 3)
    assert (bengali_lane["proposed"]["taken"], bengali_lane["proposed"]["missed"]) == (3, 0)
    assert bengali_lane["queue"] == "Hate speech"
    assert thai["today"]["mean_wait"] == 0
    assert thai["proposed"]["mean_wait"] > 0, "she has the Bengali ones to do as well"
    assert (result["cases"], result["seconds"]) == (6, 7 * 86_400)
    assert result["people"][0]["name"] == reader.display_name


def test_the_same_seed_gives_the_same_figures_and_another_does_not(reader: User) -> None:
    for number in range(60):
        came("th", 1 + number / 60)
    # What takes each of them, by the record: anything from one to twelve minutes.
    for number, case in enumerate(Case.objects.all()):
        claimed_and_decided(case, seconds=60 * (1 + number % 12))
    first = ask(bengali(reader), 7, make_user(), seed=7)
    again = ask(bengali(reader), 7, make_user(), seed=7, until=first.until)
    other = ask(bengali(reader), 7, make_user(), seed=8, until=first.until)
    while run_pending():
        pass
    assert result_of(first)["handled"] == 60
    assert result_of(first) == result_of(again)
    assert result_of(first) != result_of(other)


def claimed_and_decided(case: Case, seconds: float) -> None:
    """Write down that somebody took it when it came, and how long she had it."""
    at = case.queued_at
    assert at is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO moderation_event (at, kind, actor, case_id, data) "
            "VALUES (%s, 'case.claimed', 'person', %s, '{}')",
            [at, case.pk],
        )
    Case.objects.filter(pk=case.pk).update(
        status=Case.Status.DECIDED, decided_at=at + timedelta(seconds=seconds)
    )


def test_rules_are_played_with_the_lanes_and_times_that_they_would_give(reader: User) -> None:
    make_queue("urgent", name="Urgent")
    RoutingRule.objects.create(position=1, name="All", queue=make_queue("general"))
    came("th", 3)
    rules = [{"name": "All", "queue": "urgent", "clearances": ["terrorism"], "due_minutes": 5}]
    asked = ask(Change("Urgent", rules=rules), 7, make_user())
    run_pending()
    today, urgent = sorted(result_of(asked)["lanes"], key=lambda each: str(each["queue"]))
    assert (today["queue"], today["today"]["taken"], today["proposed"]) == ("Hate speech", 1, None)
    assert (urgent["queue"], urgent["today"], urgent["asks"]) == ("Urgent", None, ["terrorism"])
    assert (urgent["proposed"]["taken"], urgent["proposed"]["missed"]) == (0, 1)


def test_leave_is_played_in_the_week_in_which_it_begins(reader: User) -> None:
    came("th", 3)
    until = datetime(2026, 11, 21, 12, tzinfo=UTC)
    desk = loading.load(until)
    assert begins_at(bengali(reader), desk, 7, until) == until
    assert begins_at(bengali(reader), desk, 1, until) == until + timedelta(days=6)
    away = (until + timedelta(days=20), until + timedelta(days=30))
    leave = Change("Leave", people=(PersonChange(reader.pk, absences=(away,)),))
    assert begins_at(leave, desk, 7, until) == until + timedelta(days=14)
    result = compare(leave, 7, until, seed=1)
    assert result["start"] == (until + timedelta(days=14)).isoformat()


def test_a_worker_that_holds_one_keeps_the_others_from_it_until_its_lease_runs_out(reader: User) -> None:
    came("th", 3)
    asked = ask(bengali(reader), 7, make_user())
    ask(bengali(reader), 7, make_user())
    slow = _take()
    assert slow is not None
    assert run_pending() == 0, "one at a time"
    Foresight.objects.filter(pk=asked.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    other = _take()
    assert other is not None
    assert (other.foresight, other.number) == (slow.foresight, 2)
    with pytest.raises(TurnLost):
        _Teller(slow)(0.9)
    _Teller(other)(0.1)
    asked.refresh_from_db()
    assert (asked.status, asked.progress) == (Status.RUNNING, 10)


def test_whoever_tells_how_far_it_is_keeps_the_lease(reader: User) -> None:
    ask(bengali(reader), 7, make_user())
    turn = _take()
    assert turn is not None
    Foresight.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
    _Teller(turn)(0.42)
    asked = Foresight.objects.get()
    assert asked.progress == 42
    assert asked.lease_until is not None
    assert asked.lease_until > timezone.now() + timedelta(seconds=30)


def test_one_that_takes_its_worker_down_again_and_again_is_given_up_in_words(reader: User) -> None:
    ask(bengali(reader), 7, make_user())
    Foresight.objects.update(
        attempts=MOST_ATTEMPTS, status=Status.RUNNING, lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert run_pending() == 1
    asked = Foresight.objects.get()
    assert asked.status == Status.FAILED
    assert "3 times the worker that ran it died" in asked.error
    assert run_pending() == 0


def test_a_change_that_cannot_be_any_more_fails_at_once_and_in_words(reader: User) -> None:
    change = bengali(reader)
    asked = ask(change, 7, make_user())
    reader.delete()
    run_pending()
    asked.refresh_from_db()
    assert (asked.status, asked.attempts) == (Status.FAILED, 1)
    assert asked.error == "One of these people is not there any more"


def test_what_nobody_foresaw_is_tried_again_and_then_given_up_in_words(
    reader: User, caplog: pytest.LogCaptureFixture
) -> None:
    came("th", 3)
    rule = RoutingRule.objects.create(position=1, name="All", queue=make_queue("general"))
    RoutingRule.objects.filter(pk=rule.pk).update(conditions={"mood": ["bad"]})
    ask(Change("Rules", rules=[{"name": "All", "queue": "general"}]), 7, make_user())
    runs = 0
    while run_pending():
        runs += 1
    asked = Foresight.objects.get()
    assert (runs, asked.status) == (MOST_ATTEMPTS, Status.FAILED)
    assert asked.error == "It failed 3 times. The worker's log says why."
    assert "mood" in caplog.text


# Long enough to be killed in the middle.
COPIES = 10_000
IDLE = 600


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_it_to_another_which_finds_exactly_the_same(
    empty_redis: None, reader: User
) -> None:
    came("th", 3)
    came("bn", 3)
    make_backlog(COPIES)
    # Whoever has nothing to do is asked about every case that comes.
    User.objects.bulk_create(User(username=f"idle{number}") for number in range(IDLE))
    with worker(FORESIGHT_LEASE_SECONDS="2") as first, cron():
        asked = ask(bengali(reader), 7, make_user())

        def now() -> Foresight:
            asked.refresh_from_db()
            return asked

        wait_until(lambda: now().progress >= 15, "a worker is in the middle of it")
        forked = first.forked
        first.kill()
        wait_until(lambda: not any(map(is_alive, forked)), "what it forked has died with it")
        assert (now().status, asked.attempts) == (Status.RUNNING, 1)
        with worker(FORESIGHT_LEASE_SECONDS="2"):
            wait_until(lambda: now().status == Status.DONE, "another has run it")
    assert asked.attempts == 2
    expected = compare(bengali(reader), asked.days, asked.until, asked.seed)
    assert result_of(asked) == json.loads(json.dumps(expected))
    assert lane(expected, "bn")["today"]["taken"] == 0
    assert lane(expected, "bn")["proposed"]["taken"] > 0


@pytest.fixture
def empty_redis() -> Iterator[None]:
    django_rq.get_connection("default").flushdb()
    yield
    django_rq.get_connection("default").flushdb()
