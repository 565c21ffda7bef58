"""The hours of a week in which nobody who may take a lane is on shift, today and as it would be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderation.eligibility.desk import Desk, LaneKey
from moderation.foresight.change import Change

HOURS: Final = 168


@dataclass(frozen=True)
class Unstaffed:
    """How many of HOURS hours a lane would have nobody on shift who may ever take it."""

    lane: LaneKey
    before: int
    after: int


def week_of(at: datetime, change: Change, before: Desk) -> datetime:
    """From when the week is looked at: now, or a day before the first new absence that begins later, to the hour."""
    new = (
        start
        for person in change.people
        for start, end in person.absences or ()
        if person.moderator not in before.moderators
        or (start, end) not in before.moderators[person.moderator].absences
    )
    first = min((start for start in new if start > at), default=None)
    begin = at if first is None else max(at, first - timedelta(days=1))
    return begin.replace(minute=0, second=0, microsecond=0)


def unstaffed(before: Desk, after: Desk, lanes: set[LaneKey], start: datetime) -> tuple[Unstaffed, ...]:
    """The lanes whose hours without anybody would change, the worst first."""
    hours = [start + timedelta(hours=number) for number in range(HOURS)]
    on_before, on_after = _on_shift(before, hours), _on_shift(after, hours)
    found = (
        Unstaffed(lane, _empty(before, lane, on_before), _empty(after, lane, on_after)) for lane in lanes
    )
    changed = (each for each in found if each.before != each.after)
    return tuple(sorted(changed, key=lambda each: (each.before - each.after, each.lane)))


def _on_shift(desk: Desk, hours: list[datetime]) -> list[frozenset[int]]:
    return [frozenset(each.id for each in desk.moderators.values() if each.on_shift(hour)) for hour in hours]


def _empty(desk: Desk, lane: LaneKey, on_shift: list[frozenset[int]]) -> int:
    takers = {moderator.id for moderator, _ in desk.who_may_take(lane)}
    return sum(takers.isdisjoint(on) for on in on_shift)
