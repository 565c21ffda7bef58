"""Items and snapshots: what a platform says it has seen, kept once per capture, and owed a screening."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Platform
from moderation import audit, bells, languages
from moderation.audit import Actor
from moderation.ingest.schemas import AuthorIn, ItemIn
from moderation.models import Item, Screening, Snapshot

SCREENING_BELL: Final = "moderation.detectors.screening.screen_pending"


@dataclass(frozen=True)
class Taken:
    """What an item that was sent became."""

    item_id: int
    snapshot_id: int


@dataclass(frozen=True)
class Capture:
    """An item, its row locked until the transaction ends, and the snapshot of what was sent."""

    item: Item
    snapshot: Snapshot
    is_new: bool  # the snapshot: nothing like it was captured before


@transaction.atomic
def ingest_item(platform: Platform, item: ItemIn, by: Actor) -> Taken:
    """Take in a raw item for our own detectors. It becomes a case only if one of them flags it.

    The same capture again changes nothing and is answered alike, until its content is purged.
    """
    captured = capture(platform, item)
    if captured.is_new:
        owe_screening(captured.snapshot)
        audit.record("item.received", by, item=captured.item, snapshot=captured.snapshot.pk)
    return Taken(captured.item.pk, captured.snapshot.pk)


def capture(platform: Platform, sent: ItemIn) -> Capture:
    """The item and its author, made or found under their row locks, with a snapshot of each. At most 5 statements.

    Locks are always taken in the order author, item, and an author has no author: no two calls can wait for each
    other.
    """
    author = _upsert(platform, Item.Kind.ACCOUNT, sent.author.id) if sent.author else None
    item = _upsert(platform, sent.kind, sent.id, author)
    author_fields = _author_fields(sent.author, sent) if sent.author else {}
    fields = _item_fields(sent)
    author_digest = digest_of(author_fields)
    digest = digest_of(fields | {"author": author_digest})

    wanted = Q(item=item, digest=digest) | Q(item=author, digest=author_digest)
    known = {snapshot.item_id: snapshot for snapshot in Snapshot.objects.filter(wanted, purged_at=None)}
    author_snapshot = None
    if author is not None:
        author_snapshot = known.get(author.pk) or Snapshot.objects.create(
            item=author, digest=author_digest, **author_fields
        )
    snapshot = known.get(item.pk) or Snapshot.objects.create(
        item=item, digest=digest, author=author_snapshot, **fields
    )
    return Capture(item, snapshot, is_new=item.pk not in known)


def owe_screening(snapshot: Snapshot, *, again: bool = False) -> None:
    """Have the snapshot screened: a row says so, and a bell tells the workers.

    ``again``: it was captured before. If it was also screened before, it now is once more; if it still waits for
    its turn, that turn is enough.
    """
    if again:
        done = Screening.objects.filter(snapshot=snapshot, status=Screening.Status.DONE)
        # ``attempts`` numbers the turns, and goes on.
        if not done.update(status=Screening.Status.PENDING, requested_at=timezone.now(), lease_until=None):
            return
    else:
        Screening.objects.create(snapshot=snapshot)
    bells.work_waits(SCREENING_BELL)


def digest_of(value: Any) -> str:
    """SHA-256, in hex, over a value as canonical JSON: names sorted, no spaces, times in UTC (ISO 8601)."""
    canonical = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=datetime.isoformat
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _upsert(platform: Platform, kind: str, external_id: str, author: Item | None = None) -> Item:
    """INSERT … ON CONFLICT DO UPDATE … RETURNING: one statement that also locks the row."""
    changed = ["last_seen_at"] if author is None else ["last_seen_at", "author"]
    (item,) = Item.objects.bulk_create(
        [Item(platform=platform, kind=kind, external_id=external_id, author=author)],
        update_conflicts=True,
        unique_fields=["platform", "kind", "external_id"],
        update_fields=changed,
    )
    return item


def _item_fields(sent: ItemIn) -> dict[str, Any]:
    declared = sent.language if sent.language != languages.UNDETERMINED else None
    return {
        "type": sent.type,
        "text": sent.text,
        "language": declared or "",
        "url": sent.url or "",
        "created_at": sent.created_at,
        "media": [medium.model_dump(exclude_defaults=True) for medium in sent.media],
        "display_name": sent.display_name,
        "disclosure": sent.seen_as,
        "country": sent.country,
        "reach": sent.reach,
        "parent": sent.parent.model_dump() if sent.parent else None,
        "metadata": sent.metadata,
    }


def _author_fields(author: AuthorIn, sent: ItemIn) -> dict[str, Any]:
    """Of the author we know what came with the item, seen the same way."""
    return {
        "created_at": author.created_at,
        "display_name": author.display_name,
        "disclosure": sent.seen_as,
        "metadata": author.metadata,
    }
