"""The case file as it goes to an authority: as data, and as a page that needs nothing but itself.

The page is in English, whatever language the desk is read in; captured texts stand in their own, each in its own
direction. Everything that came from outside is escaped, and nothing in it runs or asks another address for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import translation

from moderation import languages
from moderation.console.marking import Marked, mark
from moderation.models import PreservedFile, Referral, Snapshot
from moderation.referrals.custody import Link
from moderation.referrals.working import recipient_of

STYLE: Final = Path(__file__).with_name("report.css")
FORMAT: Final = "fairlead-referral/1"


@dataclass(frozen=True)
class Shown:
    """A capture as the page shows it: hidden characters set apart, its media, and its times by name."""

    snapshot: Snapshot
    name: Marked
    text: Marked
    language: str
    media: list[dict[str, Any]]
    at: dict[str, str | None]


def time_of(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second: the same moment is always the same text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def referral_json(
    referral: Referral, files: Sequence[dict[str, Any]], packed: dict[str, Any]
) -> dict[str, Any]:
    """The referral, its decision, what was sent and answered, its holds, and which files are beside it."""
    decision = referral.decision
    return {
        "format": FORMAT,
        "package": packed,
        "referral": {
            "id": referral.pk,
            "status": referral.status,
            "basis": referral.basis,
            "urgency": referral.urgency,
            "authority": recipient_of(referral) or None,
            "country": referral.country or None,
            "order_reference": referral.order_reference or None,
            "summary": referral.summary,
            "made_at": time_of(referral.made_at),
            "sent_at": time_of(referral.sent_at),
            "sent_how": referral.sent_how or None,
            "sent_by": referral.sent_by.display_name if referral.sent_by else None,
        },
        "item": item_json(referral.item),
        "decision": {
            "id": decision.pk,
            "case": decision.case_id,
            "decided_at": time_of(decision.decided_at),
            "decided_by": decision.decided_by.display_name if decision.decided_by else None,
            "policy": decision.policy.slug,
            "policy_version": decision.policy_version,
            "actions": decision.actions,
            "reasoning": decision.reasoning,
        },
        "answers": [
            {
                "received_at": time_of(each.received_at),
                "who": each.who,
                "reference": each.reference or None,
                "text": each.text,
                "recorded_by": each.recorded_by.display_name,
                "recorded_at": time_of(each.recorded_at),
            }
            for each in referral.answers.select_related("recorded_by").order_by("pk")
        ],
        "holds": [
            {
                "id": each.pk,
                "status": each.status,
                "reason": each.reason,
                "placed_at": time_of(each.placed_at),
                "until": time_of(each.until),
                "ended_at": time_of(each.ended_at),
            }
            for each in referral.holds.order_by("pk")
        ],
        "files": list(files),
    }


def item_json(item: Any) -> dict[str, Any]:
    return {"platform": item.platform.slug, "kind": item.kind, "id": item.external_id}


def snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    """An item as it was captured, in the words of the API."""
    author = snapshot.author
    return {
        "snapshot": snapshot.pk,
        "item": item_json(snapshot.item),
        "captured_at": time_of(snapshot.captured_at),
        "digest": snapshot.digest,
        "type": snapshot.type,
        "disclosure": snapshot.disclosure,
        "text": snapshot.text,
        "language": snapshot.language,
        "url": snapshot.url,
        "created_at": time_of(snapshot.created_at),
        "author": item_json(author.item) | {"display_name": author.display_name} if author else None,
        "display_name": snapshot.display_name,
        "country": snapshot.country,
        "reach": snapshot.reach,
        "parent": snapshot.parent,
        "media": snapshot.media,
        "metadata": snapshot.metadata,
        "purged_at": time_of(snapshot.purged_at),
    }


def file_json(file: PreservedFile, path: str | None, why_not: str | None) -> dict[str, Any]:
    """A medium: where it came from, what it is, and where it lies in the package, or why it does not."""
    return {
        "file": file.pk,
        "snapshot": file.snapshot_id,
        "position": file.position,
        "url": file.url,
        "path": path,
        "not_here_because": why_not,
        "sha256": file.sha256 or None,
        "declared_sha256": file.declared_sha256 or None,
        "as_declared": file.declared_sha256 == file.sha256 if file.declared_sha256 and file.sha256 else None,
        "mime_by_content": file.mime or None,
        "bytes": file.size,
        "fetched_at": time_of(file.fetched_at),
    }


def custody_json(links: Sequence[Link]) -> list[dict[str, Any]]:
    return [asdict(each) | {"at": time_of(each.at)} for each in links]


def page(facts: dict[str, Any], snapshots: Sequence[Snapshot], links: Sequence[Link], item_id: int) -> str:
    """``report.html``. ``facts`` is what ``referral_json`` gave; ``snapshots`` with their items and authors."""
    files: dict[int, list[dict[str, Any]]] = {}
    for each in facts["files"]:
        files.setdefault(each["snapshot"], []).append(each)
    shown = [
        Shown(
            snapshot=each,
            name=mark(each.display_name),
            text=mark(each.text),
            language=each.language or languages.UNDETERMINED,
            media=files.get(each.pk, []),
            at={
                "captured": time_of(each.captured_at),
                "created": time_of(each.created_at),
                "purged": time_of(each.purged_at),
            },
        )
        for each in snapshots
    ]
    context = {
        "facts": facts,
        "own": [each for each in shown if each.snapshot.item_id == item_id],
        "around": [each for each in shown if each.snapshot.item_id != item_id],
        "links": [(time_of(each.at), each) for each in links],
        "summary": mark(facts["referral"]["summary"]),
        "basis": Referral.Basis(facts["referral"]["basis"]).label,
        "urgency": Referral.Urgency(facts["referral"]["urgency"]).label,
        "status": Referral.Status(facts["referral"]["status"]).label,
    }
    with translation.override("en"):
        return render_to_string("moderation/referral_report.html", context)
