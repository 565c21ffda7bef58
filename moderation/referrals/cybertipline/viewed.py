"""Who of this desk looked at which file, and when: facts of the audit trail, never typed.

The CyberTipline is told whether the platform viewed a file before it reported it. That statement matters in court, so
it is exactly what the trail has: a text was viewed by whoever was shown its snapshot, a picture or video only by whoever
opened our copy of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.models import User
from moderation.models import Event

SNAPSHOT_VIEWED: Final = "evidence.viewed"
FILE_VIEWED: Final = "file.viewed"


@dataclass(frozen=True)
class Viewing:
    """Somebody looked at it, for the first time at this moment."""

    who: str
    at: datetime


def viewings(item_ids: Collection[int]) -> dict[str, list[Viewing]]:
    """By a file's key (report.TipFile), everybody who looked at it, in order. Two statements."""
    seen: dict[tuple[str, int], datetime] = {}
    kinds = (SNAPSHOT_VIEWED, FILE_VIEWED)
    events = Event.objects.filter(item_id__in=item_ids, kind__in=kinds, actor=Event.Actor.PERSON)
    for kind, person, at, data in events.order_by("id").values_list("kind", "actor_id", "at", "data"):
        key = _key(kind, data)
        if key and person is not None:
            seen.setdefault((key, person), at)
    names = {user.pk: user.display_name for user in User.objects.filter(pk__in={who for _, who in seen})}
    found: dict[str, list[Viewing]] = {}
    for (key, person), at in seen.items():
        found.setdefault(key, []).append(Viewing(names.get(person, f"#{person}"), at))
    return found


def _key(kind: str, data: dict[str, object]) -> str:
    if kind == SNAPSHOT_VIEWED:
        return f"text:{data['snapshot_id']}" if data.get("snapshot_id") else ""
    return f"preserved:{data['file_id']}" if data.get("file_id") else ""
