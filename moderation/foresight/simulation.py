"""A desk played through in simulated time: who takes which case when, and how long each case waits. Pure.

No tables, no clock: the same seed gives the same figures. The desk says who may take what, a case is taken as the
claim would (highest priority, then earliest due, then first come, of all lanes open to her), and steps with nobody
on shift are skipped as they are in earnest. A discrete-event simulation on simpy.

What it leaves out: breaks within a shift, skipped and released cases, people excluded from a single case, and the
choice of an idle moderator to do something else. Who is on shift and free takes the next case at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import simpy

from moderation.eligibility.desk import Access, Desk, LaneKey
from moderation.eligibility.people import Moderator
from moderation.foresight import rota
from moderation.foresight.figures import LaneFigures, Simulated, figures
from moderation.foresight.waiting import WaitingCase, WaitingLane

__all__ = ["Arrival", "LaneFigures", "Simulated", "luck", "simulate"]

PROGRESS_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class Arrival:
    """A case that begins to wait in a lane. Times in seconds from the start; ``at`` below 0: it waits already."""

    at: float
    lane: LaneKey
    priority: int
    due: float


def simulate(
    desk: Desk,
    arrivals: Sequence[Arrival],
    handle_seconds: Callable[[LaneKey, random.Random], float],
    *,
    start: datetime,
    seconds: float,
    seed: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Simulated:
    """Play the arrivals through from ``start`` (aware) for so many seconds.

    ``handle_seconds`` draws how long a case keeps whoever took it. Each case has random numbers of its own, by its
    place in ``arrivals``: played twice with one seed and another desk, the same case takes as long wherever its lane
    has the same handle times, so that what differs between the two is the desk and not luck. ``progress`` is told the
    share that is done, 0 to 1.
    """
    play = _Play(desk, arrivals, handle_seconds, start.astimezone(UTC), seconds, seed)
    return play.run(progress)


def luck(seed: int) -> random.Random:
    """Random numbers that come again with the same seed."""
    return random.Random(seed)  # noqa: S311 - nothing secret hangs on them


class _Person:
    """A moderator at work. ``called`` is set while she has nothing to do, and happens when she is given a case."""

    def __init__(self, moderator: Moderator, shifts: list[tuple[float, float]]) -> None:
        self.moderator = moderator
        self.shifts = shifts
        self.on = False
        # Her lanes with the number of the step that lets her into each.
        self.steps: dict[WaitingLane, int] = {}
        self.called: simpy.Event | None = None
        self.worked = 0.0

    def work(self, begins: float, ends: float) -> None:
        """Count what of it lies within her shifts: whoever holds a case at the end of hers still finishes it."""
        self.worked += sum(max(0.0, min(ends, off) - max(begins, on)) for on, off in self.shifts)

    def best(self) -> WaitingCase | None:
        """The case that the claim would give her."""
        heads = (
            head
            for lane, step in self.steps.items()
            if lane.length and (head := lane.head(lane.opens[step])) is not None
        )
        found = min(heads, default=None)
        return found[-1] if found is not None else None


class _Play:
    """One play of a desk. Nobody who is on shift and idle ever leaves a case waiting that is open to her."""

    def __init__(
        self,
        desk: Desk,
        arrivals: Sequence[Arrival],
        handle_seconds: Callable[[LaneKey, random.Random], float],
        start: datetime,
        seconds: float,
        seed: int,
    ) -> None:
        self.desk = desk
        self.handle_seconds = handle_seconds
        self.start = start
        self.seconds = seconds
        self.env = simpy.Environment()
        keys = dict.fromkeys(each.lane for each in arrivals)
        self.lanes = {key: WaitingLane(key, desk.steps_of(key)) for key in keys}
        self.luck = luck(seed)
        self.cases = [
            WaitingCase(
                each.at, self.lanes[each.lane], each.priority, each.due, order, self.luck.getrandbits(64)
            )
            for order, each in enumerate(arrivals)
        ]
        self.people = [
            _Person(each, self._shifts(each)) for _, each in sorted(desk.moderators.items()) if each.active
        ]
        # Who is on shift and has nothing to do, the longest idle first.
        self.idle: dict[_Person, simpy.Event] = {}

    def run(self, progress: Callable[[float], None]) -> Simulated:
        self.env.process(self._keep_rota())
        self.env.process(self._arrive())
        self.env.process(self._tell(progress))
        for person in self.people:
            self.env.process(self._work(person))
        self.env.run(until=self.seconds)
        progress(1.0)
        by_lane: dict[LaneKey, list[WaitingCase]] = {key: [] for key in self.lanes}
        for case in self.cases:
            if case.at < self.seconds:
                by_lane[case.lane.key].append(case)
        return Simulated(
            lanes={key: figures(cases, self.seconds) for key, cases in by_lane.items() if cases},
            seconds=self.seconds,
            busy={
                person.moderator.id: person.worked / sum(off - on for on, off in person.shifts)
                for person in self.people
                if person.shifts
            },
        )

    def _tell(self, progress: Callable[[float], None]) -> Generator[simpy.Event, Any, None]:
        for step in range(1, PROGRESS_STEPS):
            yield self.env.timeout(self.seconds / PROGRESS_STEPS)
            progress(step / PROGRESS_STEPS)

    # Cases

    def _arrive(self) -> Generator[simpy.Event, Any, None]:
        for case in sorted(self.cases, key=lambda each: (each.at, each.order)):
            if case.at > self.env.now:
                yield self.env.timeout(case.at - self.env.now)
            self._await_opening(case, 0)

    def _await_opening(self, case: WaitingCase, number: int) -> None:
        """Open the lane's opening of that number, from 0, to a case when it has waited long enough."""
        if number == len(case.lane.openings):
            return
        remaining = case.at + case.lane.openings[number] - self.env.now
        if remaining <= 0:
            self._open(case, number)
        else:
            opening = self.env.timeout(remaining)
            opening.callbacks.append(lambda event: self._open(case, number))

    def _open(self, case: WaitingCase, number: int) -> None:
        if case.taken_at is not None:
            return
        after = case.lane.openings[number]
        case.lane.put(case, after)
        for person in self.idle:
            step = person.steps.get(case.lane)
            if step is not None and case.lane.opens[step] == after:
                self._give(case, person)
                return
        self._await_opening(case, number + 1)

    # People

    def _work(self, person: _Person) -> Generator[simpy.Event, Any, None]:
        while True:
            case = person.best() if person.on else None
            if case is not None:
                case.take(self.env.now)
            else:
                person.called = called = self.env.event()
                if person.on:
                    self.idle[person] = called
                case = yield called
            self.luck.seed(case.seed)
            takes = self.handle_seconds(case.lane.key, self.luck)
            person.work(self.env.now, min(self.env.now + takes, self.seconds))
            yield self.env.timeout(takes)

    def _give(self, case: WaitingCase, person: _Person) -> None:
        """Call somebody idle to a case, which is hers from now on."""
        case.take(self.env.now)
        self.idle.pop(person).succeed(case)
        person.called = None

    # Shifts

    def _shifts(self, moderator: Moderator) -> list[tuple[float, float]]:
        end = self.start + timedelta(seconds=self.seconds)
        return [
            ((on - self.start).total_seconds(), (off - self.start).total_seconds())
            for on, off in rota.on_shift_between(moderator, self.start, end)
        ]

    def _keep_rota(self) -> Generator[simpy.Event, Any, None]:
        """Apply all that changes at a moment before anybody who is idle looks again."""
        moments = sorted(self._moments(), key=itemgetter(0))
        for at, together in groupby(moments, key=itemgetter(0)):
            if at > self.env.now:
                yield self.env.timeout(at - self.env.now)
            turned: set[_Person] = set()
            stirred: set[WaitingLane] = set()
            for _, person, learns in together:
                stirred |= self._turn(person, at, learns)
                turned.add(person)
            stirred = {lane for lane in stirred if lane.length}
            for person in list(self.idle):
                if person in turned or any(lane in person.steps for lane in stirred):
                    case = person.best()
                    if case is not None:
                        self._give(case, person)

    def _moments(self) -> Iterator[tuple[float, _Person, bool]]:
        """When somebody comes, goes or (True) may take other lanes than before."""
        end = self.start + timedelta(seconds=self.seconds)
        for person in self.people:
            lapses = rota.certificates_run_out(person.moderator, self.start, end)
            learns = {0.0, *((each - self.start).total_seconds() for each in lapses)}
            for at in learns.union(*person.shifts):
                yield at, person, at in learns

    def _turn(self, person: _Person, at: float, learns: bool) -> set[WaitingLane]:
        """Bring a person to what she is at that moment. The lanes whose openings that changes for anybody.

        The moment is the rota's own number: the clock's is a sum, and may differ in the last digit.
        """
        stirred: set[WaitingLane] = set()
        if person.on:
            stirred.update(lane for lane, step in person.steps.items() if lane.staff(step, -1))
        if learns:
            person.steps = self._steps_of(person.moderator, at)
        person.on = any(on <= at < off for on, off in person.shifts)
        if person.on:
            stirred.update(lane for lane, step in person.steps.items() if lane.staff(step, +1))
        if not person.on:
            self.idle.pop(person, None)
        elif person.called is not None:
            self.idle[person] = person.called
        return stirred

    def _steps_of(self, moderator: Moderator, at: float) -> dict[WaitingLane, int]:
        """The lanes that she may take, as certificates stand then. Who else is there does not matter to it."""
        alone = replace(
            self.desk, at=self.start + timedelta(seconds=at), moderators={moderator.id: moderator}
        )
        return {
            lane: access.step
            for key, lane in self.lanes.items()
            if isinstance(access := alone.access(moderator, key), Access)
        }
