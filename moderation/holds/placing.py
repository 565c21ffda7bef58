"""Placing a hold: from that moment nothing of its items is purged, and copies of their media are owed.

Snapshots and metadata are in our tables and stay there; the trigger of migration 0015 refuses to purge what is held.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit
from moderation.holds import owing
from moderation.holds.around import around
from moderation.models import HeldItem, Item, LegalHold, Referral, Snapshot

# A finished CyberTipline report is a request to preserve its contents for a year (18 U.S.C. § 2258A(h), as amended by
# Pub. L. 118-59). The year counts from the filing: ``lifting.preserve_from`` extends the hold then.
CHILD_SAFETY: Final = timedelta(days=365)
# No law that we know sets a time for the rest. Twice the 90 days of 18 U.S.C. § 2703(f), and longer than the 60 and
# 30 days of a European Preservation Order (Reg. (EU) 2023/1543 Art. 11): an authority has time to ask for more.
OTHERWISE: Final = timedelta(days=180)


@transaction.atomic
def place(
    items: Iterable[Item], reason: str, until: datetime, by: User | None, referral: Referral | None = None
) -> LegalHold:
    """Hold these items until then. ``by`` None: Fairlead itself."""
    hold = LegalHold.objects.create(referral=referral, reason=reason, until=until, placed_by=by)
    held = {item.pk: item for item in items}
    HeldItem.objects.bulk_create(HeldItem(hold=hold, item=item) for item in held.values())
    # A purge that is under way ends before this, or begins after it and is refused.
    locked = Snapshot.objects.select_for_update(no_key=True).filter(item__in=held).order_by("pk")
    files = owing.owe(hold, locked.only("pk", "media"))
    audit.record(
        "hold.placed",
        audit.person(by) if by else audit.SYSTEM,
        case=referral.decision.case if referral else None,
        item=referral.item if referral else next(iter(held.values()), None),
        hold_id=hold.pk,
        referral_id=referral.pk if referral else None,
        items=len(held),
        files=files,
        until=until.isoformat(),
    )
    return hold


def place_for(referral: Referral, by: User | None) -> LegalHold:
    """The hold of a referral: its item, whose it is, and what stands around it."""
    lasts = CHILD_SAFETY if referral.basis == Referral.Basis.CHILD_SAFETY else OTHERWISE
    reason = f"Referral {referral.pk}: {referral.get_basis_display()}"
    return place(around(referral.item), reason, timezone.now() + lasts, by, referral)
