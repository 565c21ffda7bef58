"""Which copies are owed: a row for each medium of what is held, before anything is fetched.

Knows nothing of HTTP: a decision owes copies in its own transaction, and a worker fetches them (preserving.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.utils import timezone

from moderation import audit, bells
from moderation.models import LegalHold, PreservedFile, Snapshot

BELL: Final = "moderation.holds.preserving.fetch_due"
# Not among the webhooks and screenings: an end that hangs would keep those waiting.
QUEUE: Final = "filing"
LONGEST_URL: Final = 2000


def owe(hold: LegalHold, snapshots: Iterable[Snapshot]) -> int:
    """Have the media of these snapshots fetched, after commit. How many files are owed."""
    now = timezone.now()
    owed = [
        PreservedFile(
            hold=hold,
            snapshot=snapshot,
            position=position,
            url=each["url"],
            declared_sha256=str(each.get("sha256") or "").lower(),
            next_attempt_at=now,
        )
        for snapshot in snapshots
        for position, each in enumerate(snapshot.media)
        if isinstance(each, dict) and isinstance(each.get("url"), str) and len(each["url"]) <= LONGEST_URL
    ]
    PreservedFile.objects.bulk_create(owed, ignore_conflicts=True)
    if owed:
        bells.work_waits(BELL, QUEUE)
    return len(owed)


def is_as_declared(file: PreservedFile) -> bool | None:
    """Whether what we keep is what the platform said it was; None where it said nothing or we have nothing."""
    if not file.declared_sha256 or not file.sha256:
        return None
    return file.declared_sha256 == file.sha256


def record(
    kind: str, by: audit.Actor, hold: LegalHold, file: PreservedFile | None = None, **data: Any
) -> None:
    """An Event about a hold's files, or one of them."""
    if file is not None:
        data |= {"file_id": file.pk, "snapshot_id": file.snapshot_id, "position": file.position}
    audit.record(
        kind,
        by,
        case=hold.referral.decision.case if hold.referral else None,
        item=file.snapshot.item if file else None,
        hold_id=hold.pk,
        referral_id=hold.referral_id,
        **data,
    )
