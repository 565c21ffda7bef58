"""Lanes that have work and may soon be gaps, or stand still: their only people are away, off shift for long, or read
it by certificates that run out; and queues that are paused. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from moderation import languages
from moderation.coverage.matrix import queues_by_name
from moderation.coverage.waiting import Waiting
from moderation.eligibility.desk import Desk, LaneKey
from moderation.eligibility.people import Moderator
from moderation.foresight.rota import on_shift_between

# How far ahead certificates and shifts are looked at.
AHEAD: Final = timedelta(days=14)


@dataclass(frozen=True)
class Risk:
    """``away``: all who could take it are absent. ``off_shift``: none of them works before something is due.
    ``certificates``: from ``until`` on nobody is left. ``until`` of the first two: when the first of them is back;
    None where none is within AHEAD."""

    lane: LaneKey
    why: Literal["away", "off_shift", "certificates"]
    people: tuple[str, ...]
    until: datetime | date | None


@dataclass(frozen=True)
class Paused:
    """A paused queue in which work waits."""

    queue: int
    waiting: Waiting


def risks(desk: Desk, waiting: Mapping[LaneKey, Waiting], gaps: Collection[LaneKey]) -> list[Risk]:
    """Of the lanes with work those at risk, what is due first before the rest."""
    coming = _Coming(desk)
    found = [
        risk
        for lane, work in waiting.items()
        if lane not in gaps and not desk.queues[lane.queue].paused
        if (risk := _risk(desk, lane, work, coming)) is not None
    ]
    return sorted(found, key=lambda risk: (waiting[risk.lane].next_due, risk.lane))


def paused(desk: Desk, waiting: Mapping[LaneKey, Waiting]) -> list[Paused]:
    """The paused queues with work, by name."""
    found: dict[int, Waiting] = {}
    for lane, work in waiting.items():
        if desk.queues[lane.queue].paused:
            found[lane.queue] = found[lane.queue] + work if lane.queue in found else work
    return [Paused(queue.id, found[queue.id]) for queue in queues_by_name(desk) if queue.id in found]


class _Coming:
    """When each person is next on shift, and what the desk will be on the days to come; each asked for once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next: dict[int, datetime | None] = {}
        self._days: dict[int, Desk] = {}

    def next_on_shift(self, moderator: Moderator) -> datetime | None:
        if moderator.id not in self._next:
            stretches = on_shift_between(moderator, self._desk.at, self._desk.at + AHEAD)
            self._next[moderator.id] = stretches[0][0] if stretches else None
        return self._next[moderator.id]

    def nobody_from(self, lane: LaneKey) -> date | None:
        """The first day within AHEAD on which certificates leave nobody."""
        if not self._on(AHEAD.days).has_nobody(lane):
            return None
        return next(self._on(n).day for n in range(1, AHEAD.days + 1) if self._on(n).has_nobody(lane))

    def _on(self, days: int) -> Desk:
        if days not in self._days:
            self._days[days] = replace(self._desk, at=self._desk.at + timedelta(days=days))
        return self._days[days]


def _risk(desk: Desk, lane: LaneKey, work: Waiting, coming: _Coming) -> Risk | None:
    if not _is_staffed(desk, lane):
        people = [each for each in desk.moderators.values() if desk.lets_in(each, lane)]
        back = min((at for each in people if (at := coming.next_on_shift(each))), default=None)
        names = tuple(sorted(each.name for each in people))
        if all(_absent(each, desk.at) for each in people):
            return Risk(lane, "away", names, back)
        if back is None or work.next_due < back:
            return Risk(lane, "off_shift", names, back)
    day = coming.nobody_from(lane)
    if day is None:
        return None
    people = [each for each in desk.moderators.values() if desk.lets_in(each, lane)]
    return Risk(lane, "certificates", tuple(sorted(each.name for each in people)), day)


def _is_staffed(desk: Desk, lane: LaneKey) -> bool:
    """Whether somebody on shift may take the cases of a lane, now or later."""
    if lane.language not in languages.SPECIAL:
        return desk.first_staffed_step(lane) is not None
    return any(desk.refusal(desk.moderators[person], lane) is None for person in desk.on_shift)


def _absent(moderator: Moderator, at: datetime) -> bool:
    return any(start <= at < end for start, end in moderator.absences)
