"""The cases of a simulated desk while they wait, lane by lane. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence

from moderation import languages
from moderation.eligibility.desk import LaneKey, opens_after
from moderation.eligibility.steps import Step


class WaitingLane:
    """What waits in one lane, and from when on each of its steps lets people in, by who is on shift.

    There is a heap for each opening of the lane, in seconds of waiting: a case is in all whose time it has waited.
    """

    def __init__(self, key: LaneKey, steps: Sequence[Step]) -> None:
        self.key = key
        self._steps = steps
        self.openings = (0,) if key.language in languages.SPECIAL else tuple(step.after for step in steps)
        self.length = 0
        # For each step from 1 on the seconds after which it lets in; for 0, no step needed, at once.
        self.opens: list[int] = []
        self._heaps: dict[int, list[tuple[int, float, float, int, WaitingCase]]] = {
            after: [] for after in self.openings
        }
        self._on_shift: Counter[int] = Counter()
        self._set_openings()

    def staff(self, step: int, people: int) -> bool:
        """So many people more (or fewer) on shift whom that step is the first to let in. Whether openings change."""
        self._on_shift[step] += people
        return self._set_openings()

    def put(self, case: WaitingCase, after: int) -> None:
        """A case has waited for as long as that opening asks."""
        if after == self.openings[0]:
            self.length += 1
        heapq.heappush(self._heaps[after], (-case.priority, case.due, case.at, case.order, case))

    def head(self, after: int) -> tuple[int, float, float, int, WaitingCase] | None:
        """The first to be taken of those that have waited for so long; compares as the claim orders them."""
        heap = self._heaps[after]
        while heap and heap[0][-1].taken_at is not None:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _set_openings(self) -> bool:
        before = self.opens
        staffed = min((step for step, people in self._on_shift.items() if people), default=None)
        self.opens = [
            0,
            *(opens_after(self._steps, number, staffed) for number in range(1, len(self._steps) + 1)),
        ]
        return self.opens != before


class WaitingCase:
    """A case on its way through the play. ``order`` is its place among all, ``seed`` that of its own luck."""

    __slots__ = ("at", "due", "lane", "order", "priority", "seed", "taken_at")

    def __init__(
        self, at: float, lane: WaitingLane, priority: int, due: float, order: int, seed: int
    ) -> None:
        self.at = at
        self.lane = lane
        self.priority = priority
        self.due = due
        self.order = order
        self.seed = seed
        self.taken_at: float | None = None

    def take(self, now: float) -> None:
        self.taken_at = now
        self.lane.length -= 1
