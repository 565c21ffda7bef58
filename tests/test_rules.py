"""The rules as a whole: saved in versions, rolled back, told apart in words, taken out and in as a file."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from moderation import audit
from moderation.models import Case, Event, RoutingRule, RoutingVersion
from moderation.routing import rules, rules_file
from moderation.routing.differences import differences
from moderation.routing.rules import BadRules, Caught, NoReason, RulesChanged
from moderation.routing.sentences import Names
from tests.factories import make_case, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db

REST: dict[str, Any] = {"name": "Everything else", "queue": "general"}


@pytest.fixture
def admin() -> User:
    for slug in ("general", "hate", "urgent"):
        make_queue(slug)
    make_policy()
    make_policy("spam")
    return make_user(role=Role.ADMIN)


def hate(**changes: Any) -> dict[str, Any]:
    return {"name": "Hate", "queue": "hate", "conditions": {"policy": ["hate-speech"]}} | changes


def save(admin: User, *written: dict[str, Any], why: str = "A test", expected: int | None = None) -> int:
    number = rules.latest() if expected is None else expected
    return rules.save(list(written), audit.person(admin), why, number).number


def names_in_order() -> list[str]:
    return [each["name"] for each in rules.as_written()]


def test_the_first_save_keeps_what_stood_before_as_version_one(admin: User) -> None:
    RoutingRule.objects.create(position=10, name="Old", conditions={}, queue=make_queue("general"))
    stood = rules.as_written()
    assert save(admin, hate(), REST) == 2
    first, second = RoutingVersion.objects.order_by("number")
    assert (first.rules, first.saved_by) == (stood, None)
    assert (second.rules, second.saved_by, second.why) == (rules.as_written(), admin, "A test")
    assert save(admin, REST) == 3


def test_a_save_is_an_event_that_names_its_version(admin: User) -> None:
    save(admin, REST, why="  Because\nof that ")
    event = Event.objects.get(kind="routing_rules.saved")
    assert (event.actor_id, event.data["version"], event.data["why"]) == (admin.pk, 2, "Because of that")
    assert len(event.data["sha256"]) == 64


def test_what_is_written_is_what_is_read_back(admin: User) -> None:
    make_user(clearances=("child_safety",))
    full = hate(
        enabled=False,
        conditions={"policy": ["hate-speech"], "language": ["zh-*"], "min_severity": 4, "min_score": 0.5},
        priority_bonus=-5,
        due_minutes=30,
        clearances=["child_safety"],
        steps=[{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 3, "reads": "close"}],
    )
    save(admin, full, REST)
    assert rules.as_written()[0] == full
    assert rules.as_written()[1] == REST | {
        "enabled": True,
        "conditions": {},
        "priority_bonus": 0,
        "due_minutes": None,
        "clearances": [],
        "steps": [],
    }
    assert [each.position for each in RoutingRule.objects.order_by("position")] == [10, 20]


def test_a_rule_keeps_its_row_through_a_new_name_a_new_place_and_new_words(admin: User) -> None:
    save(admin, hate(), {"name": "Spam", "queue": "urgent", "conditions": {"policy": ["spam"]}}, REST)
    row = RoutingRule.objects.get(name="Hate").pk
    spam = RoutingRule.objects.get(name="Spam").pk
    save(admin, {"name": "Spam", "queue": "urgent", "conditions": {"policy": ["spam"]}}, hate(), REST)
    assert RoutingRule.objects.get(name="Hate").pk == row
    save(
        admin,
        {"name": "Spam", "queue": "urgent", "conditions": {"policy": ["spam"]}},
        hate(name="Haine", queue="urgent", priority_bonus=3),
        REST,
    )
    assert RoutingRule.objects.get(name="Haine").pk == row
    save(admin, hate(name="Haine"), REST)
    assert not RoutingRule.objects.filter(pk=spam).exists()


def test_a_stale_page_saves_nothing(admin: User) -> None:
    save(admin, REST)
    with pytest.raises(RulesChanged) as refused:
        save(admin, hate(), REST, expected=0)
    assert refused.value.number == 2
    assert names_in_order() == ["Everything else"]


def test_a_save_says_why(admin: User) -> None:
    with pytest.raises(NoReason):
        save(admin, REST, why=" \n ")
    assert not RoutingVersion.objects.exists()


def test_rules_with_an_error_are_not_saved_and_warnings_do_not_keep_them(admin: User) -> None:
    with pytest.raises(BadRules, match="no queue") as refused:
        save(admin, hate(queue="nowhere"), REST)
    assert [(each.number, each.field) for each in rules.errors(refused.value.findings)] == [(1, "queue")]
    assert not RoutingVersion.objects.exists()
    save(admin, REST, hate())
    assert [each.level for each in rules.check(rules.as_written())] == ["warning"]


def test_a_version_comes_back_whole(admin: User) -> None:
    save(admin, hate(priority_bonus=9), REST)
    save(admin, REST)
    back = rules.roll_back(2, audit.person(admin))
    assert (back.number, back.why) == (4, "Back to version 2")
    assert names_in_order() == ["Hate", "Everything else"]
    assert RoutingRule.objects.get(name="Hate").priority_bonus == 9
    with pytest.raises(RulesChanged):
        rules.roll_back(2, audit.person(admin), expected=2)
    with pytest.raises(RoutingVersion.DoesNotExist):
        rules.roll_back(99, audit.person(admin))


def test_a_version_that_leads_nowhere_now_does_not_come_back(admin: User) -> None:
    gone = make_queue("gone")
    save(admin, {"name": "Away", "queue": "gone"})
    save(admin, REST)
    gone.delete()
    with pytest.raises(BadRules, match="no queue “gone”"):
        rules.roll_back(2, audit.person(admin))


def test_everything_is_owed_again_when_something_else_changed_that_routing_looks_at(admin: User) -> None:
    save(admin, REST)
    before = rules.as_written()
    assert rules.reroute_all(audit.person(admin), "Hate speech is due sooner").number == 3
    assert rules.as_written() == before


def test_a_save_takes_a_constant_number_of_statements(admin: User) -> None:
    def statements(count: int) -> int:
        written = [
            hate(name=f"Rule {n}", conditions={"policy": ["spam"], "item_type": [f"t{n}"]})
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            save(admin, *reversed(written), REST)
        return len(captured)

    save(admin, REST)
    statements(2)
    few = statements(3)
    statements(40)
    assert statements(41) == few


def test_rules_can_be_had_without_being_kept(admin: User) -> None:
    tried = rules.unsaved([hate(), REST])
    assert [(each.name, each.queue.slug) for each in tried] == [
        ("Hate", "hate"),
        ("Everything else", "general"),
    ]
    assert not RoutingRule.objects.exists()
    for wrong in ([hate(queue="nowhere")], [hate(conditions={"colour": ["red"]})], "rules"):
        with pytest.raises(BadRules):
            rules.unsaved(wrong)


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_save_at_once_one_is_refused(admin: User) -> None:
    """Also when there is no version yet that the second could be behind."""
    start = Barrier(4)
    saved: list[int] = []
    refused: list[int] = []

    def try_to(name: str) -> None:
        start.wait()
        try:
            saved.append(save(admin, hate(name=name), REST, expected=0))
        except RulesChanged as error:
            refused.append(error.number)
        finally:
            connections.close_all()

    threads = [Thread(target=try_to, args=[f"By {number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (saved, refused) == ([2], [2, 2, 2])
    assert RoutingRule.objects.count() == 2


# In words


NAMES = Names(queues={"hate": "Hate speech", "general": "General"}, policies={"spam": "Spam"})


def told(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    return differences(before, after, NAMES)


def test_without_a_difference_there_is_nothing_to_say() -> None:
    assert told([hate(), REST], [hate(), REST | {"enabled": True}]) == []


def test_differences_are_said_in_words() -> None:
    before = [hate(), {"name": "Spam", "queue": "general", "conditions": {"policy": ["spam"]}}, REST]
    after = [
        {"name": "New", "queue": "hate", "conditions": {"language": ["zh-*"]}, "due_minutes": 90},
        hate(
            enabled=False,
            queue="general",
            due_minutes=30,
            priority_bonus=5,
            steps=[{"after_minutes": 0, "level": 3}],
        ),
        REST,
    ]
    assert told(before, after) == [
        "“Spam” is gone",
        "“New” is new, as rule 1: When language is zh-* → Hate speech, due in 1 h 30 min",
        "“Hate” is switched off",
        "“Hate”: queue: Hate speech → General",
        "“Hate”: priority: +0 → +5",
        "“Hate”: due: as queue and policy say → 30 min",
        "“Hate”: language steps: the queue’s → level 3 and better now",
    ]


def test_one_rule_that_moves_is_one_line() -> None:
    order = [hate(name=name, conditions={"item_type": [name]}) for name in "abcdef"]
    moved = [*order[1:], order[0]]
    assert told(order, moved) == ["“a” moves from place 1 to 6"]


def test_a_new_name_is_no_new_rule() -> None:
    before = [hate(), REST]
    assert told(before, [hate(name="Haine"), REST]) == ["“Hate” is called “Haine”"]


# As a file


def test_the_file_brings_back_the_same_rules(admin: User) -> None:
    save(admin, hate(name="中文 – قاعدة"), REST)
    text = rules_file.write(rules.as_written())
    assert json.loads(text)["fairlead"] == "routing rules"
    assert rules_file.read(text.encode()) == rules.as_written()
    assert rules_file.read(b"\xef\xbb\xbf" + text.encode()) == rules.as_written()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Not JSON"),
        (b"\xff\xfe", "Not UTF-8"),
        (b'{"fairlead": "routing rules", "version": 1, "rules": [', "line 1 column"),
        (b"[]", "not a file of routing rules"),
        (b'{"fairlead": "keyword lists", "version": 1, "rules": []}', "not a file of routing rules"),
        (b'{"fairlead": "routing rules", "version": 2, "rules": []}', "known here"),
        (b'{"fairlead": "routing rules", "version": 1}', "no list of rules"),
        (b'{"fairlead": "routing rules", "version": 1, "rules": ["\\u0000"]}', "rules.0"),
        (b" " * (rules_file.MOST_BYTES + 1), "larger than a megabyte"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_place(data: bytes, words: str) -> None:
    with pytest.raises(rules_file.BadFile, match=words):
        rules_file.read(data)


def test_what_each_rule_caught_this_week_is_counted_up_to_a_limit(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(admin, hate(), REST)
    row = RoutingRule.objects.get(name="Hate")
    for days in (1, 2, 30):
        make_case(rule=row, queued_at=timezone.now() - timedelta(days=days))
    make_case(rule=row, status=Case.Status.DECIDED)
    assert rules.caught_lately()[row.pk] == Caught(3, more=False)
    monkeypatch.setattr(rules, "MOST_COUNTED", 2)
    assert rules.caught_lately()[row.pk] == Caught(2, more=True)
