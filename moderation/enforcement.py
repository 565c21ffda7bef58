"""Enforcements: the actions of a decision on their way to the platform, carried out there, and taken back.

Whatever locks enforcements does so before it posts: posting takes the lock under which messages get their order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from moderation import audit, outbox, statements, strikes
from moderation.hookspecs import Redress
from moderation.judgements import Measure
from moderation.models import Decision, Enforcement, Item, Message, Statement
from moderation.outbox.posting import name_of

REQUESTED: Final = "enforcement.requested"
REVERSED: Final = "enforcement.reversed"

Status = Enforcement.Status
Ended = Enforcement.Ended

# What the platform's 2xx to a webhook makes of an enforcement: type → (from, to, Event).
CONFIRMED: Final = {
    REQUESTED: (Status.REQUESTED, Status.DELIVERED, "enforcement.delivered"),
    REVERSED: (Status.REVERSAL_REQUESTED, Status.REVERSED, "enforcement.reversed"),
}
# How many a run of the timer ends at most.
MOST_EXPIRED: Final = 500


def request(
    decision: Decision,
    measures: Sequence[Measure],
    by: audit.Actor,
    told: tuple[Statement, Redress] | None,
    *,
    after: datetime | None = None,
) -> list[Enforcement]:
    """Ask the platform to carry out a decision's measures, not before ``after``; in the decision's transaction.

    Those that wait for a second person are made and held: ``release`` lets them go.
    """
    made = Enforcement.objects.bulk_create(
        Enforcement(
            decision=decision,
            rests_on=decision,
            item=measure.target,
            action=measure.action.slug,
            parameters=measure.parameters,
            territories=measure.territories,
            ends_at=parse_datetime(measure.parameters.get("until") or ""),
            needs_approval=measure.action.held,
            status=Status.HELD if measure.action.held else Status.REQUESTED,
            statement=told[0] if told and not measure.action.held else None,
        )
        for measure in measures
        if measure.action.enforced
    )
    for enforcement in made:
        if enforcement.status == Status.HELD:
            _record("enforcement.held", by, enforcement)
        else:
            _ask(enforcement, decision, by, told, after)
    return made


def release(decision: Decision, by: audit.Actor, told: tuple[Statement, Redress] | None) -> list[Enforcement]:
    """Let go what waited for a second person, who has approved it; in the approval's transaction."""
    held = _locked(decision.enforcements.filter(status=Status.HELD))
    for enforcement in held:
        enforcement.status = Status.REQUESTED
        enforcement.statement = told[0] if told else None
        enforcement.save(update_fields=["status", "statement"])
        _ask(enforcement, decision, by, told, None)
    return held


def withdraw(enforcements: QuerySet[Enforcement], ended: Enforcement.Ended, by: audit.Actor) -> None:
    """What never went out and never will: it was held, or its messages were withdrawn (``outbox.withdrawing``).

    Also where its time was over before it went out.
    """
    unsent = Q(status__in=(Status.HELD, Status.REQUESTED)) | Q(
        status=Status.REVERSAL_REQUESTED, ended=Ended.EXPIRED
    )
    for enforcement in _locked(enforcements.filter(unsent)):
        enforcement.status = Status.WITHDRAWN
        enforcement.ended = ended
        enforcement.save(update_fields=["status", "ended"])
        _record("enforcement.withdrawn", by, enforcement, ended=ended)


def take_over(
    before: Decision,
    decision: Decision,
    measures: Sequence[Measure],
    by: audit.Actor,
    *,
    ended: Enforcement.Ended,
    after: datetime | None = None,
) -> list[Measure]:
    """``decision`` takes the place of ``before``: what both do stays and rests on it now, the rest is reversed.

    The measures that are still to be requested. In the transaction of ``decision``.
    """
    resting = _locked(before.resting.filter(status__in=(*Enforcement.IN_FORCE, Status.HELD)))
    kept, left = compare(resting, measures)
    for enforcement in kept:
        enforcement.rests_on = decision
        enforcement.save(update_fields=["rests_on"])
        _record("enforcement.kept", by, enforcement, by_decision=decision.pk)
    over = [each for each in resting if each not in kept]
    withdraw(Enforcement.objects.filter(pk__in=[each.pk for each in over], status=Status.HELD), ended, by)
    for enforcement in over:
        if enforcement.status != Status.HELD:
            _reverse(enforcement, decision, by, ended, after)
    return left


def compare(
    enforcements: Iterable[Enforcement], measures: Sequence[Measure]
) -> tuple[list[Enforcement], list[Measure]]:
    """Which of these enforcements the measures ask for as they are, and which measures are left to be requested.

    What waits for a second person is never kept: it is asked of her anew.
    """
    left = list(measures)
    kept = []
    for enforcement in enforcements:
        same = next((each for each in left if _is(enforcement, each)), None)
        if same is not None:
            left.remove(same)
            kept.append(enforcement)
    return kept, left


def give_back(decision: Decision, by: audit.Actor) -> None:
    """Undo what ``take_over`` did for a decision whose messages were withdrawn before any was sent."""
    before = decision.overrides
    for enforcement in _locked(Enforcement.objects.filter(rests_on=decision).exclude(decision=decision)):
        enforcement.rests_on = before or enforcement.decision
        enforcement.save(update_fields=["rests_on"])
    for enforcement in _locked(
        Enforcement.objects.filter(reversed_by=decision, status=Status.REVERSAL_REQUESTED)
    ):
        enforcement.status = Status.REQUESTED if _is_owed(enforcement, REQUESTED) else Status.DELIVERED
        enforcement.reversed_by = None
        enforcement.ended = Ended.NOT
        enforcement.save(update_fields=["status", "reversed_by", "ended"])
        _record("enforcement.restored", by, enforcement)


def confirm(message: Message, enforcement_id: uuid.UUID) -> None:
    """A message about an enforcement was delivered: the enforcement is done once every endpoint in use has it.

    Call it in the transaction that marks the message. The enforcement's row is locked first, so that of two
    endpoints' last messages one sees the other's. One that is being reversed by now stays so.
    """
    before, after, kind = CONFIRMED[message.type]
    enforcement = Enforcement.objects.select_for_update(no_key=True).get(pk=enforcement_id)
    if enforcement.status != before or _is_owed(enforcement, message.type, besides=message):
        return
    enforcement.status = after
    enforcement.save(update_fields=["status"])
    _record(kind, audit.SYSTEM, enforcement)


def already_gone(message: Message, enforcement_id: uuid.UUID) -> None:
    """The platform answered that what was to be acted on is gone: nothing is carried out.

    The decision's strike is void, unless something else of the decision holds. In the transaction that marks the
    message.
    """
    enforcement = Enforcement.objects.select_for_update(no_key=True).get(pk=enforcement_id)
    # What was carried out once and is gone by now was not gone already.
    if message.type != REQUESTED or enforcement.status != Status.REQUESTED:
        return
    enforcement.status = Status.ALREADY_GONE
    enforcement.save(update_fields=["status"])
    _record("enforcement.already_gone", audit.SYSTEM, enforcement)
    holds = (Status.HELD, *Enforcement.IN_FORCE)
    if not Enforcement.objects.filter(rests_on=enforcement.rests_on_id, status__in=holds).exists():
        strikes.void(enforcement.rests_on)


def expire_due() -> int:
    """Timer: end what is over by now. How many. Each in a transaction of its own, so that none waits for another."""
    due = Enforcement.objects.filter(status__in=Enforcement.IN_FORCE, ends_at__lte=timezone.now())
    return sum(_expire(pk) for pk in due.order_by("ends_at").values_list("pk", flat=True)[:MOST_EXPIRED])


def in_force(item: Item) -> QuerySet[Enforcement]:
    """What is in force on an item or on its way there, oldest first."""
    return Enforcement.objects.filter(item=item, status__in=Enforcement.IN_FORCE).order_by("created_at", "pk")


@transaction.atomic
def _expire(pk: uuid.UUID) -> bool:
    due = Enforcement.objects.filter(pk=pk, status__in=Enforcement.IN_FORCE, ends_at__lte=timezone.now())
    enforcement = due.select_for_update(skip_locked=True, no_key=True).first()
    if enforcement is None:
        return False
    _reverse(enforcement, None, audit.SYSTEM, Ended.EXPIRED, None)
    return True


def _ask(
    enforcement: Enforcement,
    decision: Decision,
    by: audit.Actor,
    told: tuple[Statement, Redress] | None,
    after: datetime | None,
) -> None:
    statement = statements.as_json(*told) if told else None
    data = _json(enforcement, decision) | {"statement": statement}
    outbox.post(REQUESTED, enforcement.item, data, enforcement, decision=decision, after=after)
    _record("enforcement.requested", by, enforcement)


def _reverse(
    enforcement: Enforcement,
    by_decision: Decision | None,
    by: audit.Actor,
    ended: Enforcement.Ended,
    after: datetime | None,
) -> None:
    enforcement.status = Status.REVERSAL_REQUESTED
    enforcement.reversed_by = by_decision
    enforcement.ended = ended
    enforcement.save(update_fields=["status", "reversed_by", "ended"])
    data = _json(enforcement, by_decision or enforcement.rests_on) | {
        "reason": ended.value,
        "reversed_decision_id": str(enforcement.rests_on_id),
    }
    cause = by_decision or enforcement.decision
    outbox.post(REVERSED, enforcement.item, data, enforcement, decision=cause, after=after)
    _record("enforcement.reversal_requested", by, enforcement, ended=ended.value)


def _locked(enforcements: QuerySet[Enforcement]) -> list[Enforcement]:
    return list(
        enforcements.select_for_update(of=("self",), no_key=True)
        .select_related("item", "decision__policy", "rests_on__policy")
        .order_by("created_at", "pk")
    )


def _is(enforcement: Enforcement, measure: Measure) -> bool:
    asked = (measure.action.slug, measure.target.pk, measure.parameters, measure.territories)
    there = (enforcement.action, enforcement.item_id, enforcement.parameters, enforcement.territories)
    return enforcement.status != Status.HELD and asked == there


def _is_owed(enforcement: Enforcement, type_: str, besides: Message | None = None) -> bool:
    """Whether an endpoint in use has still to hear of it."""
    owed = Message.objects.filter(
        enforcement=enforcement,
        type=type_,
        endpoint__enabled=True,
        status__in=(Message.Status.PENDING, Message.Status.PARKED),
    )
    return (owed.exclude(pk=besides.pk) if besides else owed).exists()


def _record(kind: str, by: audit.Actor, enforcement: Enforcement, **more: Any) -> None:
    audit.record(
        kind,
        by,
        item=enforcement.item,
        enforcement_id=str(enforcement.pk),
        decision_id=enforcement.decision_id,
        action=enforcement.action,
        **more,
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
