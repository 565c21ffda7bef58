"""The dry run of a change: what it would have done to the cases of the last days, and to whom it opens what.

It says nothing of waiting times: that takes a simulation (``running``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count

from moderation.coverage.waiting import waiting_in
from moderation.eligibility import loading
from moderation.eligibility.desk import Asked, Desk, LaneKey
from moderation.foresight import placed
from moderation.foresight.change import Change, apply
from moderation.foresight.effects import Effect, Readers, effects, readers, touched
from moderation.foresight.placed import Order, Placed
from moderation.foresight.unstaffed import Unstaffed, unstaffed, week_of
from moderation.models import Case

# Cases that are routed again for a change of rules, the latest: an admin waits for it.
MOST_CASES: Final = 10_000
Pairs = list[tuple[Placed, Placed]]


@dataclass(frozen=True)
class Move:
    """So many cases would have gone to another lane."""

    before: LaneKey
    after: LaneKey
    cases: int


@dataclass(frozen=True)
class Alone:
    """A lane that nobody could ever take any more, or (``after`` False) that somebody could again.

    ``cases`` came into it in the days looked at, under the change; ``waiting`` are in it now.
    """

    lane: LaneKey
    after: bool
    paused: bool
    cases: int
    waiting: int


@dataclass(frozen=True)
class Left:
    """Such lanes together, those with most cases first."""

    after: bool
    paused: bool
    lanes: tuple[Alone, ...]

    @property
    def cases(self) -> int:
        return sum(each.cases for each in self.lanes)

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.lanes)


@dataclass(frozen=True)
class DryRun:
    """``cases`` came in over the ``days``; for a change of rules ``looked_at`` of them, the latest, were routed again.

    ``desk`` is as it would be, with every lane that is named here. ``waiting`` counts what is in lanes now.
    """

    days: int
    cases: int
    looked_at: int
    desk: Desk
    moves: tuple[Move, ...]
    due_sooner: int
    due_later: int
    raised: int
    lowered: int
    effects: tuple[Effect, ...]
    readers: tuple[Readers, ...]
    alone: tuple[Alone, ...]
    unstaffed: tuple[Unstaffed, ...]
    week: datetime
    counts: Mapping[LaneKey, int]
    waiting: Mapping[LaneKey, int]

    @property
    def moved(self) -> int:
        return sum(move.cases for move in self.moves)

    @property
    def left(self) -> list[Left]:
        """The lanes of ``alone`` by what would become of them, the worst first."""
        kinds = ((True, False), (True, True), (False, False))
        found = (
            Left(
                after,
                paused,
                tuple(each for each in self.alone if (each.after, each.paused) == (after, paused)),
            )
            for after, paused in kinds
        )
        return [each for each in found if each.lanes]

    @property
    def does_nothing(self) -> bool:
        """Whether everybody may take the same, and every case is where it was, as pressing and due as it was."""
        for_cases = (self.moves, self.due_sooner, self.due_later, self.raised, self.lowered)
        return not any((*for_cases, self.effects, self.readers, self.alone, self.unstaffed))


def dry_run(change: Change, days: int, at: datetime) -> DryRun:
    """Try a change on the desk as it is and on the cases that came in over the days before ``at``.

    About twenty statements; for a change of rules three more for each placed.BATCH of cases. Raises BadChange.
    """
    counts = _came_in(at - timedelta(days=days), at)
    total = sum(counts.values())
    desk, pairs = loading.load(at), Pairs()
    if change.reroutes:
        pairs, asked = _routed_again(change, days, at)
        desk = replace(desk, requirements={**desk.requirements, **asked})
        counts = dict(Counter(new.lane for _, new in pairs))
    moves = Counter((old.lane, new.lane) for old, new in pairs if old.lane != new.lane)
    named = dict.fromkeys([*desk.lanes, *counts, *(old.lane for old, _ in pairs)])
    before = replace(desk, lanes=tuple(named))
    after = apply(before, change)
    found = effects(before, after, touched(before, after, change), counts)
    filled = {new for _, new in moves}
    named_lanes = _named(found) | filled
    waiting = {lane: each.waiting for lane, each in waiting_in(sorted(named_lanes)).items()}
    taken_by = readers(before, after, sorted(named_lanes, key=lambda lane: (-counts.get(lane, 0), lane)))
    week = week_of(at, change, before)
    return DryRun(
        days=days,
        cases=total,
        looked_at=len(pairs) if change.reroutes else total,
        desk=after,
        moves=tuple(Move(old, new, cases) for (old, new), cases in moves.most_common()),
        due_sooner=sum(new.due_at < old.due_at for old, new in pairs),
        due_later=sum(new.due_at > old.due_at for old, new in pairs),
        raised=sum(new.priority > old.priority for old, new in pairs),
        lowered=sum(new.priority < old.priority for old, new in pairs),
        effects=tuple(found),
        readers=tuple(each for each in taken_by if each.before != each.after),
        alone=_alone(after, taken_by, filled, counts, waiting),
        unstaffed=unstaffed(before, after, _worked_by(before, after, change), week),
        week=week,
        counts=counts,
        waiting=waiting,
    )


def _routed_again(change: Change, days: int, at: datetime) -> tuple[Pairs, dict[str, Asked]]:
    """The latest cases as today's rules and as the proposed ones place them, and what their lanes ask."""
    recent = Case.objects.filter(queued_at__gte=at - timedelta(days=days), queued_at__lt=at)
    ids = list(recent.order_by("-queued_at").values_list("pk", flat=True)[:MOST_CASES])
    today, proposed = Order(None), Order(change)
    old, new = placed.under([today, proposed], ids)
    return [(old[case], new[case]) for case in old], {**today.requirements, **proposed.requirements}


def _alone(
    after: Desk,
    taken_by: Iterable[Readers],
    filled: Collection[LaneKey],
    counts: Mapping[LaneKey, int],
    waiting: Mapping[LaneKey, int],
) -> tuple[Alone, ...]:
    """Lanes that would be left to nobody, worst first, then those that would not be any longer.

    A lane that has nobody today counts among them where a change of rules brings cases there (``filled``).
    """
    found = [
        Alone(
            each.lane,
            not each.after,
            not each.after and after.queues[each.lane.queue].paused,
            counts.get(each.lane, 0),
            waiting.get(each.lane, 0),
        )
        for each in taken_by
        if bool(each.before) != bool(each.after) or (not each.after and each.lane in filled)
    ]
    return tuple(sorted(found, key=lambda each: (not each.after, -each.cases, -each.waiting, each.lane)))


def _named(found: Iterable[Effect]) -> set[LaneKey]:
    """The lanes that would open or close to somebody, or open otherwise."""
    return {each.lane for effect in found for each in (*effect.opened, *effect.closed, *effect.otherwise)}


def _worked_by(before: Desk, after: Desk, change: Change) -> set[LaneKey]:
    """The lanes that one of the people who change may take on either desk."""
    return {
        lane
        for person in change.people
        for desk in (before, after)
        for lane, _ in desk.open_lanes(person.moderator)
    }


def _came_in(since: datetime, until: datetime) -> dict[LaneKey, int]:
    """How many cases came into each lane."""
    rows = (
        Case.objects.filter(queued_at__gte=since, queued_at__lt=until, queue__isnull=False)
        .order_by()
        .values_list("queue_id", "language", "requirements")
        .annotate(cases=Count("pk"))
    )
    return {
        LaneKey(queue, language, requirements): cases
        for queue, language, requirements, cases in rows
        if queue is not None
    }
