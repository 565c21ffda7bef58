"""The board's figures: what waits in a moderator's lanes. Two statements, however many lanes and however much waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from accounts.models import User
from moderation.models import Case
from moderation.queueing.lanes import OpenLane, open_lanes

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


# One index range per lane, each cut at MOST_COUNTED; the oldest by its own index.
COUNTS = """
SELECT lane.position, head.waiting, head.due_soon, oldest.queued_at, head.next_due
FROM unnest(%(queues)s::bigint[], %(languages)s::text[], %(opens_after)s::int[])
     WITH ORDINALITY AS lane (queue_id, language, opens_after, position)
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at <= %(soon)s) AS due_soon, min(due_at) AS next_due
    FROM (
        SELECT c.due_at FROM moderation_case c
        WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
          AND c.queued_at <= %(now)s - make_interval(secs => lane.opens_after)
          AND NOT EXISTS (
              SELECT 1 FROM moderation_exclusion x
              WHERE x.case_id = c.id AND x.moderator_id = %(moderator)s AND (x.until IS NULL OR x.until > %(now)s)
          )
        ORDER BY c.priority DESC, c.due_at, c.id
        LIMIT %(most)s
    ) AS counted
) AS head
LEFT JOIN LATERAL (
    SELECT c.queued_at FROM moderation_case c
    WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
    ORDER BY c.queued_at LIMIT 1
) AS oldest ON true
ORDER BY lane.position
"""


def lane_counts(moderator: User) -> list[LaneCounts]:
    """Her lanes in board order, those with work first by next due time, empty ones after them."""
    lanes = open_lanes(moderator)
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            COUNTS,
            {
                "queues": [lane.queue_id for lane in lanes],
                "languages": [lane.language for lane in lanes],
                "opens_after": [lane.opens_after for lane in lanes],
                "now": now,
                "soon": now + DUE_SOON,
                "moderator": moderator.pk,
                "most": MOST_COUNTED,
            },
        )
        counts = [
            LaneCounts(lanes[position - 1], waiting, due_soon, oldest if waiting else None, next_due)
            for position, waiting, due_soon, oldest, next_due in cursor.fetchall()
        ]
    far = now + timedelta(days=36_500)
    return sorted(counts, key=lambda each: (not each.waiting, each.next_due or far))


def held_by(moderator: User) -> list[Case]:
    """The cases that she holds now, longest first."""
    return list(
        Case.objects.filter(status=Case.Status.CLAIMED, claimed_by=moderator)
        .select_related("item", "policy", "queue")
        .order_by("lease_until")
    )
