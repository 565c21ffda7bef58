"""Routing: facts and ordered rules to a queue, a priority and a due time, explained in words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from moderation import audit, conditions, languages, lifecycle
from moderation.conditions import UnknownCondition
from moderation.models import Case, Event, Flag, Lane, Queue, RoutingRule, Screening
from moderation.queueing.claim import claim_next
from moderation.queueing.lease import LeaseLost
from moderation.routing.destination import NoQueue, destination
from moderation.routing.facts import Facts, facts_of
from moderation.routing.placing import route, set_language
from moderation.routing.priority import prioritise
from tests.factories import make_case, make_flag, make_item, make_policy, make_queue, make_user

OPENED = datetime(2026, 11, 20, 8, tzinfo=UTC)
FACTS = Facts(policy="hate-speech", severity=4, sla_minutes=60, opened_at=OPENED, language="th", flags=1)


def rule(slug: str, conditions: dict[str, Any] | None = None, **changes: Any) -> RoutingRule:
    return RoutingRule(name=slug, queue=Queue(slug=slug), conditions=conditions or {}, **changes)


def taken_to(facts: Facts, *rules: RoutingRule) -> str:
    return destination(facts, rules).queue.slug


# The pure parts


def test_the_first_rule_that_holds_takes_the_case() -> None:
    rules = (
        rule("thai-hate", {"language": ["th"], "policy": ["hate-speech"]}),
        rule("hate", {"policy": ["hate-speech"]}),
        rule("rest"),
    )
    assert taken_to(FACTS, *rules) == "thai-hate"
    assert taken_to(replace(FACTS, language="lo"), *rules) == "hate"
    assert taken_to(replace(FACTS, policy="spam"), *rules) == "rest"


def test_a_rule_that_is_switched_off_takes_nothing() -> None:
    assert taken_to(FACTS, rule("off", enabled=False), rule("rest")) == "rest"


@pytest.mark.parametrize(
    ("asked", "changes", "holds"),
    [
        ({"policy": ["spam", "hate-speech"]}, {}, True),
        ({"policy": ["spam"]}, {}, False),
        ({"min_severity": 4}, {}, True),
        ({"min_severity": 5}, {}, False),
        ({"origin": ["appeal"]}, {}, False),
        ({"origin": ["appeal"]}, {"origin": "appeal"}, True),
        ({"item_kind": ["account"]}, {"item_kind": "account"}, True),
        ({"item_type": ["comment"]}, {"item_type": "post"}, False),
        ({"platform": ["harbour"]}, {"platform": "harbour"}, True),
        ({"disclosure": ["metadata_only"]}, {"disclosure": "metadata_only"}, True),
        ({"country": ["DE", "AT"]}, {"country": "AT"}, True),
        ({"country": ["DE", "AT"]}, {"country": ""}, False),
        ({"source": ["authority"]}, {"sources": frozenset({"detector", "authority"})}, True),
        ({"source": ["authority"]}, {"sources": frozenset({"detector"})}, False),
        ({"policy": ["hate-speech"], "language": ["en"]}, {}, False),
    ],
)
def test_every_condition_of_a_rule_must_hold(
    asked: dict[str, Any], changes: dict[str, Any], holds: bool
) -> None:
    assert taken_to(replace(FACTS, **changes), rule("asked", asked), rule("rest")) == (
        "asked" if holds else "rest"
    )


@pytest.mark.parametrize(
    ("language_range", "inside", "outside"),
    [
        ("zh-*", ["zh-Hans", "zh-Hant", "zh-Hant-TW"], ["yue", "ja", "und"]),
        ("zh", ["zh-Hans", "zh-Hant-HK"], ["zxx"]),
        ("zh-Hant", ["zh-Hant", "zh-Hant-TW"], ["zh-Hans"]),
        ("pt-BR", ["pt-BR"], ["pt-PT", "pt"]),
        ("pt", ["pt", "pt-PT", "pt-BR"], ["es"]),
        ("en", ["en-GB"], ["enm"]),
        ("*-Cyrl", ["ru", "sr", "uk", "uz-Cyrl"], ["sr-Latn", "en", "und"]),
        ("*-CH", ["de-CH", "fr-CH"], ["de"]),
        ("*", ["th", "und", "mul", "zxx"], []),
        ("und", ["und"], ["th", "mul"]),
        ("mul", ["mul"], ["und"]),
    ],
)
def test_languages_are_matched_as_ranges(language_range: str, inside: list[str], outside: list[str]) -> None:
    assert [tag for tag in inside if not conditions.in_range(tag, language_range)] == []
    assert [tag for tag in outside if conditions.in_range(tag, language_range)] == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"colour": ["red"]}, "colour"),
        ({"policy": "hate-speech"}, "policy"),
        ({"policy": []}, "policy"),
        ({"policy": [7]}, "policy"),
        ({"min_severity": "high"}, "min_severity"),
        ({"min_severity": True}, "min_severity"),
        ({"min_severity": 6}, "min_severity"),
        ({"language": ["zh_TW?"]}, "zh_TW?"),
        ({"language": ["qqqq-*"]}, "qqqq"),
        (["language"], "object"),
    ],
)
def test_a_condition_that_nobody_can_answer_is_refused_with_words(asked: Any, words: str) -> None:
    with pytest.raises(UnknownCondition, match=re.escape(words)):
        conditions.check(asked)


@pytest.mark.django_db
def test_a_rule_with_an_unknown_condition_cannot_be_saved() -> None:
    with pytest.raises(UnknownCondition):
        RoutingRule.objects.create(position=1, name="typo", queue=make_queue(), conditions={"lang": ["th"]})
    assert not RoutingRule.objects.exists()


def test_priority_adds_up_and_says_of_what() -> None:
    facts = replace(
        FACTS, best_score=0.93, flags=3, sources=frozenset({"detector", "trusted_flagger"}), reach=1200
    )
    points, reasons = prioritise(facts)
    assert reasons == [
        [400, "severity 4 of 5"],
        [46, "best score 0.93"],
        [60, "reported by a trusted flagger"],
        [16, "3 flags"],
        [12, "reach 1,200"],
    ]
    assert points == 534


def test_only_the_weightiest_source_counts() -> None:
    everybody = frozenset({"user_notice", "authority", "trusted_flagger", "own_initiative"})
    assert prioritise(replace(FACTS, sources=everybody))[0] - prioritise(FACTS)[0] == 80


def test_more_flags_and_more_reach_have_a_ceiling() -> None:
    plain = prioritise(FACTS)[0]
    assert prioritise(replace(FACTS, flags=160))[0] - plain == 40
    assert prioritise(replace(FACTS, reach=10**12))[0] - plain == 20


def test_a_rule_can_add_priority_and_shorten_the_time() -> None:
    to = destination(FACTS, [rule("urgent", priority_bonus=25, due_minutes=30)])
    assert to.priority == prioritise(FACTS)[0] + 25
    assert to.due_at == OPENED + timedelta(minutes=30)
    assert [25, "rule “urgent”"] in to.reasons["priority"]
    assert to.reasons["due"] == "30 minutes by rule “urgent”"


def test_without_a_rule_of_its_own_the_policy_sets_the_due_time() -> None:
    to = destination(FACTS, [rule("rest")])
    assert to.due_at == OPENED + timedelta(minutes=60)
    assert to.reasons["due"] == "60 minutes by policy hate-speech"


def test_a_case_that_no_rule_catches_falls_back_and_says_so() -> None:
    to = destination(FACTS, [rule("spam", {"policy": ["spam"]})], Queue(slug="general"))
    assert to.queue.slug == "general"
    assert to.rule is None
    assert to.reasons["rule"] == "no rule matched: queue “general”"


def test_without_rule_and_queue_routing_refuses() -> None:
    with pytest.raises(NoQueue):
        destination(FACTS, [])


# With the tables


def screening_case(**changes: Any) -> Case:
    """A new case with one flag, being screened."""
    fields = {
        "status": Case.Status.SCREENING,
        "language": languages.UNDETERMINED,
        "language_source": Case.LanguageSource.NONE,
        "due_at": None,
        "queued_at": None,
        "priority": 0,
    }
    case = make_case(**fields | changes)
    Lane.objects.all().delete()
    Case.objects.filter(pk=case.pk).update(queue=None)
    case.refresh_from_db()
    return case


def routed(case: Case) -> Case:
    with transaction.atomic():
        route(lifecycle.lock(case.pk), audit.SYSTEM)
    case.refresh_from_db()
    return case


@pytest.mark.django_db
def test_routing_brings_a_screened_case_into_its_lane() -> None:
    queue = make_queue("thai")
    RoutingRule.objects.create(position=1, name="Thai", queue=queue, conditions={"language": ["th"]})
    case = routed(screening_case(item=make_item(language="th")))
    assert (case.status, case.queue, case.language) == (Case.Status.QUEUED, queue, "th")
    assert case.language_source == Case.LanguageSource.DECLARED
    assert case.priority == 345
    assert case.due_at == case.opened_at + timedelta(minutes=60)
    assert case.queued_at is not None
    assert case.reasons["rule"] == "Thai"
    assert Lane.objects.filter(queue=queue, language="th").count() == 1
    event = Event.objects.get(case_id=case.pk, kind="case.queued")
    assert event.data == {"queue": "thai", "language": "th", "rule": "Thai"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("snapshot", "found", "language", "source"),
    [
        ({"language": "ar"}, "fa", "ar", "declared"),
        ({}, "fa", "fa", "identified"),
        ({}, "und", "und", "identified"),
        ({"language": "und"}, "fa", "fa", "identified"),
        ({}, "", "und", "none"),
        ({"text": ""}, "", "zxx", "identified"),
        ({"text": "", "language": "ar"}, "", "ar", "declared"),
    ],
)
def test_the_language_is_the_declared_one_else_the_identified_one(
    snapshot: dict[str, Any], found: str, language: str, source: str
) -> None:
    item = make_item(**snapshot)
    Screening.objects.create(snapshot=item.snapshots.get(), language=found, confidence=0.8)
    case = routed(screening_case(item=item))
    assert (case.language, case.language_source) == (language, source)


@pytest.mark.django_db
def test_an_appeal_keeps_its_own_language() -> None:
    case = routed(
        screening_case(
            origin=Case.Origin.APPEAL,
            language="ar",
            language_source=Case.LanguageSource.APPELLANT,
            item=make_item(language="th"),
        )
    )
    assert case.language == "ar"


@pytest.mark.django_db
def test_without_a_matching_rule_the_general_queue_takes_the_case() -> None:
    make_queue("first")
    case = routed(screening_case(queue=make_queue("general")))
    assert case.queue is not None
    assert case.queue.slug == "general"
    assert case.reasons["rule"] == "no rule matched: queue “general”"


@pytest.mark.django_db
def test_a_further_flag_raises_the_priority_of_a_waiting_case() -> None:
    case = routed(screening_case())
    before = case.priority
    make_flag(case, source=Flag.Source.TRUSTED_FLAGGER)
    assert routed(case).priority == before + 60 + 10


@pytest.mark.django_db
def test_routing_again_without_news_says_nothing() -> None:
    case = routed(screening_case())
    routed(case)
    assert Event.objects.filter(case_id=case.pk).count() == 1


@pytest.mark.django_db
def test_the_facts_take_two_statements_however_many_flags(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    case = screening_case(item=make_item(reach=10))
    for score in (0.2, 0.95, 0.5):
        make_flag(case, score=score, source=Flag.Source.USER_NOTICE)
    with django_assert_num_queries(2):
        facts = facts_of(case)
    assert (facts.flags, facts.best_score, facts.reach) == (4, 0.95, 10)
    assert facts.sources == {"detector", "user_notice"}
    assert (facts.policy, facts.platform, facts.item_kind) == ("hate-speech", "harbour", "content")


@pytest.mark.django_db
def test_a_moderator_can_say_which_language_it_is_and_the_case_waits_for_its_readers() -> None:
    make_policy()
    moderator = make_user(en=5)
    case = make_case(language="en")
    held = claim_next(moderator)
    assert held == case
    assert held.lease_token is not None
    set_language(case.pk, moderator, held.lease_token, "no")
    case.refresh_from_db()
    assert (case.status, case.language, case.language_source) == ("queued", "nb", "moderator")
    assert case.claimed_by is None
    assert claim_next(moderator) is None
    assert claim_next(make_user(nb=3)) == case
    event = Event.objects.get(case_id=case.pk, kind="case.released")
    assert (event.data["how"], event.data["language"]) == ("language set", "nb")


@pytest.mark.django_db
def test_a_language_is_set_only_with_the_live_lease_and_only_if_it_is_one() -> None:
    moderator = make_user(en=5)
    make_case(language="en")
    held = claim_next(moderator)
    assert held is not None
    assert held.lease_token is not None
    with pytest.raises(languages.UnknownLanguage):
        set_language(held.pk, moderator, held.lease_token, "thailandish")
    with pytest.raises(LeaseLost):
        set_language(held.pk, make_user(en=5), held.lease_token, "th")
