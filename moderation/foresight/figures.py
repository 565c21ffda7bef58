"""What came of a simulated desk: the figures of each lane and each moderator. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderation.eligibility.desk import LaneKey
from moderation.foresight.waiting import WaitingCase


@dataclass(frozen=True)
class LaneFigures:
    """What became of the cases of a lane. Waits in seconds, of those that were taken; None where none was.

    ``left`` were still waiting at the end. ``missed`` were taken after they were due, or left and due by the end.
    """

    arrived: int
    taken: int
    left: int
    missed: int
    mean_wait: float | None
    median_wait: float | None
    p90_wait: float | None


@dataclass(frozen=True)
class Simulated:
    """The figures by lane that had cases. ``busy``: by moderator who was ever on shift, the share of it she worked."""

    lanes: Mapping[LaneKey, LaneFigures]
    seconds: float
    busy: Mapping[int, float]


def figures(cases: Sequence[WaitingCase], seconds: float) -> LaneFigures:
    """Of the cases of one lane that came within so many seconds."""
    # The clock's moments are sums: the last digit may put a case that was taken at once before it came.
    waits = sorted(max(0.0, case.taken_at - case.at) for case in cases if case.taken_at is not None)
    return LaneFigures(
        arrived=len(cases),
        taken=len(waits),
        left=len(cases) - len(waits),
        missed=sum(case.due < (seconds if case.taken_at is None else case.taken_at) for case in cases),
        mean_wait=statistics.fmean(waits) if waits else None,
        median_wait=statistics.median(waits) if waits else None,
        p90_wait=waits[math.ceil(0.9 * len(waits)) - 1] if waits else None,
    )
