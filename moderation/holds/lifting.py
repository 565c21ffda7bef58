"""How a hold ends: its time is over, or one person asks to lift it and a second, different one does.

The rules are held here and by the database (a CHECK of ``LegalHold``, and a trigger).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit
from moderation.holds.placing import CHILD_SAFETY
from moderation.models import LegalHold, PreservedFile, Referral
from moderation.referrals.access import check

Status = LegalHold.Status
# Copies outlive their hold for so long, in case it ended by mistake; then they are destroyed.
COPIES_STAY: Final = timedelta(days=30)
MOST_AT_ONCE: Final = 100


class SamePerson(Exception):
    """Who asked to lift a hold cannot be who lifts it."""


class NotPossible(Exception):
    """Not with this hold as it is now: it has ended, nobody asked, or somebody did already."""


class NotLater(Exception):
    """A hold is only ever extended: making it shorter would lift it alone."""


@transaction.atomic
def ask(hold_id: int, by: User, reasons: str) -> LegalHold:
    """Ask to lift it. It holds on. Raises NotPossible, Http404 for who is not cleared."""
    hold = _locked(hold_id, by, Status.ACTIVE)
    if not reasons.strip():
        raise NotPossible
    hold.status, hold.lift_asked_by, hold.lift_asked_at = Status.LIFTING, by, timezone.now()
    hold.lift_reasons = reasons.strip()
    hold.save(update_fields=["status", "lift_asked_by", "lift_asked_at", "lift_reasons"])
    _record("hold.lift_asked", audit.person(by), hold, reasons=hold.lift_reasons)
    return hold


@transaction.atomic
def lift(hold_id: int, by: User) -> LegalHold:
    """Lift it, as the second person. Raises SamePerson, NotPossible, Http404."""
    hold = _locked(hold_id, by, Status.LIFTING)
    if hold.lift_asked_by_id == by.pk:
        raise SamePerson
    hold.status, hold.lifted_by, hold.ended_at = Status.LIFTED, by, timezone.now()
    hold.save(update_fields=["status", "lifted_by", "ended_at"])
    _record("hold.lifted", audit.person(by), hold, asked_by=hold.lift_asked_by_id)
    return hold


@transaction.atomic
def keep(hold_id: int, by: User) -> LegalHold:
    """Turn the wish to lift it down; whoever asked may also take it back. Raises NotPossible, Http404."""
    hold = _locked(hold_id, by, Status.LIFTING)
    asked_by, reasons = hold.lift_asked_by_id, hold.lift_reasons
    hold.status, hold.lift_asked_by, hold.lift_asked_at, hold.lift_reasons = Status.ACTIVE, None, None, ""
    hold.save(update_fields=["status", "lift_asked_by", "lift_asked_at", "lift_reasons"])
    _record("hold.kept", audit.person(by), hold, asked_by=asked_by, reasons=reasons)
    return hold


@transaction.atomic
def extend(hold_id: int, by: User, until: datetime, why: str) -> LegalHold:
    """Let it last longer. Raises NotLater, NotPossible, Http404."""
    hold = _locked(hold_id, by, *LegalHold.HOLDS)
    if until <= hold.until:
        raise NotLater
    _extend(hold, audit.person(by), until, why)
    return hold


@transaction.atomic
def preserve_from(referral: Referral, filed_at: datetime) -> None:
    """A CyberTipline report was filed: what it is about is kept for a year from then."""
    until = filed_at + CHILD_SAFETY
    for hold in referral.holds.select_for_update(no_key=True).filter(
        status__in=LegalHold.HOLDS, until__lt=until
    ):
        _extend(hold, audit.SYSTEM, until, "A year from the filing (18 U.S.C. § 2258A(h))")


def expire_due() -> int:
    """Timer: end the holds whose time is over, and destroy the copies of those that ended long ago."""
    ended = 0
    with transaction.atomic():
        over = LegalHold.objects.filter(status__in=LegalHold.HOLDS, until__lte=timezone.now())
        for hold in over.select_for_update(skip_locked=True, no_key=True).order_by("until")[:MOST_AT_ONCE]:
            hold.status, hold.ended_at = Status.EXPIRED, timezone.now()
            hold.save(update_fields=["status", "ended_at"])
            _record("hold.expired", audit.SYSTEM, hold, until=hold.until.isoformat())
            ended += 1
    _destroy_copies()
    return ended


def _destroy_copies() -> None:
    """A copy without a hold is kept for nothing: it must not lie about (18 U.S.C. § 2258A(h), GDPR Art. 5(1)(e))."""
    without = LegalHold.objects.filter(ended_at__lte=timezone.now() - COPIES_STAY, files__isnull=False)
    for hold in without.distinct().order_by("ended_at")[:MOST_AT_ONCE]:
        with transaction.atomic():
            files = list(PreservedFile.objects.filter(hold=hold).values_list("pk", flat=True))
            PreservedFile.objects.filter(pk__in=files).delete()
            _record("file.destroyed", audit.SYSTEM, hold, files=files)


def _locked(hold_id: int, by: User, *at: str) -> LegalHold:
    check(by)
    hold = LegalHold.objects.select_for_update(no_key=True).filter(pk=hold_id).first()
    if hold is None or hold.status not in at:
        raise NotPossible
    return hold


def _extend(hold: LegalHold, by: audit.Actor, until: datetime, why: str) -> None:
    before, hold.until = hold.until, until
    hold.save(update_fields=["until"])
    _record(
        "hold.extended", by, hold, before=before.isoformat(), until=until.isoformat(), reasons=why.strip()
    )


def _record(kind: str, by: audit.Actor, hold: LegalHold, **data: Any) -> None:
    case = hold.referral.decision.case if hold.referral else None
    audit.record(kind, by, case=case, hold_id=hold.pk, referral_id=hold.referral_id, **data)
