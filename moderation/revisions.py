"""Change of mind: a decision is never edited. It is undone before it goes out, or made anew and replaced."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import Role, User
from moderation import access, approvals, audit, enforcement, notices, plugins, strikes
from moderation.models import Approval, Case, Decision, Enforcement
from moderation.outbox.withdrawing import withdraw
from moderation.reopening import BeingRevised, NotYours, open_again, take

__all__ = ["BeingRevised", "NotYours", "TooLate", "reconsider", "undo", "undo_until", "undone"]

Revised = Case.Revised


class TooLate(Exception):
    """It cannot be undone any more: its time is over, it is on its way, or another decision took its place."""


def undo_until(case: Case) -> datetime | None:
    """Until when a decision made now on this case can be undone; None where it cannot be (an appeal's)."""
    if case.origin == Case.Origin.APPEAL or not settings.UNDO_SECONDS:
        return None
    return timezone.now() + timedelta(seconds=settings.UNDO_SECONDS)


@transaction.atomic
def undo(decision_id: int, user: User) -> Case:
    """Take back what she has just decided, before anything of it was sent: as if it had not been, but for the trail.

    The case in which she decides anew, which she holds. Raises NotYours, TooLate, Decision.DoesNotExist.
    """
    decision = _locked(decision_id)
    if decision.decided_by_id != user.pk:
        raise NotYours
    over = timezone.now() >= decision.decided_at + timedelta(seconds=settings.UNDO_SECONDS)
    answered = Approval.objects.filter(decision=decision).exclude(status=Approval.Status.WAITING).exists()
    final = decision.case.origin == Case.Origin.APPEAL or decision.overridden_by.exists()
    if over or answered or final or decision.revisions.exists():
        raise TooLate
    if not withdraw(decision.messages.all()):
        raise TooLate
    by = audit.person(user)
    enforcement.withdraw(decision.enforcements.all(), Enforcement.Ended.UNDONE, by)
    enforcement.give_back(decision, by)
    approvals.withdraw(decision, by)
    strikes.forget(decision, by)
    notices.forget(decision)
    if decision.overrides is not None:
        strikes.restore(decision.overrides, by)
    audit.record("decision.undone", by, case=decision.case, decision_id=decision.pk)
    plugins.manager().hook.undone(decision=decision)
    return take(open_again(decision, decision.case, Revised.UNDONE, by), user)


@transaction.atomic
def reconsider(decision_id: int, user: User) -> Case:
    """Open a decided case anew for who decided it, or for an admin who may see it. The decision stands meanwhile.

    The case in which she decides anew, which she holds. Raises NotYours, BeingRevised, TooLate (another decision took
    its place: reconsider that one), Decision.DoesNotExist.
    """
    decision = _locked(decision_id)
    try:
        case = access.case_for(user, decision.case_id)
    except Http404:
        raise NotYours from None
    if decision.decided_by_id != user.pk and user.role != Role.ADMIN:
        raise NotYours
    if case.origin == Case.Origin.APPEAL or decision.overridden_by.exists() or undone(decision):
        raise TooLate
    return take(open_again(decision, case, Revised.RECONSIDERED, audit.person(user)), user)


def undone(decision: Decision) -> bool:
    """Whether it was undone before anything of it went out."""
    return decision.revisions.filter(revised=Revised.UNDONE).exists()


def _locked(decision_id: int) -> Decision:
    """The decision, its row locked so that of two who change it one sees the other's change."""
    return (
        Decision.objects.select_for_update(of=("self",), no_key=True)
        .select_related("policy", "case", "item", "overrides")
        .get(pk=decision_id)
    )
