"""Who may see referrals, their holds, kept files, packages and CyberTips: the one way to each of them.

Only people with the clearance ``law_enforcement``, whatever their role; for everybody else there is none (Http404).
Every look is an Event. What is recorded of them in the audit trail is for the same people alone (``visible_events``).
"""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.models import User
from moderation import audit
from moderation.eligibility import loading
from moderation.models import Event, LegalHold, PreservedFile, Referral, ReferralPackage

CLEARANCE: Final = "law_enforcement"
# The first word of each Event that tells of a referral.
SECRET: Final = ("referral.", "hold.", "file.", "cyber_tip.", "cybertip.")


def may_see_referrals(user: User) -> bool:
    """Whether she is cleared, as the tables say now."""
    return user.is_active and user.clearances.filter(slug=CLEARANCE).exists()


def sees_link(user: User) -> bool:
    """Whether a page may name what only she may open: as old as the claim's configuration, and no statement more."""
    known = loading.current().moderators.get(user.pk)
    return known is not None and CLEARANCE in known.clearances


def check(user: User) -> None:
    """Http404 for who is not cleared."""
    if not may_see_referrals(user):
        raise Http404


def referral_for(user: User, referral_id: int, why: str) -> Referral:
    """The referral, with its decision, case and item. ``why`` says in the Event what she looked at it for."""
    check(user)
    found = (
        Referral.objects.select_related(
            "decision__case", "decision__policy", "decision__decided_by", "item__platform", "item__author"
        )
        .select_related("authority", "sent_by")
        .filter(pk=referral_id)
        .first()
    )
    if found is None:
        raise Http404
    audit.record(
        "referral.viewed", audit.person(user), case=found.decision.case, referral_id=found.pk, why=why
    )
    return found


def hold_for(user: User, hold_id: int, why: str) -> LegalHold:
    """The hold, with its referral if it has one."""
    check(user)
    held = LegalHold.objects.select_related(
        "referral__decision__case", "placed_by", "lift_asked_by", "lifted_by"
    )
    found = held.filter(pk=hold_id).first()
    if found is None:
        raise Http404
    case = found.referral.decision.case if found.referral else None
    audit.record("hold.viewed", audit.person(user), case=case, hold_id=found.pk, why=why)
    return found


def file_for(user: User, file_id: int) -> PreservedFile:
    """What we know of a kept file, without its content: ``holds.looking`` opens that, and records who looked."""
    check(user)
    known = PreservedFile.objects.defer("content").select_related(
        "snapshot__item__platform", "hold__referral__decision__case"
    )
    found = known.filter(pk=file_id).first()
    if found is None:
        raise Http404
    return found


def package_for(user: User, package_id: int) -> ReferralPackage:
    """The package as it was made; taking it is an Event."""
    check(user)
    found = ReferralPackage.objects.select_related("referral__decision__case").filter(pk=package_id).first()
    if found is None:
        raise Http404
    audit.record(
        "referral.package_taken",
        audit.person(user),
        case=found.referral.decision.case,
        referral_id=found.referral_id,
        package_id=found.pk,
        digest=found.digest,
    )
    return found


def is_secret() -> Q:
    """The Events that tell of referrals."""
    told = Q()
    for first_word in SECRET:
        told |= Q(kind__startswith=first_word)
    return told


def visible_events(user: User, events: QuerySet[Event]) -> QuerySet[Event]:
    """Of these Events those that she may read."""
    return events if may_see_referrals(user) else events.exclude(is_secret())
