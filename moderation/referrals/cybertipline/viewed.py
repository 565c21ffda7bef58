"""Who of this desk looked at which file, and when: facts of the audit trail, never typed.

The CyberTipline is told whether the platform viewed a file before it reported it. That statement matters in court, so
it is exactly what the trail has: a text was viewed by whoever was shown its snapshot, a picture or video only by
whoever opened our copy of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.models import User
from moderation.holds.looking import looks_at
from moderation.models import Event, PreservedFile, Snapshot

SNAPSHOT_VIEWED: Final = "evidence.viewed"


@dataclass(frozen=True)
class Viewing:
    """Somebody looked at it, for the first time at this moment."""

    who: str
    at: datetime


def viewings(files: Collection[PreservedFile], texts: Collection[Snapshot]) -> dict[str, list[Viewing]]:
    """By a file's key (report.TipFile), everybody who looked at it, in order. Three statements."""
    first: dict[tuple[str, int], datetime] = {}
    for pk, looks in looks_at(list(files)).items():
        for look in looks:
            first.setdefault((f"preserved:{pk}", look.user_id), look.at)
    shown = Event.objects.filter(item_id__in={each.item_id for each in texts}, kind=SNAPSHOT_VIEWED)
    snapshots = {each.pk for each in texts}
    for person, at, data in shown.order_by("id").values_list("actor_id", "at", "data"):
        if person is not None and data.get("snapshot_id") in snapshots:
            first.setdefault((f"text:{data['snapshot_id']}", person), at)
    names = {user.pk: user.display_name for user in User.objects.filter(pk__in={who for _, who in first})}
    found: dict[str, list[Viewing]] = {}
    for (key, person), at in first.items():
        found.setdefault(key, []).append(Viewing(names.get(person, f"#{person}"), at))
    return found
