"""What really happened: the cases that came, when each was taken, and how long it kept whoever took it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from moderation.eligibility.desk import LaneKey
from moderation.foresight.simulation import Arrival

# So many recorded handle times speak for a lane, or a queue, by themselves.
ENOUGH: Final = 5
# What a case is taken to need where hardly any was decided: nothing is known, so something is said.
STATED_SECONDS: Final = 120.0

# The cases by when they came (case_queued_at); before the window only those that a further window of the same length
# brought and that were not taken before it began, and whatever waits still (case_lane_head), however old. Their claims
# by the trail's event_case. A case decided without any claim was nobody's work and is left out.
CAME = """
WITH came AS (
    SELECT id, queue_id, language, requirements, priority, queued_at, due_at, decided_at
    FROM moderation_case
    WHERE queued_at >= %(before)s AND queued_at < %(until)s
    UNION ALL
    SELECT id, queue_id, language, requirements, priority, queued_at, due_at, decided_at
    FROM moderation_case
    WHERE status = 'queued' AND queued_at < %(before)s
)
SELECT c.id, c.queue_id, c.language, c.requirements, c.priority, c.queued_at, c.due_at,
       claims.first, CASE WHEN c.decided_at < %(until)s THEN c.decided_at END AS decided, claims.last, claims.who
FROM came c
LEFT JOIN LATERAL (
    SELECT min(e.at) AS first, max(e.at) AS last, (array_agg(e.actor_id ORDER BY e.id))[1] AS who
    FROM moderation_event e
    WHERE e.case_id = c.id AND e.kind = 'case.claimed' AND e.at >= c.queued_at AND e.at < %(until)s
) AS claims ON true
WHERE c.queue_id IS NOT NULL AND c.due_at IS NOT NULL
  AND NOT (c.decided_at IS NOT NULL AND claims.first IS NULL AND c.decided_at < %(until)s)
  AND (c.queued_at >= %(since)s OR claims.first IS NULL OR claims.first >= %(since)s)
ORDER BY c.queued_at, c.id
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A case as it came: the lane where it waits or waited last, and when and by whom it was first taken, if at all.

    ``handled`` is the time in seconds from the claim that led to the decision until the decision.
    """

    case: int
    lane: LaneKey
    priority: int
    queued_at: datetime
    due_at: datetime
    taken_at: datetime | None
    handled: float | None
    taken_by: int | None = None

    @property
    def wait(self) -> float | None:
        """How long it waited, in seconds; None where nobody has taken it."""
        return None if self.taken_at is None else (self.taken_at - self.queued_at).total_seconds()

    def as_arrival(self, start: datetime) -> Arrival:
        """The same for the simulation, which counts its seconds from ``start``."""
        return Arrival(
            (self.queued_at - start).total_seconds(),
            self.lane,
            self.priority,
            (self.due_at - start).total_seconds(),
        )


def arrivals(days: int, until: datetime | None = None) -> list[Recorded]:
    """The cases that came in the days before ``until`` (now), and those that waited when these began. One statement.

    Of the latter, those that had waited longer than ``days`` already count only if they still wait.
    """
    until = until or timezone.now()
    since = until - timedelta(days=days)
    times = {"before": since - timedelta(days=days), "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(CAME, times)
        return [
            Recorded(
                case,
                LaneKey(queue, language, requirements),
                priority,
                queued_at,
                due_at,
                first,
                (decided - last).total_seconds() if decided and last else None,
                who,
            )
            for case, queue, language, requirements, priority, queued_at, due_at, first, decided, last, who in cursor
        ]


@dataclass(frozen=True)
class HandleTimes:
    """Recorded handle times in seconds. Called with a lane and a source of luck, it draws one of them.

    A lane with fewer than ENOUGH of its own draws from its queue's, and that from all; with fewer than ENOUGH in all,
    everything takes STATED_SECONDS.
    """

    by_lane: Mapping[LaneKey, Sequence[float]]
    by_queue: Mapping[int, Sequence[float]]
    overall: Sequence[float]

    @classmethod
    def of(cls, recorded: Iterable[Recorded]) -> HandleTimes:
        by_lane: defaultdict[LaneKey, list[float]] = defaultdict(list)
        by_queue: defaultdict[int, list[float]] = defaultdict(list)
        overall: list[float] = []
        for each in recorded:
            if each.handled is not None:
                for kept in (by_lane[each.lane], by_queue[each.lane.queue], overall):
                    kept.append(each.handled)
        # In order: of two lanes that a case may wait in, the same luck is a long time in both or in neither.
        for kept in (*by_lane.values(), *by_queue.values(), overall):
            kept.sort()
        return cls(dict(by_lane), dict(by_queue), overall)

    def known_for(self, lane: LaneKey) -> Sequence[float]:
        """The handle times that speak for a lane."""
        for known in (self.by_lane.get(lane, ()), self.by_queue.get(lane.queue, ()), self.overall):
            if len(known) >= ENOUGH:
                return known
        return (STATED_SECONDS,)

    def __call__(self, lane: LaneKey, luck: random.Random) -> float:
        # One number whatever the lane: a case that moves to another lane keeps its luck.
        known = self.known_for(lane)
        return known[int(luck.random() * len(known))]


def handle_times(days: int, until: datetime | None = None) -> HandleTimes:
    """The handle times of the cases that came in the days before ``until`` (now). One statement."""
    return HandleTimes.of(arrivals(days, until))
