"""Which lanes have work that nobody could ever take, and what is missing there.

A paused queue is no gap: somebody paused it, and its page and the coverage page say how much waits there. What would
be a gap if it went on, is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final, Literal

from django.db import connection

from moderation.coverage.waiting import Waiting, lanes_as_arguments
from moderation.eligibility.desk import Asked, Desk, LaneKey
from moderation.eligibility.people import Moderator
from moderation.eligibility.steps import Step

# Of the cases that wait longest in a lane with few people, so many are looked at for having nobody left: one that has
# nobody stays, and so comes to be among them.
FIRST: Final = 50
# More people than this never took part in one decision.
FEW: Final = 5

# The cases among the FIRST of each lane that all its people are excluded from for good.
TOOK_PART: Final = """
SELECT lane.place, count(*), min(first.queued_at)
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
     WITH ORDINALITY AS lane (queue_id, language, asked, people, place)
CROSS JOIN LATERAL (
    SELECT c.id, c.queued_at FROM moderation_case c
    WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
      AND c.requirements = lane.asked
    ORDER BY c.queued_at LIMIT %s
) AS first
WHERE cardinality(lane.people::bigint[]) = (
    SELECT count(*) FROM moderation_exclusion x
    WHERE x.case_id = first.id AND x.until IS NULL AND x.moderator_id = ANY (lane.people::bigint[])
)
GROUP BY lane.place
"""

Why = Literal["language", "level", "clearances", "members", "took_part"]


@dataclass(frozen=True)
class Missing:
    """What a lane lacks. ``people`` are the names of those who come nearest.

    ``language``   nobody reads it at all
    ``level``      ``people`` read it, ``level`` at least is asked
    ``clearances`` ``people`` read it well enough, and none has all of ``clearances``
    ``members``    ``people`` read it well enough and are cleared, and none is a member of the queue
    ``took_part``  ``cases`` of its cases are appeals against decisions in which all its people took part
    """

    why: Why
    people: tuple[str, ...] = ()
    level: int = 0
    clearances: tuple[str, ...] = ()
    cases: int = 0


@dataclass(frozen=True)
class Uncovered:
    """A lane with work for nobody. ``oldest``: since when the first of it waits."""

    lane: LaneKey
    oldest: datetime
    missing: Missing


def uncovered(desk: Desk, waiting: Mapping[LaneKey, Waiting]) -> list[Uncovered]:
    """Of the lanes with work those that nobody could ever take, longest waiting first. One statement."""
    desk = going_on(desk)
    people = {lane: _few(desk, lane) for lane in waiting}
    nobody = [lane for lane, found in people.items() if found == []]
    left = _took_part({lane: found for lane, found in people.items() if found})
    gaps = [
        *(Uncovered(lane, waiting[lane].oldest, missing) for lane, missing in what_is_missing(desk, nobody)),
        *(Uncovered(lane, oldest, missing) for lane, (oldest, missing) in left.items()),
    ]
    return sorted(gaps, key=lambda gap: (gap.oldest, gap.lane))


def going_on(desk: Desk) -> Desk:
    """The same desk with no queue paused."""
    if not any(queue.paused for queue in desk.queues.values()):
        return desk
    return replace(desk, queues={key: replace(queue, paused=False) for key, queue in desk.queues.items()})


def what_is_missing(desk: Desk, lanes: Sequence[LaneKey]) -> list[tuple[LaneKey, Missing]]:
    """For lanes that nobody may take: whether it is the language, the level, a clearance, or a membership."""
    if not lanes:
        return []
    by_language = _relaxed(desk)
    at_any_level = _relaxed(desk, level=1)
    return [(lane, _missing(desk, by_language, at_any_level, lane)) for lane in lanes]


def _missing(desk: Desk, by_language: Desk, at_any_level: Desk, lane: LaneKey) -> Missing:
    readers = [each for each in desk.moderators.values() if by_language.lets_in(each, lane)]
    if not readers:
        below = [each for each in desk.moderators.values() if at_any_level.lets_in(each, lane)]
        lowest = min((step.level for step in desk.steps_of(lane) if step.reads != "any"), default=1)
        return Missing("level", _names(below), lowest) if below else Missing("language")
    asked = desk.clearances_of(lane)
    cleared = [each for each in readers if asked <= each.clearances]
    if cleared:
        return Missing("members", _names(cleared))
    return Missing("clearances", _names(readers), clearances=tuple(sorted(asked)))


def _relaxed(desk: Desk, level: int | None = None) -> Desk:
    """The same desk with no clearance and no membership asked for; with ``level``, every step asks for that one."""

    def steps_of(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return steps if level is None else tuple(replace(step, level=level) for step in steps)

    return replace(
        desk,
        queues={
            key: replace(
                queue,
                clearances=frozenset(),
                members_only=False,
                paused=False,
                steps=steps_of(queue.steps),
            )
            for key, queue in desk.queues.items()
        },
        requirements={
            digest: Asked(steps=steps_of(asked.steps)) for digest, asked in desk.requirements.items()
        },
    )


def _names(people: Iterable[Moderator]) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in people))


def _few(desk: Desk, lane: LaneKey) -> list[int] | None:
    """The people who may take the cases of a lane; None where there are more than FEW."""
    people = (each.id for each in desk.moderators.values() if desk.lets_in(each, lane))
    found = list(islice(people, FEW + 1))
    return found if len(found) <= FEW else None


def _took_part(people: Mapping[LaneKey, list[int] | None]) -> dict[LaneKey, tuple[datetime, Missing]]:
    """Lanes in which some cases wait that everybody who may take them is excluded from for good. One statement."""
    lanes = {lane: few for lane, few in people.items() if few}
    places = list(lanes)
    written = ["{" + ",".join(map(str, few)) + "}" for few in lanes.values()]
    with connection.cursor() as cursor:
        cursor.execute(TOOK_PART, [*lanes_as_arguments(places), written, FIRST])
        found = cursor.fetchall()
    return {places[place - 1]: (oldest, Missing("took_part", cases=cases)) for place, cases, oldest in found}
