"""Placing: brings a case to the lane that the rules name, and says why."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells, languages
from moderation.audit import Actor
from moderation.lifecycle import Status, move_to
from moderation.models import Case, Lane, Queue, RoutingRule
from moderation.queueing.lease import held_case
from moderation.routing import requirements
from moderation.routing.destination import Destination, NoQueue, destination
from moderation.routing.facts import Facts, facts_of

# Where a case goes that no rule catches.
FALLBACK_QUEUE: Final = "general"


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
        asked = case.requirements
    else:
        asked = requirements.remember(to.clearances, to.steps)
    before = (case.queue_id, case.language, case.requirements)
    after = (to.queue.pk, facts.language, asked)
    if case.status == Status.QUEUED and (after, to.priority, to.due_at) == (
        before,
        case.priority,
        case.due_at,
    ):
        return to
    Lane.objects.get_or_create(queue=to.queue, language=facts.language, requirements=asked)
    move_to(
        case,
        Status.QUEUED,
        by,
        why={"queue": to.queue.slug, "language": facts.language, "rule": to.reasons["rule"]} | why,
        queue=to.queue,
        rule=to.rule,
        requirements=asked,
        language=facts.language,
        language_source=facts.language_source,
        language_confidence=facts.language_confidence,
        priority=to.priority,
        due_at=to.due_at,
        queued_at=case.queued_at or timezone.now(),
        reasons=to.reasons,
    )
    for queue, language in {before[:2], after[:2]}:
        if queue is not None:
            bells.lane_changed(queue, language)
    return to
