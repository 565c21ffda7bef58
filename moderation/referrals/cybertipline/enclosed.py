"""The files that can go with a report: our copies of the held media, and texts where an item has no media."""

from __future__ import annotations

import json
import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, get_args
from urllib.parse import unquote, urlsplit

from moderation.models import Item, PreservedFile, Referral, Snapshot
from moderation.referrals.cybertipline.files import FileDetails, Hash, Relevance
from moderation.referrals.cybertipline.origin import ip_of
from moderation.referrals.cybertipline.report import TipFile
from moderation.referrals.cybertipline.viewed import Viewing, viewings

REPORTED, SUPPLEMENTAL = get_args(Relevance)
# More than these around the reported item are not sent along: the package has them all.
MOST_TEXTS: Final = 50
PUBLIC: Final = {Snapshot.Disclosure.PUBLIC: True, Snapshot.Disclosure.REPORTED_BY_PARTICIPANT: False}


@dataclass(frozen=True)
class Enclosed:
    """A file that can be sent, what is known of it, and who looked at it."""

    file: TipFile
    name: str
    mime: str
    size: int | None
    viewed: list[Viewing]

    @property
    def preserved(self) -> int | None:
        """Which PreservedFile it is, if it is one."""
        kind, _, number = self.file.key.partition(":")
        return int(number) if kind == "preserved" else None


@dataclass(frozen=True)
class Enclosures:
    """All files: ``ready`` to be sent, ``waiting`` (how many are being fetched), ``failed`` (their addresses)."""

    ready: list[Enclosed]
    waiting: int
    failed: list[str]


def enclosures(referral: Referral, stored: list[TipFile]) -> Enclosures:
    """What can go with the report now; what somebody said of a file (``stored``) stays with it."""
    reported = referral.decision.case.snapshot_id
    preserved = _preserved(referral)
    kept = [each for each in preserved if each.status == PreservedFile.Status.KEPT]
    snapshots = _texts(referral, {each.snapshot_id for each in kept})
    seen = viewings(kept, snapshots)
    said = {each.key: each for each in stored}
    ready = [
        Enclosed(said.get(key, file), str(file.details.file_name), mime, size, seen.get(key, []))
        for key, file, mime, size in (
            *((f"preserved:{each.pk}", _of_preserved(each, reported), each.mime, each.size) for each in kept),
            *((f"text:{each.pk}", _of_text(each, reported), "text/plain", None) for each in snapshots),
        )
    ]
    # What concerns the reported item itself comes first.
    ready.sort(key=lambda each: each.file.details.file_relevance == SUPPLEMENTAL)
    return Enclosures(
        ready,
        sum(each.status == PreservedFile.Status.WAITING for each in preserved),
        [each.url for each in preserved if each.status == PreservedFile.Status.FAILED],
    )


def content_of(key: str) -> bytes:
    """The bytes of a file. A held snapshot never changes, so neither does its text file."""
    kind, _, number = key.partition(":")
    if kind == "preserved":
        file = PreservedFile.objects.only("content").get(pk=number)
        return bytes(file.content or b"")
    return text_of(Snapshot.objects.select_related("item__platform", "author__item").get(pk=number))


def text_of(snapshot: Snapshot) -> bytes:
    """An item without media as a text file, UTF-8."""
    author = snapshot.author
    lines = [
        f"Item: {snapshot.item.kind} {snapshot.item.external_id} ({snapshot.type or 'no type given'})",
        f"Platform: {snapshot.item.platform.name}",
        f"Author: {author.item.external_id} {author.display_name}".rstrip()
        if author
        else "Author: not known",
        f"Address: {snapshot.url or 'none'}",
        f"Created: {snapshot.created_at.isoformat() if snapshot.created_at else 'not known'}",
        f"Captured: {snapshot.captured_at.isoformat()}",
        "",
        "Text:",
        snapshot.text or "(none)",
        "",
        "Metadata as the platform sent it:",
        json.dumps(snapshot.metadata, ensure_ascii=False, indent=2, sort_keys=True),
        "",
    ]
    return "\n".join(lines).encode()


def _preserved(referral: Referral) -> list[PreservedFile]:
    """Each medium once, the copy that we have before one that we have not."""
    copies = (
        PreservedFile.objects.filter(hold__referral=referral)
        .defer("content")
        .select_related("snapshot__item")
    )
    found: dict[tuple[int, int], PreservedFile] = {}
    for each in copies.order_by("snapshot", "position", "pk"):
        key = (each.snapshot_id, each.position)
        if key not in found or each.status == PreservedFile.Status.KEPT:
            found[key] = each
    return list(found.values())


def _texts(referral: Referral, with_media: set[int]) -> list[Snapshot]:
    """The reported snapshot and the latest of each other held content, as far as no media of them is sent."""
    reported = referral.decision.case.snapshot_id
    around = (
        Snapshot.objects.filter(item__held__hold__referral=referral)
        .exclude(item__kind=Item.Kind.ACCOUNT)
        .exclude(item=referral.item_id)
        .exclude(text="", metadata={})
        .order_by("item", "-captured_at", "-pk")
        .distinct("item")[:MOST_TEXTS]
    )
    first = Snapshot.objects.filter(pk=reported).exclude(item__kind=Item.Kind.ACCOUNT, text="", metadata={})
    found = [*first.select_related("item"), *around.select_related("item")]
    return [each for each in found if each.pk not in with_media]


def _of_preserved(file: PreservedFile, reported: int) -> TipFile:
    extension = mimetypes.guess_extension(file.mime) or ""
    original = PurePosixPath(unquote(urlsplit(file.url).path)).name
    details = FileDetails(
        file_name=f"file-{file.pk}{extension}",
        original_file_name=original[:255],
        location_of_file=file.url,
        original_file_hash=(Hash(text=file.sha256, hash_type="SHA-256"),) if file.sha256 else (),
        **_of_snapshot(file.snapshot, reported),
    )
    return TipFile(key=f"preserved:{file.pk}", details=details)


def _of_text(snapshot: Snapshot, reported: int) -> TipFile:
    details = FileDetails(
        file_name=f"item-{snapshot.pk}.txt",
        location_of_file=snapshot.url,
        additional_info=(
            "Text and metadata of an item without media, put into a file by the reporting software.",
        ),
        **_of_snapshot(snapshot, reported),
    )
    return TipFile(key=f"text:{snapshot.pk}", details=details)


def _of_snapshot(snapshot: Snapshot, reported: int) -> dict[str, Any]:
    return {
        "uploaded_to_esp_timestamp": snapshot.created_at,
        "publicly_available": PUBLIC.get(Snapshot.Disclosure(snapshot.disclosure)),
        "file_relevance": REPORTED if snapshot.pk == reported else SUPPLEMENTAL,
        "ip_capture_event": ip_of(snapshot.metadata, "Upload"),
    }
