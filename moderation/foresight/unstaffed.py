"""The hours of a week in which nobody who may take a lane is on shift, today and as it would be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from moderation.eligibility.desk import Desk, LaneKey
from moderation.eligibility.people import Moderator
from moderation.foresight.change import Change, new_absences

HOURS: Final = 168


@dataclass(frozen=True)
class Unstaffed:
    """How many of HOURS hours a lane would have nobody on shift who may ever take it."""

    lane: LaneKey
    before: int
    after: int


def week_of(at: datetime, change: Change, before: Desk) -> datetime:
    """From when the week is looked at: now, or a day before the first new absence that begins later, to the hour."""
    first = min((start for start, _ in new_absences(change, before) if start > at), default=None)
    begin = at if first is None else max(at, first - timedelta(days=1))
    return begin.replace(minute=0, second=0, microsecond=0)


def unstaffed(before: Desk, after: Desk, lanes: set[LaneKey], start: datetime) -> tuple[Unstaffed, ...]:
    """The lanes whose hours without anybody would change, the worst first."""
    hours = [start + timedelta(hours=number) for number in range(HOURS)]

    @cache
    def worked(moderator: Moderator) -> frozenset[int]:
        return frozenset(number for number, hour in enumerate(hours) if moderator.on_shift(hour))

    def empty(desk: Desk, lane: LaneKey) -> int:
        return HOURS - len(frozenset().union(*(worked(taker) for taker, _ in desk.who_may_take(lane))))

    found = (Unstaffed(lane, empty(before, lane), empty(after, lane)) for lane in lanes)
    changed = (each for each in found if each.before != each.after)
    return tuple(sorted(changed, key=lambda each: (each.before - each.after, each.lane)))
