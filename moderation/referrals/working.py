"""Working on a referral: its case file, what was sent, what the authority answered, and its end.

Every step is an Event with what was there before. Whoever calls has found the referral through ``access``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit
from moderation.models import Authority, Referral, ReferralAnswer

Status = Referral.Status
# What is written in the file can be corrected from the approval until it is closed: what was approved before is what
# the second person read.
EDITABLE: Final = (Status.APPROVED, Status.SENT, Status.ANSWERED)
SENDABLE: Final = (Status.APPROVED,)
ANSWERABLE: Final = (Status.SENT, Status.ANSWERED)
CLOSABLE: Final = (Status.SENT, Status.ANSWERED)


class NotNow(Exception):
    """Not with this referral as it stands: somebody else was faster, or it waits for something first."""


@dataclass(frozen=True)
class CaseFile:
    """What is written in the case file. ``authority`` is in the list, else ``authority_written`` says who it is."""

    basis: str
    urgency: str
    authority: Authority | None
    authority_written: str
    country: str
    order_reference: str
    summary: str


@transaction.atomic
def edit(referral_id: int, by: User, written: CaseFile) -> Referral:
    """Write the case file. Raises NotNow."""
    referral = _locked(referral_id, EDITABLE)
    changed = {
        name: [_plain(getattr(referral, name)), _plain(value)]
        for name, value in _fields(written).items()
        if getattr(referral, name) != value
    }
    if changed:
        for name, value in _fields(written).items():
            setattr(referral, name, value)
        referral.save(update_fields=[*_fields(written)])
        _record("referral.edited", audit.person(by), referral, changed=changed)
    return referral


@transaction.atomic
def mark_sent(referral_id: int, by: User | None, how: str, at: datetime) -> Referral:
    """It was sent to its authority, that way and then. ``by`` None: Fairlead did. Raises NotNow."""
    referral = _locked(referral_id, SENDABLE)
    referral.status, referral.sent_how, referral.sent_at, referral.sent_by = Status.SENT, how, at, by
    referral.save(update_fields=["status", "sent_how", "sent_at", "sent_by"])
    actor = audit.person(by) if by else audit.SYSTEM
    _record("referral.sent", actor, referral, way=how, at=at.isoformat(), to=recipient_of(referral))
    return referral


@transaction.atomic
def record_answer(
    referral_id: int, by: User, *, received_at: datetime, who: str, reference: str, text: str
) -> ReferralAnswer:
    """What the authority answered. Raises NotNow."""
    referral = _locked(referral_id, ANSWERABLE)
    answer = ReferralAnswer.objects.create(
        referral=referral, received_at=received_at, who=who, reference=reference, text=text, recorded_by=by
    )
    referral.status = Status.ANSWERED
    referral.save(update_fields=["status"])
    _record("referral.answered", audit.person(by), referral, answer_id=answer.pk, reference=reference)
    return answer


@transaction.atomic
def close(referral_id: int, by: User) -> Referral:
    """Nothing more is expected. Its hold goes on as long as it was set to. Raises NotNow."""
    referral = _locked(referral_id, CLOSABLE)
    referral.status = Status.CLOSED
    referral.save(update_fields=["status"])
    _record("referral.closed", audit.person(by), referral)
    return referral


def recipient_of(referral: Referral) -> str:
    """Who it goes to, by name; empty where nobody has said yet."""
    return referral.authority.name if referral.authority else referral.authority_written


def is_late(referral: Referral) -> bool:
    """Whether an approved referral has waited longer than its urgency allows (DSA Art. 18: promptly)."""
    hours = {Referral.Urgency.IMMEDIATE: 1, Referral.Urgency.URGENT: 24, Referral.Urgency.ROUTINE: 168}
    waited = timezone.now() - referral.made_at
    return (
        referral.status in (Status.HELD, Status.APPROVED)
        and waited.total_seconds() > hours[Referral.Urgency(referral.urgency)] * 3600
    )


def _fields(written: CaseFile) -> dict[str, object]:
    return {name: getattr(written, name) for name in (each.name for each in fields(CaseFile))}


def _plain(value: object) -> object:
    return value.name if isinstance(value, Authority) else value


def _locked(referral_id: int, at: tuple[Referral.Status, ...]) -> Referral:
    rows = Referral.objects.select_for_update(of=("self",), no_key=True)
    referral = rows.select_related("decision__case", "authority").get(pk=referral_id)
    if referral.status not in at:
        raise NotNow
    return referral


def _record(kind: str, by: audit.Actor, referral: Referral, **data: Any) -> None:
    audit.record(kind, by, case=referral.decision.case, referral_id=referral.pk, **data)
