"""Enforcements: the actions of a decision on their way to the platform, carried out there, and taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet

from moderation import audit, outbox
from moderation.hookspecs import Redress
from moderation.judgements import Measure
from moderation.models import Decision, Enforcement, Item, Message, Statement
from moderation.outbox.posting import iso, name_of

REQUESTED: Final = "enforcement.requested"
REVERSED: Final = "enforcement.reversed"

Status = Enforcement.Status

# What the platform's 2xx to a webhook makes of an enforcement: type → (from, to, Event).
CONFIRMED: Final = {
    REQUESTED: (Status.REQUESTED, Status.DELIVERED, "enforcement.delivered"),
    REVERSED: (Status.REVERSAL_REQUESTED, Status.REVERSED, "enforcement.reversed"),
}


def request(
    decision: Decision,
    measures: Sequence[Measure],
    by: audit.Actor,
    told: tuple[Statement, Redress] | None,
) -> list[Enforcement]:
    """Ask the platform to carry out a decision's measures; in the decision's transaction."""
    statement = _statement_json(*told) if told else None
    requested = [
        Enforcement(
            decision=decision,
            item=measure.target,
            action=measure.action.slug,
            parameters=measure.parameters,
            territories=measure.territories,
        )
        for measure in measures
        if measure.action.enforced
    ]
    for enforcement in Enforcement.objects.bulk_create(requested):
        data = _json(enforcement, decision) | {"statement": statement}
        outbox.post(REQUESTED, enforcement.item, data, enforcement)
        _record("enforcement.requested", by, enforcement)
    return requested


def reverse(decision: Decision, by_decision: Decision, by: audit.Actor) -> list[Enforcement]:
    """Ask the platform to take back what ``decision`` did and is in force; in the transaction of ``by_decision``."""
    in_force = Enforcement.objects.filter(decision=decision, status__in=Enforcement.IN_FORCE)
    reversed_ = list(
        in_force.select_for_update(of=("self",), no_key=True)
        .select_related("item")
        .order_by("created_at", "pk")
    )
    for enforcement in reversed_:
        enforcement.status = Status.REVERSAL_REQUESTED
        enforcement.reversed_by = by_decision
        enforcement.save(update_fields=["status", "reversed_by"])
        data = _json(enforcement, by_decision) | {"reversed_decision_id": str(decision.pk)}
        outbox.post(REVERSED, enforcement.item, data, enforcement)
        _record("enforcement.reversal_requested", by, enforcement)
    return reversed_


def confirm(message: Message, enforcement_id: uuid.UUID) -> None:
    """A message about an enforcement was delivered: the enforcement is done once every endpoint in use has it.

    Call it in the transaction that marks the message. The enforcement's row is locked first, so that of two
    endpoints' last messages one sees the other's. One that is being reversed by now stays so.
    """
    before, after, kind = CONFIRMED[message.type]
    enforcement = Enforcement.objects.select_for_update(no_key=True).get(pk=enforcement_id)
    owed = (
        Message.objects.filter(enforcement=enforcement, type=message.type, endpoint__enabled=True)
        .exclude(status=Message.Status.DELIVERED)
        .exclude(pk=message.pk)
    )
    if enforcement.status != before or owed.exists():
        return
    enforcement.status = after
    enforcement.save(update_fields=["status"])
    _record(kind, audit.SYSTEM, enforcement)


def in_force(item: Item) -> QuerySet[Enforcement]:
    """What is in force on an item or on its way there, oldest first."""
    return Enforcement.objects.filter(item=item, status__in=Enforcement.IN_FORCE).order_by("created_at", "pk")


def _record(kind: str, by: audit.Actor, enforcement: Enforcement) -> None:
    audit.record(
        kind,
        by,
        item=enforcement.item,
        enforcement_id=str(enforcement.pk),
        decision_id=enforcement.decision_id,
        action=enforcement.action,
    )


def _json(enforcement: Enforcement, decision: Decision) -> dict[str, Any]:
    return {
        "enforcement_id": str(enforcement.pk),
        "action": enforcement.action,
        "parameters": enforcement.parameters,
        "territories": enforcement.territories,
        "item": name_of(enforcement.item),
        "decision_id": str(decision.pk),
        "policy": decision.policy.slug,
        "automated": decision.automated,
    }


def _statement_json(statement: Statement, redress: Redress) -> dict[str, Any]:
    return {
        "language": statement.language,
        "direction": statement.direction,
        "text": statement.text,
        "appeal_url": redress.url,
        "appeal_code": statement.appeal_code,
        "appeal_until": iso(statement.appeal_until),
    }
