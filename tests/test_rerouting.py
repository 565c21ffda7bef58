"""Waiting cases follow the rules that are saved; what somebody holds is left alone."""

from __future__ import annotations

import random
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis import Redis
from redis.client import PubSub

from accounts.models import Role, User
from moderation import audit, bells, lifecycle
from moderation.decisions import escalate
from moderation.models import Case, Event, Lane, Requirements
from moderation.queueing.claim import claim_next
from moderation.queueing.lease import release
from moderation.routing import placing, rerouting, rules
from moderation.routing.rerouting import reroute_batch, reroute_waiting
from tests.deciding import hold
from tests.factories import make_case, make_flag, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db

EVERYTHING = {"name": "Everything", "queue": "general"}


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


def rule(name: str, queue: str, **more: Any) -> dict[str, Any]:
    make_queue(queue)
    return {"name": name, "queue": queue, **more}


def saved(admin: User, *written: dict[str, Any]) -> int:
    """The rules are saved, the one that catches the rest last; the number of the version."""
    make_queue("general")
    return rules.save([*written, EVERYTHING], audit.person(admin), "A test", rules.latest()).number


def waiting(**changes: Any) -> Case:
    changes.setdefault("item", make_item(language=changes.get("language", "en")))
    return make_case(**changes)


def where(case: Case) -> tuple[Any, ...]:
    """Everything about a case that routing decides."""
    case.refresh_from_db()
    return (
        case.queue_id,
        case.language,
        case.language_source,
        case.language_confidence,
        case.requirements,
        case.priority,
        case.due_at,
        case.rule_id,
        case.reasons,
        case.routed_by,
        case.status,
        case.queued_at,
    )


def test_a_saved_rule_takes_waiting_cases_at_once(admin: User) -> None:
    case, other = waiting(language="th"), waiting(language="en")
    number = saved(admin, rule("Thai", "thai", conditions={"language": ["th"]}, due_minutes=5))
    assert reroute_waiting() == 2
    for each in (case, other):
        each.refresh_from_db()
    assert case.queue is not None
    assert (case.queue.slug, case.routed_by, case.reasons["rule"]) == ("thai", number, "Thai")
    assert case.rule is not None
    assert case.rule.name == "Thai"
    assert case.due_at == case.opened_at + timedelta(minutes=5)
    assert other.queue is not None
    assert (other.queue.slug, other.routed_by) == ("general", number)
    assert Lane.objects.filter(queue=case.queue, language="th").exists()
    event = Event.objects.get(case_id=case.pk, kind="case.rerouted")
    assert event.item_id == case.item_id
    assert event.data == {
        "queue": "thai",
        "language": "th",
        "rule": "Thai",
        "how": "rules",
        "version": number,
    }
    assert reroute_waiting() == 0


def test_a_case_that_stays_where_it_is_says_nothing(admin: User) -> None:
    case = waiting()
    saved(admin)
    reroute_waiting()
    events = Event.objects.filter(case_id=case.pk).count()
    number = rules.reroute_all(audit.person(admin), "Once more").number
    assert reroute_waiting() == 1
    case.refresh_from_db()
    assert case.routed_by == number
    assert Event.objects.filter(case_id=case.pk).count() == events


def test_what_a_rule_asks_besides_its_queue_goes_with_the_case(admin: User) -> None:
    case = waiting()
    steps = [{"after_minutes": 0, "level": 5}]
    make_user(clearances=("child_safety",))
    saved(admin, rule("Guarded", "guarded", clearances=["child_safety"], steps=steps))
    reroute_waiting()
    case.refresh_from_db()
    asked = Requirements.objects.get(digest=case.requirements)
    assert (asked.clearances, asked.steps) == (["child_safety"], steps)
    assert Lane.objects.filter(requirements=case.requirements, language="en").exists()


def test_a_claimed_case_is_left_alone_and_follows_once_it_waits_again(admin: User) -> None:
    case, moderator, token = hold(item=make_item(language="en"))
    before = where(case)
    saved(admin, rule("All", "elsewhere"))
    assert reroute_waiting() == 0
    assert where(case) == before
    release(case.pk, moderator, token)
    assert reroute_waiting() == 1
    case.refresh_from_db()
    assert case.queue is not None
    assert case.queue.slug == "elsewhere"


def test_an_escalated_case_stays_where_a_person_brought_it(admin: User) -> None:
    guarded = make_queue("guarded", clearances=("child_safety",))
    case, moderator, token = hold(item=make_item(language="en"))
    escalate(case.pk, moderator, token, guarded, "Minors are involved")
    saved(admin, rule("All", "elsewhere", priority_bonus=7))
    reroute_waiting()
    case.refresh_from_db()
    assert case.queue == guarded
    assert [7, "rule “All”"] in case.reasons["priority"]
    assert case.reasons["escalated"].endswith("Minors are involved")


def test_more_than_one_batch_is_brought_in_one_go(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerouting, "BATCH", 2)
    for _ in range(5):
        waiting()
    saved(admin, rule("All", "elsewhere"))
    assert reroute_waiting() == 5
    assert Case.objects.filter(queue__slug="elsewhere").count() == 5


def some_rules(chance: random.Random) -> list[dict[str, Any]]:
    """An order of rules that nobody thought about."""
    written = []
    for number in range(chance.randrange(1, 6)):
        asked: dict[str, Any] = {}
        if chance.random() < 0.5:
            asked["language"] = chance.sample(["th", "zh-*", "en", "und", "*-Cyrl"], 2)
        if chance.random() < 0.4:
            asked["policy"] = [chance.choice(["hate-speech", "spam"])]
        if chance.random() < 0.3:
            asked["min_score"] = chance.choice([0.5, 0.95])
        if chance.random() < 0.3:
            asked["source"] = ["user_notice"]
        more: dict[str, Any] = {"conditions": asked, "priority_bonus": chance.choice([0, 0, 15])}
        if chance.random() < 0.4:
            more["due_minutes"] = chance.choice([5, 600])
        if chance.random() < 0.4:
            more["clearances"] = ["child_safety"]
        if chance.random() < 0.3:
            more["steps"] = [{"after_minutes": 0, "level": chance.choice([2, 5])}]
        written.append(rule(f"Rule {number}", chance.choice(["one", "two", "three"]), **more))
    return written


@pytest.mark.parametrize("seed", range(8))
def test_re_routing_all_at_once_is_the_same_as_one_by_one(admin: User, seed: int) -> None:
    chance = random.Random(seed)
    make_user(clearances=("child_safety",))
    policies = [make_policy(), make_policy("spam", severity=2)]
    cases = []
    for _ in range(25):
        language = chance.choice(["th", "en", "ru", "zh-Hans", "und"])
        case = waiting(
            item=make_item(language=language, reach=chance.choice([None, 9000])),
            language=chance.choice([language, "en"]),
            policy=chance.choice(policies),
            reasons=chance.choice([{}, {}, {"escalated": "from “general”: look"}]),
        )
        for _ in range(chance.randrange(3)):
            make_flag(case, source=chance.choice(["user_notice", "authority"]), score=chance.random())
        cases.append(case)
    saved(admin, *some_rules(chance))

    one_by_one = []
    with transaction.atomic():
        for case in cases:
            placing.route(lifecycle.lock(case.pk), audit.SYSTEM)
        one_by_one = [where(case) for case in cases]
        transaction.set_rollback(True)
    assert reroute_waiting() == len(cases)
    assert [where(case) for case in cases] == one_by_one


def test_a_batch_takes_as_many_statements_for_many_cases_as_for_one(admin: User) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert reroute_batch()[1]
        return len(captured)

    written = [
        rule("Thai", "thai", conditions={"language": ["th"]}),
        rule("Guarded", "guarded", steps=[{"after_minutes": 0, "level": 2}]),
    ]
    waiting(language="en")
    saved(admin, *written)
    for_one = statements()
    for number in range(300):
        waiting(language=("th", "en", "lo")[number % 3])
    # As the first one was: nothing there yet that must be made.
    Lane.objects.exclude(queue__slug="general").delete()
    rules.reroute_all(audit.person(admin), "Once more")
    assert statements() == for_one


def heard(listening: PubSub) -> list[str]:
    """The kinds of what the boards' group was told since it was last asked, through the real Redis."""
    layer = get_channel_layer()
    kinds = []
    while message := listening.get_message(timeout=0.3):
        if message["type"] == "message":
            kinds.append(layer.deserialize(message["data"])["type"])
    return sorted(kinds)


@pytest.mark.django_db(transaction=True)
def test_boards_hear_of_what_moves_once_for_each_lane_and_of_a_lane_that_is_new(admin: User) -> None:
    for _ in range(3):
        waiting(language="th")
    saved(admin, rule("Thai", "thai", conditions={"language": ["th"]}))
    listening = PubSub(Redis.from_url(settings.REDIS_URL).connection_pool, ignore_subscribe_messages=True)
    with listening:
        listening.subscribe(f"{settings.CHANNEL_PREFIX}__group__{bells.BOARD_GROUP}")
        assert heard(listening) == []
        reroute_waiting()
        assert heard(listening) == ["configuration.changed", "lane.changed", "lane.changed"]
        waiting(language="th")
        reroute_waiting()
        assert heard(listening) == ["lane.changed", "lane.changed"]


def test_nothing_owed_is_found_out_in_two_statements(admin: User) -> None:
    waiting()
    saved(admin)
    reroute_waiting()
    with CaptureQueriesContext(connection) as captured:
        assert reroute_batch() == (0, 0)
    assert len(captured) == 2


def test_a_new_case_is_placed_by_the_rules_in_force_and_owes_nothing(admin: User) -> None:
    number = saved(admin, rule("All", "elsewhere"))
    case = waiting(status=Case.Status.SCREENING, due_at=None, queued_at=None)
    with transaction.atomic():
        placing.route(lifecycle.lock(case.pk), audit.SYSTEM)
    case.refresh_from_db()
    assert case.routed_by == number
    assert reroute_waiting() == 0


def test_a_rule_that_is_removed_leaves_what_it_caught_as_it_was(admin: User) -> None:
    saved(admin, rule("All", "elsewhere"))
    case = waiting()
    reroute_waiting()
    Case.objects.filter(pk=case.pk).update(status="decided", decided_at=timezone.now())
    saved(admin)
    case.refresh_from_db()
    assert case.rule_id is not None
    assert Case.objects.select_related("rule").get(pk=case.pk).rule is None
    assert case.reasons["rule"] == "All"


@pytest.mark.django_db(transaction=True)
def test_claims_and_re_routing_at_once_never_take_a_case_from_anybody(admin: User) -> None:
    """Ten moderators claim while forty cases are brought elsewhere and back: whoever was told that a case is hers
    holds it, where she claimed it; and every other case has followed.
    """
    make_queue("general")
    make_queue("elsewhere")
    moderators = [make_user(en=5) for _ in range(10)]
    for _ in range(40):
        waiting(queued_at=timezone.now() - timedelta(minutes=5))
    saved(admin, rule("All", "elsewhere"))
    start = Barrier(len(moderators) + 2)
    held: dict[int, tuple[int | None, int]] = {}
    faults: list[BaseException] = []

    def beside(work: Any) -> None:
        try:
            start.wait()
            work()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    def claims(moderator: User) -> None:
        case = claim_next(moderator)
        if case is not None:
            held[case.pk] = (case.queue_id, moderator.pk)

    def reroutes() -> None:
        for _ in range(3):
            reroute_waiting()

    threads = [Thread(target=beside, args=[lambda each=each: claims(each)]) for each in moderators]
    threads += [Thread(target=beside, args=[reroutes]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    reroute_waiting()
    assert len(held) == len(moderators)
    for case in Case.objects.select_related("queue"):
        if case.pk in held:
            assert (case.status, case.queue_id, case.claimed_by_id) == ("claimed", *held[case.pk])
        else:
            assert (case.status, case.queue and case.queue.slug) == ("queued", "elsewhere")
    moved = Event.objects.filter(kind="case.rerouted", case_id__in=Case.objects.values("pk"))
    assert moved.count() == moved.values("case_id").distinct().count()
