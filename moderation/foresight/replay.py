"""The recorded days played again with the configuration as it is: how far the simulation is from what really happened.

Every case comes when it came; who takes it when, and how long it then takes, is the simulation's. What is left of a
difference is the simulation's own error, and says how far its forecasts can be trusted on this desk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from moderation.eligibility import loading
from moderation.eligibility.desk import Desk, LaneKey
from moderation.foresight import recorded
from moderation.foresight.figures import LaneFigures
from moderation.foresight.intervals import Interval, interval
from moderation.foresight.recorded import ENOUGH, STATED_SECONDS, HandleTimes, Recorded
from moderation.foresight.simulation import luck, simulate

# Played so many times, each with other luck: the mean is reported, and how far luck alone can move it.
RUNS: Final = 5
CONFIDENCE: Final = 0.95
# Where the simulation takes more or fewer cases by this share of them, mean waits cannot be compared.
COMPARABLE: Final = 0.05


@dataclass(frozen=True)
class Compared:
    """Cases as they fared, and as they fared in the simulation (means of its runs). Waits are means in seconds."""

    cases: int
    taken: int
    wait: float | None
    missed: int
    simulated_taken: float
    simulated_wait: float | None
    simulated_missed: float

    @property
    def wait_error(self) -> float | None:
        """By how many seconds the simulated wait is too long; negative: too short. None where there is none."""
        if self.wait is None or self.simulated_wait is None:
            return None
        return self.simulated_wait - self.wait


@dataclass(frozen=True)
class Replay:
    """A replay by lane, the fullest first, and in all. ``lucky`` is where the simulated mean wait of all lies.

    ``lane_error``: by how many seconds the simulated mean wait of a lane is off, weighted by its cases. ``off_shift``:
    how many cases were really taken by people who were off shift by their rota.
    """

    desk: Desk
    since: datetime
    until: datetime
    seed: int
    handled: int
    lanes: dict[LaneKey, Compared]
    overall: Compared
    lane_error: float | None
    lucky: Interval | None
    off_shift: int


def replay(days: int, seed: int, until: datetime) -> Replay:
    """Play the days before ``until`` again, RUNS times. Reads with a constant number of statements."""
    since = until - timedelta(days=days)
    desk = loading.load(until)
    came = recorded.arrivals(days, until)
    times = HandleTimes.of(came)
    arrivals = [each.as_arrival(since) for each in came]
    seeds = luck(seed)
    plays = [
        simulate(
            desk,
            arrivals,
            times,
            start=since,
            seconds=(until - since).total_seconds(),
            seed=seeds.getrandbits(64),
        ).lanes
        for _ in range(RUNS)
    ]
    by_lane: defaultdict[LaneKey, list[Recorded]] = defaultdict(list)
    for each in came:
        by_lane[each.lane].append(each)
    fullest = sorted(by_lane, key=lambda lane: (-len(by_lane[lane]), lane))
    lanes = {lane: _compared(by_lane[lane], [[play[lane]] for play in plays], until) for lane in fullest}
    means = [_mean_wait(play.values()) for play in plays]
    known = [each for each in means if each is not None]
    return Replay(
        desk=desk,
        since=since,
        until=until,
        seed=seed,
        handled=len(times.overall),
        lanes=lanes,
        overall=_compared(came, [list(play.values()) for play in plays], until),
        lane_error=_lane_error(lanes.values()),
        lucky=interval(known, CONFIDENCE) if len(known) == RUNS else None,
        off_shift=sum(_off_shift(desk, each) for each in came),
    )


def in_words(replayed: Replay) -> list[str]:
    """The error overall, and what the simulation had to assume."""
    overall = replayed.overall
    if not overall.cases:
        return ["Nothing came in these days: there is nothing to replay."]
    return [
        *_waits_in_words(replayed),
        *_taken_in_words(overall),
        f"Missed, of {overall.cases} cases: {overall.missed} really ({overall.missed / overall.cases:.1%}), "
        f"{overall.simulated_missed:.1f} simulated ({overall.simulated_missed / overall.cases:.1%}).",
        *_assumptions(replayed),
    ]


def span(seconds: float | None, sign: str = "") -> str:
    """``8.7 s``, and from two minutes on ``4.2 min``; with ``sign`` "+", ``+8.7 s``."""
    if seconds is None:
        return "–"
    return f"{seconds:{sign}.1f} s" if abs(seconds) < 120 else f"{seconds / 60:{sign}.1f} min"


def _compared(came: Sequence[Recorded], plays: Sequence[Sequence[LaneFigures]], until: datetime) -> Compared:
    waits = [wait for each in came if (wait := each.wait) is not None]
    simulated = [wait for play in plays if (wait := _mean_wait(play)) is not None]
    return Compared(
        cases=len(came),
        taken=len(waits),
        wait=fmean(waits) if waits else None,
        missed=sum(each.due_at < (each.taken_at or until) for each in came),
        simulated_taken=fmean(sum(each.taken for each in play) for play in plays),
        simulated_wait=fmean(simulated) if simulated else None,
        simulated_missed=fmean(sum(each.missed for each in play) for play in plays),
    )


def _mean_wait(figures: Iterable[LaneFigures]) -> float | None:
    known = [(each.mean_wait, each.taken) for each in figures if each.mean_wait is not None]
    taken = sum(each for _, each in known)
    return sum(wait * each for wait, each in known) / taken if taken else None


def _lane_error(lanes: Iterable[Compared]) -> float | None:
    known = [(abs(each.wait_error), each.cases) for each in lanes if each.wait_error is not None]
    cases = sum(each for _, each in known)
    return sum(error * each for error, each in known) / cases if cases else None


def _waits_in_words(replayed: Replay) -> list[str]:
    overall = replayed.overall
    if overall.wait is None or overall.wait_error is None or replayed.lane_error is None:
        return ["Nothing was taken, really or in the simulation: there are no waits to compare."]
    off = f", {abs(overall.wait_error) / overall.wait:.0%}" if overall.wait else ""
    spread = f"; luck alone moves it by ±{span(replayed.lucky.half_width)}" if replayed.lucky else ""
    return [
        f"Mean wait: {span(overall.wait)} really, {span(overall.simulated_wait)} simulated, which is "
        f"{span(abs(overall.wait_error))}{off} too {'long' if overall.wait_error > 0 else 'short'}{spread}.",
        f"Lane by lane, weighted by cases, the simulated mean wait is off by {span(replayed.lane_error)}.",
    ]


def _taken_in_words(overall: Compared) -> list[str]:
    more = overall.simulated_taken - overall.taken
    said = [f"Taken: {overall.taken} really, {overall.simulated_taken:.1f} simulated."]
    if abs(more) > COMPARABLE * overall.cases:
        said.append(
            "The mean waits are of different cases, then, and say little: look at the lanes where the simulation takes "
            f"{'more' if more > 0 else 'fewer'}."
        )
    return said


def _assumptions(replayed: Replay) -> list[str]:
    people = [each for each in replayed.desk.moderators.values() if each.active]
    no_rota = sum(not each.hours for each in people)
    said: list[str] = []
    if replayed.off_shift:
        said.append(
            f"{replayed.off_shift} of {replayed.overall.taken} cases were taken by people who were off shift by their "
            "rota: in the simulation they are not there."
        )
    if no_rota:
        said.append(
            f"{no_rota} of {len(people)} people keep no rota and are taken to work around the clock: where they do "
            "not, simulated waits are too short."
        )
    if replayed.handled < ENOUGH:
        said.append(
            f"Only {replayed.handled} handle times are recorded: each case is taken to need {span(STATED_SECONDS)}."
        )
    return said


def _off_shift(desk: Desk, case: Recorded) -> bool:
    moderator = desk.moderators.get(case.taken_by or 0)
    return moderator is not None and case.taken_at is not None and not moderator.on_shift(case.taken_at)
