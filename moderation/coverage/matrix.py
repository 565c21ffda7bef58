"""Coverage by languages and queues: how many people there are for each pair, and what waits there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import reduce
from operator import add
from typing import Final

from accounts.models import SUFFICIENT
from moderation import languages
from moderation.coverage.waiting import Waiting
from moderation.eligibility.desk import Desk, LaneKey, QueueSetup


class Staffing(IntEnum):
    """How a pair of language and queue stands, the worst first. ``BELOW``: only people who read it below B2, or by
    a grant, or with a translation."""

    GAP = 0  # work, and nobody could ever take it
    NOBODY = 1  # no work now; what came would wait for nobody
    BELOW = 2
    ONE = 3
    SEVERAL = 4


# Languages that nobody needs to read, as rows at the end.
LAST: Final = {languages.UNDETERMINED, languages.MULTIPLE, languages.NO_LANGUAGE}


@dataclass(frozen=True)
class Cell:
    """A language in a queue. ``people`` are at B2 or better with the queue's clearances and, where it has members,
    among them. ``fewest`` is how many of them have what a rule asks besides, where work that asks it waits."""

    queue: int
    people: int
    staffing: Staffing
    waiting: Waiting | None = None
    fewest: int | None = None


@dataclass(frozen=True)
class Row:
    """A language in every queue, by name of the queue; ``waiting`` is all of its work."""

    language: str
    cells: tuple[Cell, ...]
    waiting: Waiting | None

    @property
    def worst(self) -> Staffing:
        return min((cell.staffing for cell in self.cells), default=Staffing.SEVERAL)


def matrix(desk: Desk, waiting: Mapping[LaneKey, Waiting], gaps: Collection[LaneKey]) -> list[Row]:
    """Every language that ever had work or that somebody reads, those with gaps first, then by what is late."""
    work: dict[tuple[int, str], list[LaneKey]] = {}
    for lane in waiting:
        work.setdefault((lane.queue, lane.language), []).append(lane)
    queues = [queue.id for queue in queues_by_name(desk)]
    cleared = {queue: cleared_for(desk, LaneKey(queue, "")) for queue in queues}
    rows = []
    for language in all_languages(desk):
        readers = _readers(desk, language)
        cells = tuple(
            _cell(desk, LaneKey(queue, language), readers & cleared[queue], work, waiting, gaps)
            for queue in queues
        )
        rows.append(Row(language, cells, _sum(cell.waiting for cell in cells)))
    return sorted(rows, key=_urgency)


def queues_by_name(desk: Desk) -> list[QueueSetup]:
    return sorted(desk.queues.values(), key=lambda queue: (queue.name.casefold(), queue.id))


def all_languages(desk: Desk) -> set[str]:
    """Every language that ever had work, and every one that somebody reads."""
    read = {skill.tag for each in desk.moderators.values() if each.active for skill in each.skills}
    return read | {lane.language for lane in desk.lanes}


def cleared_for(desk: Desk, lane: LaneKey) -> frozenset[int]:
    """The active people with the clearances and the membership that a lane asks for, whatever they read."""
    queue, asked = desk.queues[lane.queue], desk.clearances_of(lane)
    return frozenset(
        each.id
        for each in desk.moderators.values()
        if each.active and asked <= each.clearances and (not queue.members_only or queue.id in each.member_of)
    )


def _readers(desk: Desk, language: str) -> frozenset[int]:
    if language in languages.SPECIAL:
        return frozenset(desk.moderators)
    return desk.sufficient(language, SUFFICIENT)


def _cell(
    desk: Desk,
    lane: LaneKey,
    people: frozenset[int],
    work: Mapping[tuple[int, str], list[LaneKey]],
    waiting: Mapping[LaneKey, Waiting],
    gaps: Collection[LaneKey],
) -> Cell:
    lanes = work.get((lane.queue, lane.language), [])
    asking_more = [len(people & cleared_for(desk, each)) for each in lanes if each.requirements]
    return Cell(
        queue=lane.queue,
        people=len(people),
        staffing=_staffing(desk, lane, len(people), any(each in gaps for each in lanes)),
        waiting=_sum(waiting[each] for each in lanes),
        fewest=min((count for count in asking_more if count < len(people)), default=None),
    )


def _staffing(desk: Desk, lane: LaneKey, people: int, gap: bool) -> Staffing:
    if gap:
        return Staffing.GAP
    if people:
        return Staffing.ONE if people == 1 else Staffing.SEVERAL
    return Staffing.NOBODY if desk.has_nobody(lane) else Staffing.BELOW


def _sum(parts: Iterable[Waiting | None]) -> Waiting | None:
    found = [each for each in parts if each is not None]
    return reduce(add, found) if found else None


def _urgency(row: Row) -> tuple[bool, int, int, int, float, bool, str]:
    waiting = row.waiting
    figures = (-waiting.missed, -waiting.due_soon, -waiting.waiting) if waiting else (0, 0, 0)
    oldest: datetime | None = waiting.oldest if waiting else None
    return (
        row.worst != Staffing.GAP,
        *figures,
        oldest.timestamp() if oldest else 0.0,
        row.language in LAST,
        languages.english_name(row.language),
    )
