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
from moderation.ingest.schemas import AuthorIn, ItemIn, NotifierIn
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
    notifier: Item | None = None


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


def capture(platform: Platform, sent: ItemIn, notifier: NotifierIn | None = None) -> Capture:
    """The item and its author, made or found under their row locks, with a snapshot of each. At most 5 statements.

    With a ``notifier`` she is too, in three more. Locks are always taken in this order: accounts by their ids, then
    what is no account. So no two calls can wait for each other.
    """
    accounts = _upsert_accounts(platform, sent, notifier)
    author = accounts[sent.author.id] if sent.author else None
    item = (
        accounts[sent.id] if sent.kind == "account" else _upsert(platform, sent.kind, sent.id, author=author)
    )
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
    if notifier is not None:
        _keep_name(accounts[notifier.id], notifier.display_name)
    return Capture(
        item,
        snapshot,
        is_new=item.pk not in known,
        notifier=accounts[notifier.id] if notifier else None,
    )


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


def _upsert_accounts(platform: Platform, sent: ItemIn, notifier: NotifierIn | None) -> dict[str, Item]:
    """Each account that is spoken of, by its id, with its row locked. One that is spoken of twice is one."""
    contacts: dict[str, str | None] = {}
    itself = sent if sent.kind == "account" else None
    for each in (itself, sent.author, notifier):
        if each is not None:
            contacts[each.id] = each.contact if each.contact is not None else contacts.get(each.id)
    return {
        known: _upsert(platform, Item.Kind.ACCOUNT, known, contact=contacts[known])
        for known in sorted(contacts)
    }


def _upsert(
    platform: Platform,
    kind: str,
    external_id: str,
    *,
    author: Item | None = None,
    contact: str | None = None,
) -> Item:
    """INSERT … ON CONFLICT DO UPDATE … RETURNING: one statement that also locks the row."""
    changed = ["last_seen_at"]
    changed += ["author"] if author is not None else []
    changed += ["contact"] if contact is not None else []
    (item,) = Item.objects.bulk_create(
        [Item(platform=platform, kind=kind, external_id=external_id, author=author, contact=contact or "")],
        update_conflicts=True,
        unique_fields=["platform", "kind", "external_id"],
        update_fields=changed,
    )
    return item


def _keep_name(account: Item, display_name: str) -> None:
    """A capture of somebody who sent a notice, where there is none yet, or none under this name."""
    known = Snapshot.objects.filter(item=account)
    if display_name:
        known = known.filter(display_name=display_name, purged_at=None)
    if known.exists():
        return
    fields = {"display_name": display_name, "disclosure": Snapshot.Disclosure.METADATA_ONLY}
    Snapshot.objects.create(item=account, digest=digest_of(fields), **fields)


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
