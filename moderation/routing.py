"""Routing: from the facts of a case to the lane where it waits, with the reasons in words.

``prioritise`` and ``destination`` are pure: the same facts and rules always give the same answer, which is what the
console explains and what a change of rules can be tried on.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells, conditions, languages
from moderation.audit import Actor
from moderation.lifecycle import Status, move_to
from moderation.models import Case, Flag, Lane, Queue, RoutingRule, Snapshot
from moderation.queueing.lease import held_case

# Points are added up, and each part is shown with its words: nothing is weighed in secret.
SEVERITY_POINTS: Final = 100
SCORE_POINTS: Final = 50
SOURCE_POINTS: Final = {
    Flag.Source.AUTHORITY: (80, "ordered or reported by an authority"),
    Flag.Source.TRUSTED_FLAGGER: (60, "reported by a trusted flagger"),
    Flag.Source.USER_NOTICE: (20, "reported by a person"),
}
MOST_FLAG_POINTS: Final = 40
MOST_REACH_POINTS: Final = 20

# Where a case goes that no rule catches.
FALLBACK_QUEUE: Final = "general"

Reasons = list[list[Any]]  # [[points, words], …]


class NoQueue(Exception):
    """There is no queue at all: the desk has not been set up."""


@dataclass(frozen=True)
class Facts:
    """What routing looks at: everything that ``conditions`` can ask, and what priority is made of."""

    policy: str
    severity: int
    sla_minutes: int
    opened_at: datetime
    origin: str = Case.Origin.FLAG
    language: str = languages.UNDETERMINED
    language_source: str = Case.LanguageSource.NONE
    language_confidence: float | None = None
    item_kind: str = "content"
    item_type: str = ""
    platform: str = ""
    disclosure: str = Snapshot.Disclosure.PUBLIC
    country: str = ""
    sources: frozenset[str] = frozenset()
    flags: int = 0
    best_score: float | None = None
    reach: int | None = None


@dataclass(frozen=True)
class Destination:
    """Where a case goes. ``rule`` is None where none caught it and the fallback queue took it."""

    rule: RoutingRule | None
    queue: Queue
    priority: int
    due_at: datetime
    reasons: dict[str, Any]


def facts_of(case: Case) -> Facts:
    """The facts of a case as the tables have them. Two statements, however many flags."""
    row = Case.objects.select_related("snapshot__screening", "item__platform", "policy").get(pk=case.pk)
    flags = Flag.objects.filter(case=case.pk).aggregate(
        count=Count("pk"),
        score=Max("score"),
        reach=Max("snapshot__reach"),
        sources=ArrayAgg("source", distinct=True, default=[]),
    )
    language, source, confidence = _language(row)
    return Facts(
        policy=row.policy.slug,
        severity=row.policy.severity,
        sla_minutes=row.policy.sla_minutes,
        opened_at=row.opened_at,
        origin=row.origin,
        language=language,
        language_source=source,
        language_confidence=confidence,
        item_kind=row.item.kind,
        item_type=row.snapshot.type,
        platform=row.item.platform.slug,
        disclosure=row.snapshot.disclosure,
        country=row.snapshot.country,
        sources=frozenset(flags["sources"]),
        flags=flags["count"],
        best_score=flags["score"],
        reach=flags["reach"] if flags["count"] else row.snapshot.reach,
    )


def prioritise(facts: Facts) -> tuple[int, Reasons]:
    """How pressing a case is: the points, and for each part of them the words."""
    reasons: Reasons = [[SEVERITY_POINTS * facts.severity, f"severity {facts.severity} of 5"]]
    if facts.best_score is not None:
        reasons.append([round(SCORE_POINTS * facts.best_score), f"best score {facts.best_score:.2f}"])
    bonus = max((SOURCE_POINTS[Flag.Source(s)] for s in facts.sources if s in SOURCE_POINTS), default=None)
    if bonus:
        reasons.append(list(bonus))
    if facts.flags > 1:
        points = min(MOST_FLAG_POINTS, round(10 * math.log2(facts.flags)))
        reasons.append([points, f"{facts.flags} flags"])
    if facts.reach:
        points = min(MOST_REACH_POINTS, round(4 * math.log10(1 + facts.reach)))
        reasons.append([points, f"reach {facts.reach:,}"])
    return sum(points for points, _ in reasons), reasons


def destination(facts: Facts, rules: Iterable[RoutingRule], fallback: Queue | None = None) -> Destination:
    """The first rule, in order, whose conditions all hold. Pure. Raises NoQueue, UnknownCondition."""
    priority, points = prioritise(facts)
    caught = next(
        (rule for rule in rules if rule.enabled and not conditions.unmet(rule.conditions, facts)), None
    )
    if caught is not None:
        queue, rule_in_words = caught.queue, caught.name
    elif fallback is not None:
        queue, rule_in_words = fallback, f"no rule matched: queue “{fallback.slug}”"
    else:
        raise NoQueue("No rule catches this case and there is no queue to fall back on")
    minutes, why_due = facts.sla_minutes, f"policy {facts.policy}"
    if caught is not None and caught.due_minutes is not None:
        minutes, why_due = caught.due_minutes, f"rule “{caught.name}”"
    if caught is not None and caught.priority_bonus:
        priority += caught.priority_bonus
        points.append([caught.priority_bonus, f"rule “{caught.name}”"])
    reasons = {
        "rule": rule_in_words,
        "priority": points,
        "due": f"{minutes} minutes by {why_due}",
        "language": f"{facts.language}, {Case.LanguageSource(facts.language_source).label}",
    }
    return Destination(caught, queue, priority, facts.opened_at + timedelta(minutes=minutes), reasons)


def rules_in_order() -> Sequence[RoutingRule]:
    """The enabled rules with their queues. One statement."""
    return list(RoutingRule.objects.filter(enabled=True).select_related("queue").order_by("position"))


def fallback_queue() -> Queue | None:
    """The queue ``general``, else the oldest, for cases that no rule catches."""
    return Queue.objects.filter(slug=FALLBACK_QUEUE).first() or Queue.objects.order_by("pk").first()


def route(case: Case, by: Actor) -> Destination:
    """Bring a case whose row the caller has locked, and which is being screened or waits, into its lane.

    Also after a further flag: it may raise the priority or bring the case to another queue. Says nothing where
    nothing changed. A constant number of statements. Raises NoQueue, IllegalTransition.
    """
    return _place(case, facts_of(case), by, {})


@transaction.atomic
def set_language(case_id: int, moderator: User, token: uuid.UUID, tag: str) -> Destination:
    """The moderator who holds the case says which language it is: it is routed anew, and waits for its readers.

    Raises UnknownLanguage, LeaseLost.
    """
    language = languages.normalise(tag)
    case = held_case(case_id, moderator, token)
    facts = replace(
        facts_of(case),
        language=language,
        language_source=Case.LanguageSource.MODERATOR,
        language_confidence=None,
    )
    why = {"how": "language set", "language_before": case.language}
    return _place(case, facts, audit.person(moderator), why)


def _place(case: Case, facts: Facts, by: Actor, why: dict[str, Any]) -> Destination:
    rules = rules_in_order()
    try:
        to = destination(facts, rules)
    except NoQueue:
        to = destination(facts, rules, fallback_queue())
    if case.queue is not None and "escalated" in case.reasons:
        # A person brought it there, perhaps for the clearance that people there have: no rule takes it away again.
        to = replace(to, queue=case.queue, reasons=to.reasons | {"escalated": case.reasons["escalated"]})
    before = (case.queue_id, case.language)
    after = (to.queue.pk, facts.language, to.priority, to.due_at)
    if case.status == Status.QUEUED and after == (*before, case.priority, case.due_at):
        return to
    Lane.objects.get_or_create(queue=to.queue, language=facts.language)
    move_to(
        case,
        Status.QUEUED,
        by,
        why={"queue": to.queue.slug, "language": facts.language, "rule": to.reasons["rule"]} | why,
        queue=to.queue,
        language=facts.language,
        language_source=facts.language_source,
        language_confidence=facts.language_confidence,
        priority=to.priority,
        due_at=to.due_at,
        queued_at=case.queued_at or timezone.now(),
        reasons=to.reasons,
    )
    for queue, language in {before, after[:2]}:
        if queue is not None:
            bells.lane_changed(queue, language)
    return to


def _language(case: Case) -> tuple[str, str, float | None]:
    """Tag, who says so, and how sure: what a person said stays; else declared, else identified, else ``und``."""
    sources = Case.LanguageSource
    if case.language_source in (sources.MODERATOR, sources.APPELLANT):
        return case.language, case.language_source, case.language_confidence
    snapshot = case.snapshot
    if snapshot.language and snapshot.language != languages.UNDETERMINED:
        return snapshot.language, sources.DECLARED, None
    if not snapshot.text:
        return languages.NO_LANGUAGE, sources.IDENTIFIED, None
    screening = getattr(snapshot, "screening", None)
    if screening is not None and screening.language:
        return screening.language, sources.IDENTIFIED, screening.confidence
    return languages.UNDETERMINED, sources.NONE, None
