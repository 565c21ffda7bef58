"""The board's figures: what waits in a moderator's lanes. Two statements, however many lanes and however much waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from accounts.models import User
from moderation.models import Case
from moderation.queueing.lanes import OpenLane, as_arguments, open_lanes

# Counted up to here by index and shown as "999+" beyond: no screen scans a backlog.
MOST_COUNTED: Final = 1000
DUE_SOON: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class LaneCounts:
    """A lane that has work for her: how much she may take now, how much is due soon, since when the oldest waits."""

    lane: OpenLane
    waiting: int
    due_soon: int
    oldest: datetime | None
    next_due: datetime | None

    @property
    def more(self) -> bool:
        return self.waiting >= MOST_COUNTED


def lane_counts(moderator: User) -> list[LaneCounts]:
    """Her lanes in board order, those with work first by next due time, empty ones after them."""
    lanes = open_lanes(moderator)
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM count_lanes(%s, %s::bigint[], %s::text[], %s::text[], %s::int[], %s, %s)",
            [moderator.pk, *as_arguments(lanes), now + DUE_SOON, MOST_COUNTED],
        )
        counts = [
            LaneCounts(lanes[place - 1], waiting, due_soon, oldest, next_due)
            for place, waiting, due_soon, next_due, oldest in cursor.fetchall()
        ]
    far = now + timedelta(days=36_500)
    counts = _merged(counts)
    return sorted(counts, key=lambda each: (not each.waiting, each.next_due or far))


def _merged(counts: list[LaneCounts]) -> list[LaneCounts]:
    """One row for each queue and language: what rules ask besides is no difference that a moderator looks for."""
    merged: dict[tuple[int, str], LaneCounts] = {}
    for each in counts:
        key = (each.lane.queue_id, each.lane.language)
        other = merged.get(key)
        if other is None:
            merged[key] = each
            continue
        sooner = min(each.lane, other.lane, key=lambda lane: lane.access.opens_after)
        merged[key] = LaneCounts(
            sooner,
            min(MOST_COUNTED, each.waiting + other.waiting),
            each.due_soon + other.due_soon,
            min((time for time in (each.oldest, other.oldest) if time), default=None),
            min((time for time in (each.next_due, other.next_due) if time), default=None),
        )
    return list(merged.values())


def held_by(moderator: User) -> list[Case]:
    """The cases that she holds now, longest first."""
    return list(
        Case.objects.filter(status=Case.Status.CLAIMED, claimed_by=moderator)
        .select_related("item", "policy", "queue")
        .order_by("lease_until")
    )
