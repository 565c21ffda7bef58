"""The facts of cases: what rules ask of each, read for many at once as for one."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from moderation.models import Case, Decision, Flag, Item, Screening, Statement
from moderation.routing.facts import MOST_BREACHES, Facts, facts_of, facts_of_many
from tests.factories import make_case, make_flag, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db


def decided_against(person: Item, *, overrides: Decision | None = None, restricts: bool = True) -> Decision:
    """A decision on something by ``person``, and its statement to them where it holds anything against them."""
    item = make_item(author=person)
    case = make_case(item=item, origin=Case.Origin.APPEAL if overrides else Case.Origin.FLAG)
    decision = Decision.objects.create(
        case=case,
        item=item,
        decided_by=make_user(),
        policy=case.policy,
        policy_version=1,
        severity=3,
        actions=[{"action": "remove" if restricts else "no_violation"}],
        overrides=overrides,
    )
    if restricts:
        Statement.objects.create(
            decision=decision,
            recipient=person,
            language="en",
            direction="ltr",
            text="…",
            appeal_code=f"{decision.pk:016}",
            appeal_until=timezone.now(),
        )
    return decision


def some_case(chance: random.Random, authors: list[Item], policies: list[Any]) -> Case:
    item = make_item(
        author=chance.choice([*authors, None]),
        text=chance.choice(["", "Some words"]),
        language=chance.choice(["", "und", "th"]),
        country=chance.choice(["", "TH"]),
        reach=chance.choice([None, 5, 5000]),
        type=chance.choice(["", "post"]),
    )
    if chance.random() < 0.5:
        Screening.objects.create(
            snapshot=item.snapshots.get(), language=chance.choice(["", "fa", "und"]), confidence=0.6
        )
    case = make_case(
        item=item,
        policy=chance.choice(policies),
        language_source=chance.choice(["declared", "moderator", "none"]),
    )
    if chance.random() < 0.2:
        case.flags.all().delete()
    for _ in range(chance.randrange(4)):
        make_flag(
            case,
            source=chance.choice(Flag.Source.values),
            detector=chance.choice(["", "keywords", "bulk"]),
            score=chance.choice([None, 0.25, 0.75]),
        )
    return case


def by_hand(case: Case) -> dict[str, Any]:
    """What the flags of one case come to, and its author's history, without a word of SQL."""
    flags = list(case.flags.all())
    person = case.item.author or case.item
    against = [
        each
        for each in Decision.objects.exclude(case=case)
        if Statement.objects.filter(decision=each, recipient=person).exists()
        and not Decision.objects.filter(overrides=each).exists()
    ]
    reaches = [each.snapshot.reach for each in flags] if flags else [case.snapshot.reach]
    return {
        "flags": len(flags),
        "best_score": max((each.score for each in flags if each.score is not None), default=None),
        "sources": frozenset(each.source for each in flags),
        "detectors": frozenset(each.detector for each in flags if each.detector),
        "reach": max((each for each in reaches if each is not None), default=None),
        "author_breaches": len(against),
        "policy": case.policy.slug,
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_facts_of_many_are_the_facts_of_each(seed: int) -> None:
    chance = random.Random(seed)
    authors = [make_item(kind="account", text="") for _ in range(3)]
    policies = [make_policy(), make_policy("spam", severity=2)]
    for person in authors:
        for _ in range(chance.randrange(3)):
            decided_against(person)
    cases = [some_case(chance, authors, policies) for _ in range(15)]
    together = facts_of_many([case.pk for case in cases])
    assert together == {case.pk: facts_of(case) for case in cases}
    for case in cases:
        found = together[case.pk]
        expected = by_hand(case)
        assert {name: getattr(found, name) for name in expected} == expected


def test_a_history_counts_what_held_something_against_the_author_and_stands() -> None:
    author = make_item(kind="account", text="")
    decided_against(author)
    taken_back = decided_against(author)
    decided_against(author, restricts=False)
    decided_against(make_item(kind="account", text=""))
    decided_against(author, overrides=taken_back, restricts=False)
    content, account = make_case(item=make_item(author=author)), make_case(item=author)
    assert facts_of(content).author_breaches == 1
    assert facts_of(account).author_breaches == 1


def test_what_was_decided_after_a_case_is_not_its_history() -> None:
    author = make_item(kind="account", text="")
    earlier = make_case(
        item=make_item(author=author), status="decided", decided_at=timezone.now() - timedelta(days=1)
    )
    decided_against(author)
    assert facts_of(earlier).author_breaches == 0


def test_a_long_history_is_counted_up_to_its_limit() -> None:
    author = make_item(kind="account", text="")
    for _ in range(MOST_BREACHES + 2):
        decided_against(author)
    assert facts_of(make_case(item=make_item(author=author))).author_breaches == MOST_BREACHES


def test_there_are_two_statements_however_many_cases(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cases = [make_case(queue=make_queue()).pk for _ in range(3)]
    with django_assert_num_queries(2):
        assert len(facts_of_many(cases[:1])) == 1
    with django_assert_num_queries(2):
        assert len(facts_of_many(cases)) == 3


def test_a_case_that_is_gone_has_no_facts() -> None:
    assert facts_of_many([999_999]) == {}
    with pytest.raises(Case.DoesNotExist):
        facts_of(Case(pk=999_999))


@pytest.mark.parametrize(
    ("source", "identified", "sure"),
    [("declared", None, 1.0), ("moderator", None, 1.0), ("none", None, 0.0), ("identified", 0.7, 0.7)],
)
def test_a_language_is_as_sure_as_whoever_said_it(source: str, identified: float | None, sure: float) -> None:
    facts = Facts(
        "hate-speech",
        3,
        60,
        timezone.now(),
        language="th",
        language_source=source,
        language_confidence=identified,
    )
    assert facts.confidence == sure
