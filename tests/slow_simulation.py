"""The simulation once more, slowly: at every moment at which anything can change, everything is worked out afresh.

It asks the desk as it is at that moment, with no heaps, no rota and no memory of who may take what. Handle times are
fixed by lane. Shifts must begin and end at full hours of UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from moderation.eligibility.desk import Access, Desk, LaneKey
from moderation.foresight.simulation import Arrival

# A wait that is a step's to the second must not miss it for the last digit of a float.
ROUNDING = 1e-6


@dataclass
class Fate:
    """What became of one arrival."""

    arrival: Arrival
    taken_at: float | None = None
    taken_by: int | None = None


def play(
    desk: Desk,
    arrivals: Sequence[Arrival],
    handle_seconds: Mapping[LaneKey, float],
    start: datetime,
    seconds: float,
) -> list[Fate]:
    """The fates of the arrivals, in their order."""
    fates = [Fate(each) for each in arrivals]
    busy_until: dict[int, float] = {}
    idle: list[int] = []
    full_hour = start.replace(minute=0, second=0, microsecond=0)
    moments = {0.0}
    for hour in range(1, int(seconds // 3600) + 2):
        moments.add((full_hour + timedelta(hours=hour) - start).total_seconds())
    for each in arrivals:
        moments |= {
            max(0.0, each.at + after) for after in (0, *(step.after for step in desk.steps_of(each.lane)))
        }
    now = -1.0
    while (now := min((each for each in moments if each > now), default=seconds)) < seconds:
        there = replace(desk, at=start + timedelta(seconds=now))
        free = [each for each in sorted(there.on_shift) if busy_until.get(each, 0.0) <= now]
        idle = [each for each in idle if each in free] + [each for each in free if each not in idle]
        for person in list(idle):
            best = _best(fates, dict(there.open_lanes(person)), now)
            if best is not None:
                best.taken_at, best.taken_by = now, person
                busy_until[person] = now + handle_seconds[best.arrival.lane]
                moments.add(busy_until[person])
                idle.remove(person)
    return fates


def _best(fates: Sequence[Fate], lanes: Mapping[LaneKey, Access], now: float) -> Fate | None:
    """The case that somebody with these lanes takes: highest priority, then earliest due, then first come."""
    open_to_her = [
        (-each.arrival.priority, each.arrival.due, each.arrival.at, place)
        for place, each in enumerate(fates)
        if each.taken_at is None
        and each.arrival.at <= now
        and (access := lanes.get(each.arrival.lane)) is not None
        and now - each.arrival.at >= access.opens_after - ROUNDING
    ]
    return fates[min(open_to_her)[-1]] if open_to_her else None
