"""Placing: brings a case to the lane that the rules name, and says why."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells, languages
from moderation.audit import Actor
from moderation.lifecycle import Status, move_to
from moderation.models import Case, Lane, Queue, RoutingRule, RoutingVersion
from moderation.queueing.lease import held_case
from moderation.routing import requirements
from moderation.routing.destination import Destination, NoQueue, destination
from moderation.routing.facts import Facts, facts_of

# Where a case goes that no rule catches.
FALLBACK_QUEUE: Final = "general"


@dataclass(frozen=True)
class Place:
    """Where a case belongs: its destination, and the digest of what is asked there beyond the queue.

    ``kept``: a person brought it to its queue, and no rule takes it away again.
    """

    to: Destination
    asked: str
    kept: bool


def rules_in_order() -> Sequence[RoutingRule]:
    """The enabled rules with their queues. One statement."""
    return list(RoutingRule.objects.filter(enabled=True).select_related("queue").order_by("position"))


def rules_in_force() -> tuple[int, Sequence[RoutingRule]]:
    """The number of the version that the rules are at, and the enabled ones: both of the same moment. One statement,
    or two where no rule is enabled.
    """
    numbers = RoutingVersion.objects.order_by("-number").values("number")[:1]
    rules = list(
        RoutingRule.objects.filter(enabled=True)
        .select_related("queue")
        .annotate(version=Coalesce(Subquery(numbers), 0))
        .order_by("position")
    )
    if rules:
        return rules[0].version, rules
    return RoutingVersion.objects.aggregate(latest=Coalesce(Max("number"), 0))["latest"], rules


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


def place_for(case: Case, facts: Facts, rules: Iterable[RoutingRule], fallback: Queue | None = None) -> Place:
    """Where a case belongs by these facts and rules. Pure where its queue has been read. Raises NoQueue."""
    to = destination(facts, rules, fallback)
    if case.queue is not None and "escalated" in case.reasons:
        # A person brought it there, perhaps for the clearance that people there have: no rule takes it away again.
        to = replace(to, queue=case.queue, reasons=to.reasons | {"escalated": case.reasons["escalated"]})
        return Place(to, case.requirements, kept=True)
    return Place(to, requirements.digest_of(to.clearances, to.steps, to.languages), kept=False)


def unmoved(case: Case, facts: Facts, place: Place) -> bool:
    """Whether a waiting case is there already: in that lane, as pressing, and due at the same time."""
    return (case.queue_id, case.language, case.requirements, case.priority, case.due_at) == (
        place.to.queue.pk,
        facts.language,
        place.asked,
        place.to.priority,
        place.to.due_at,
    )


def said_of(facts: Facts, place: Place) -> dict[str, Any]:
    """What the Event says of a case that is brought to its place."""
    return {
        "queue": place.to.queue.slug,
        "language": facts.language,
        "rule": place.to.reasons["rule"],
    }


def _place(case: Case, facts: Facts, by: Actor, why: dict[str, Any]) -> Destination:
    number, rules = rules_in_force()
    try:
        place = place_for(case, facts, rules)
    except NoQueue:
        place = place_for(case, facts, rules, fallback_queue())
    to = place.to
    told = {"rule_id": to.rule.pk if to.rule else None, "reasons": to.reasons, "routed_by": number}
    if case.status == Status.QUEUED and unmoved(case, facts, place):
        if any(getattr(case, name) != value for name, value in told.items()):
            Case.objects.filter(pk=case.pk).update(**told)
        return to
    if not place.kept:
        requirements.remember(to.clearances, to.steps, to.languages)
    _, new = Lane.objects.get_or_create(queue=to.queue, language=facts.language, requirements=place.asked)
    if new:
        # Boards that do not know of it yet would not hear its bell.
        bells.configuration_changed()
    before = (case.queue_id, case.language)
    move_to(
        case,
        Status.QUEUED,
        by,
        why=said_of(facts, place) | why,
        queue=to.queue,
        requirements=place.asked,
        language=facts.language,
        language_source=facts.language_source,
        language_confidence=facts.language_confidence,
        priority=to.priority,
        due_at=to.due_at,
        queued_at=case.queued_at or timezone.now(),
        **told,
    )
    for queue, language in {before, (to.queue.pk, facts.language)}:
        if queue is not None:
            bells.lane_changed(queue, language)
    return to
