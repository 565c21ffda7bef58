"""What waits in each lane, whoever may take it: one statement, however many lanes and however much waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from moderation.eligibility.desk import LaneKey
from moderation.queueing.board import DUE_SOON, MOST_COUNTED


@dataclass(frozen=True)
class Waiting:
    """A lane's work. Each count is of the first ``MOST_COUNTED`` cases in the order of the lane at most.

    ``due_soon`` are due within ``DUE_SOON`` and not yet late, ``missed`` are late; ``oldest`` is when the case that
    waits longest first waited.
    """

    waiting: int
    due_soon: int
    missed: int
    next_due: datetime
    oldest: datetime

    @property
    def more(self) -> bool:
        return self.waiting >= MOST_COUNTED

    def __add__(self, other: Waiting) -> Waiting:
        """Two lanes as one."""
        return Waiting(
            min(MOST_COUNTED, self.waiting + other.waiting),
            self.due_soon + other.due_soon,
            self.missed + other.missed,
            min(self.next_due, other.next_due),
            min(self.oldest, other.oldest),
        )


def waiting_in(lanes: Sequence[LaneKey], most: int = MOST_COUNTED) -> dict[LaneKey, Waiting]:
    """The lanes that have work, with their figures; ``most`` 1 asks only which they are and since when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM count_waiting(%s::bigint[], %s::text[], %s::text[], %s, %s)",
            [*lanes_as_arguments(lanes), timezone.now() + DUE_SOON, most],
        )
        return {lanes[place - 1]: Waiting(*figures) for place, *figures in cursor.fetchall()}


def lanes_as_arguments(lanes: Sequence[LaneKey]) -> list[list[int] | list[str]]:
    """Queues, languages and requirements, as ``unnest`` takes them."""
    return [
        [lane.queue for lane in lanes],
        [lane.language for lane in lanes],
        [lane.requirements for lane in lanes],
    ]
