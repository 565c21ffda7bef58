"""What is said about rules before they are saved: what cannot be, and what they might not mean."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Role, User
from moderation import audit, conditions
from moderation.routing import rules
from moderation.routing.facts import Facts
from moderation.routing.shadows import catches_all_of, caught_before
from moderation.routing.written import MOST_RULES
from tests.factories import make_platform, make_policy, make_queue, make_user

REST: dict[str, Any] = {"name": "Everything else", "queue": "general"}


@pytest.fixture
def desk(db: None) -> User:
    for slug in ("general", "hate"):
        make_queue(slug)
    make_platform()
    for slug in ("hate-speech", "spam", "scams"):
        make_policy(slug)
    make_user(en=5, th=4)
    return make_user(role=Role.ADMIN)


def hate(**changes: Any) -> dict[str, Any]:
    return {"name": "Hate", "queue": "hate", "conditions": {"policy": ["hate-speech"]}} | changes


def found(*written: Any) -> list[tuple[int, str, str, str]]:
    return [(each.number, each.field, each.level, each.words) for each in rules.check(list(written))]


def test_rules_that_are_fine_are_not_talked_about(desk: User) -> None:
    assert found(hate(), REST) == []


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": " "}, "name", "Give the rule a name"),
        ({"name": 7}, "name", "A name is a text"),
        ({"name": "x" * 121}, "name", "at most 120"),
        ({"name": "a\0b"}, "name", "cannot be stored"),
        ({"queue": "nowhere"}, "queue", "There is no queue “nowhere”"),
        ({"queue": "no slug!"}, "queue", "by its slug"),
        ({"queue": ""}, "queue", "Choose a queue"),
        ({"queue": None}, "queue", "Choose a queue"),
        ({"enabled": "yes"}, "enabled", "true"),
        ({"conditions": {"colour": ["red"]}}, "colour", "colour"),
        ({"conditions": {"policy": ["gossip"]}}, "policy", "“gossip” is not known"),
        ({"conditions": {"platform": ["elsewhere"]}}, "platform", "not known"),
        ({"conditions": {"source": ["rumour"]}}, "source", "not known"),
        ({"conditions": {"country": ["XQ"]}}, "country", "not known"),
        ({"conditions": {"item_kind": ["thing"]}}, "item_kind", "not known"),
        ({"conditions": {"language": ["thailandish"]}}, "language", "thailandish"),
        ({"conditions": {"language": ["th", "qq-*"]}}, "language", "qq"),
        ({"conditions": {"min_severity": 9}}, "min_severity", "1 to 5"),
        ({"conditions": {"min_severity": 4, "max_severity": 2}}, "max_severity", "No severity"),
        ({"conditions": {"item_type": ["a\0"]}}, "item_type", "cannot be stored"),
        ({"conditions": {"item_type": ["x"] * 201}}, "item_type", "At most 200"),
        ({"conditions": []}, "conditions", "object"),
        ({"priority_bonus": 5000}, "priority_bonus", "whole number"),
        ({"priority_bonus": 1.5}, "priority_bonus", "whole number"),
        ({"due_minutes": 0}, "due_minutes", "minutes"),
        ({"due_minutes": True}, "due_minutes", "minutes"),
        ({"clearances": ["secret"]}, "clearances", "There is no clearance “secret”"),
        ({"clearances": "secret"}, "clearances", "list of their slugs"),
        ({"steps": [{"after_minutes": 0, "level": 9}]}, "steps", "Step 1"),
        ({"steps": [{"after_minutes": 5, "level": 3}, {"after_minutes": 5, "level": 2}]}, "steps", "Step 2"),
        ({"steps": [{"after_minutes": 0, "level": 3}, {"after_minutes": 9, "level": 4}]}, "steps", "Step 2"),
        (
            {"steps": [{"after_minutes": 0, "level": 1, "reads": "any", "actions": ["warn"]}]},
            "steps",
            "can never open: nothing here translates",
        ),
        ({"extra": 1}, "", "Nobody knows “extra”"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    desk: User, wrong: dict[str, Any], field: str, words: str
) -> None:
    said = [each for each in found(hate(**wrong), REST) if each[2] == "error"]
    assert [(each[0], each[1]) for each in said] == [(1, field)]
    assert words in said[0][3]


def test_a_list_that_is_none_and_rules_that_are_none_are_refused(desk: User) -> None:
    assert [each.number for each in rules.check({"rules": []})] == [0]
    assert found("a rule", REST)[0][:3] == (1, "", "error")
    assert "at most 500" in rules.check([REST] * (MOST_RULES + 1))[0].words


def test_two_rules_of_one_name_are_refused(desk: User) -> None:
    twice = found(hate(), hate(conditions={"policy": ["spam"]}), REST)
    assert [each[:3] for each in twice] == [(1, "name", "error"), (2, "name", "error")]
    assert twice[0][3] == "Rule 2 has this name too"


def test_an_old_name_of_a_language_is_kept_as_the_new_one(desk: User) -> None:
    rules.save([hate(conditions={"language": ["iw", "iw-*"]}), REST], audit.person(desk), "Hebrew", 0)
    assert rules.as_written()[0]["conditions"] == {"language": ["he", "he-*"]}


def test_a_new_way_into_a_paused_queue_is_refused_and_an_old_one_is_warned_of(desk: User) -> None:
    rules.save([hate(), REST], audit.person(desk), "Before", 0)
    make_queue("shut", paused=True)
    hate_queue = make_queue("hate")
    hate_queue.paused = True
    hate_queue.save()
    assert found(hate(), REST) == [
        (1, "queue", "warning", "The queue “hate” is paused: what this rule catches waits until it goes on")
    ]
    assert found(hate(queue="shut"), REST)[0][:3] == (1, "queue", "error")
    assert found(hate(queue="shut", enabled=False), REST) == []


def test_a_rule_that_an_earlier_one_leaves_nothing_is_warned_of(desk: User) -> None:
    rest = REST | {"name": "Rest"}
    assert found(rest, hate(), REST) == [
        (2, "conditions", "warning", NEVER.format("1")),
        (3, "conditions", "warning", NEVER.format("1")),
    ]
    narrower = hate(name="Thai hate", conditions={"policy": ["hate-speech"], "language": ["th"]})
    assert found(hate(), narrower, REST) == [(2, "conditions", "warning", NEVER.format("1"))]
    assert found(narrower, hate(), REST) == []
    assert found(hate(enabled=False), narrower, REST) == []


NEVER = "This rule never catches anything: all that it could is caught before, by rule {}"


def test_two_rules_together_can_leave_a_third_nothing(desk: User) -> None:
    spam = hate(name="Spam", conditions={"policy": ["spam"]})
    both = hate(name="Both", conditions={"policy": ["hate-speech", "spam"]})
    three = hate(name="Three", conditions={"policy": ["hate-speech", "spam", "scams"]})
    assert found(hate(), spam, both, REST) == [(3, "conditions", "warning", NEVER.format("1, 2"))]
    assert found(hate(), three, REST) == [
        (2, "policy", "warning", "“hate-speech” never counts here: rule 1 catches it before")
    ]


def test_without_a_rule_for_the_rest_there_is_a_warning(desk: User) -> None:
    said = found(hate())
    assert [(each[0], each[2]) for each in said] == [(0, "warning")]
    assert "general" in said[0][3]


def test_a_lane_that_nobody_could_ever_take_is_warned_of(desk: User) -> None:
    bengali = hate(conditions={"language": ["bn", "th"]})
    assert found(bengali, REST) == [
        (1, "language", "warning", "Nobody could ever take what it catches in: বাংলা (bn)")
    ]
    make_queue("guarded", clearances=("terrorism",))
    guarded = hate(queue="guarded")
    said = "Nobody who could be given cases there has all these clearances: terrorism"
    assert found(guarded, REST) == [(1, "queue", "warning", said)]
    make_user(clearances=("terrorism",))
    assert found(guarded, REST) == []
    make_queue("closed", members_only=True)
    assert found(hate(queue="closed"), REST)[0][1:] == (
        "queue",
        "warning",
        "Nobody could ever be given a case there",
    )


def some_conditions(chance: random.Random) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    if chance.random() < 0.5:
        asked["language"] = chance.sample(["*", "zh", "zh-*", "zh-Hant", "th", "*-Cyrl", "ru"], 2)
    if chance.random() < 0.5:
        asked["policy"] = chance.sample(["a", "b", "c"], chance.randrange(1, 3))
    if chance.random() < 0.4:
        asked["source"] = chance.sample(["detector", "authority"], chance.randrange(1, 3))
    if chance.random() < 0.4:
        asked["min_severity"] = chance.randrange(1, 6)
    if chance.random() < 0.3:
        asked["max_severity"] = chance.randrange(1, 6)
    if chance.random() < 0.3:
        asked["min_score"] = chance.choice([0, 0.5, 1])
    return asked


ALL_FACTS = [
    Facts(
        policy,
        severity,
        60,
        datetime(2026, 11, 20, tzinfo=UTC),
        language=language,
        language_source="declared",
        sources=sources,
        best_score=score,
    )
    for policy, severity, language, sources, score in itertools.product(
        ("a", "b", "c"),
        (1, 3, 5),
        ("zh-Hans", "zh-Hant-TW", "th", "ru", "ru-Latn", "und"),
        (frozenset(), frozenset({"detector"}), frozenset({"detector", "authority"})),
        (None, 0.0, 0.5, 1.0),
    )
]


@pytest.mark.parametrize("seed", range(300))
def test_what_is_called_a_shadow_is_one_whatever_the_facts(seed: int) -> None:
    """Against every combination of facts: where it says that earlier rules catch all, none is left for the later."""
    chance = random.Random(seed)
    earlier = [(number, some_conditions(chance)) for number in range(1, 4)]
    later = some_conditions(chance)
    by = caught_before(later, earlier)
    if by:
        asked = dict(earlier)
        for facts in ALL_FACTS:
            if conditions.unmet(later, facts) is None:
                assert any(conditions.unmet(asked[number], facts) is None for number in by)


def test_a_rule_catches_all_of_itself_and_everything_catches_all() -> None:
    chance = random.Random(7)
    for _ in range(200):
        asked = some_conditions(chance)
        assert catches_all_of(asked, asked)
        assert catches_all_of({}, asked)
