"""Disputes before certified out-of-court bodies (DSA Art. 21): recorded, and never binding on what we do."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from appeals.models import Dispute, DisputeBody
from moderation import audit


def every() -> QuerySet[Dispute]:
    """Those that are open first, then those that are not implemented, the latest on top."""
    return Dispute.objects.select_related("body", "decision__policy", "decision__item__platform").order_by(
        "decided_on", "-opened_on", "-pk"
    )


def bodies_in_use() -> QuerySet[DisputeBody]:
    """What a person is offered with the outcome of her appeal."""
    return DisputeBody.objects.filter(in_use=True).order_by("name")


@transaction.atomic
def save(dispute: Dispute, by: User) -> Dispute:
    """Write it down, or what came of it; the Event holds what is different."""
    before = Dispute.objects.filter(pk=dispute.pk).first()
    if before is None:
        dispute.recorded_by = by
    changed = _differences(before, dispute)
    if changed or before is None:
        dispute.save()
        kind = "dispute.changed" if before else "dispute.recorded"
        audit.record(
            kind,
            audit.person(by),
            item=dispute.decision.item,
            case=dispute.decision.case,
            dispute_id=dispute.pk,
            body=dispute.body.name,
            reference=dispute.reference,
            changed=changed,
        )
    return dispute


@transaction.atomic
def save_body(body: DisputeBody, by: User) -> DisputeBody:
    before = DisputeBody.objects.filter(pk=body.pk).first()
    changed = _differences(before, body)
    if changed or before is None:
        body.save()
        kind = "dispute_body.changed" if before else "dispute_body.added"
        audit.record(kind, audit.person(by), body=body.name, changed=changed)
    return body


def _differences(before: Any, after: Any) -> dict[str, list[str]]:
    """Field → as it was and as it is now; nothing where there was nothing before."""
    if before is None:
        return {}
    names = [field.attname for field in after._meta.concrete_fields]
    return {
        name: [str(getattr(before, name)), str(getattr(after, name))]
        for name in names
        if getattr(before, name) != getattr(after, name)
    }
