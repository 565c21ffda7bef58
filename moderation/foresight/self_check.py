"""The simulation against waiting times that are known: does it reproduce what theory says, and how surely? Pure.

All settings stand side by side on one desk, each with a language and people of its own, so that the check also sees
who may take what. Each is played in independent replications that begin empty; what comes before WARM_UP cases is
played and not counted. The replications' means give a confidence interval, wide enough for all intervals to hold at
once with CONFIDENCE (Bonferroni): a sound simulation fails with one seed in a hundred, and always with the same ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from moderation.eligibility.desk import Desk, LaneKey, QueueSetup
from moderation.eligibility.people import Moderator, Skill
from moderation.eligibility.steps import Step
from moderation.foresight import erlang
from moderation.foresight.intervals import Interval, interval
from moderation.foresight.simulation import Arrival, LaneFigures, Simulated, luck, simulate

CONFIDENCE: Final = 0.99
REPLICATIONS: Final = 30
FEWEST_REPLICATIONS: Final = 5
# An interval wider than this share of what theory says would hold anything.
WIDEST: Final = 0.25
# Cases of each setting and replication: first not counted, then counted, then not counted again.
WARM_UP, COUNTED, AFTER = 500, 4000, 200
HANDLE: Final = 180.0
NOT_COUNTED: Final = 0
# Of ten cases nine are quick and one is slow, with HANDLE as the mean.
QUICK, SLOW = 0.7 * HANDLE, 3.7 * HANDLE
START: Final = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Setting:
    """People who read one language, what comes for them, and the waits that theory knows, by priority, highest first.

    ``rates`` are arrivals a second; ``draw`` a handle time with mean HANDLE; ``late`` the share that waits longer than
    ``due_after`` seconds, where theory knows it.
    """

    name: str
    language: str
    people: int
    rates: tuple[float, ...]
    draw: Callable[[random.Random], float]
    waits: tuple[float, ...]
    due_after: float = HANDLE
    late: float | None = None


@dataclass(frozen=True)
class Check:
    """One figure by theory and by simulation. Seconds, or a share where ``is_share``."""

    setting: str
    figure: str
    theory: float
    simulated: Interval
    is_share: bool = False

    @property
    def too_wide(self) -> bool:
        return self.simulated.half_width > WIDEST * self.theory

    @property
    def passed(self) -> bool:
        return self.simulated.holds(self.theory) and not self.too_wide


def settings() -> list[Setting]:
    """Teams of one, a few and many, other handle times than exponential ones, and two priorities."""
    return [
        _exponential("en", 1, 0.6),
        _exponential("th", 3, 0.75),
        _exponential("ar", 10, 0.8),
        _of_one("M/D/1", "sw", 0.6, lambda luck: HANDLE, HANDLE**2),
        _of_one("M/G/1", "my", 0.5, _mostly_quick, 2 * (0.9 * QUICK**2 + 0.1 * SLOW**2)),
        _by_priority("ka", 2, (0.3, 0.45)),
    ]


def run(seed: int, replications: int, settled: Sequence[Setting]) -> list[Check]:
    """Play the settings so many times. The same seed gives the same figures. ValueError for too few replications."""
    if replications < FEWEST_REPLICATIONS:
        raise ValueError(f"{replications} replications say nothing: at least {FEWEST_REPLICATIONS}")
    seeds = luck(seed)
    plays = [_play(settled, seeds.getrandbits(64)) for _ in range(replications)]
    figures: list[tuple[Setting, str, float, list[float], bool]] = []
    for each in settled:
        for priority, wait in enumerate(each.waits):
            name = "mean wait" if len(each.waits) == 1 else f"mean wait, priority {priority + 1}"
            waits = [_counted(play, each, priority).mean_wait or 0.0 for play in plays]
            figures.append((each, name, wait, waits, False))
        if each.late is not None:
            late = [(found := _counted(play, each, 0)).missed / found.arrived for play in plays]
            figures.append((each, f"waits over {each.due_after:.0f} s", each.late, late, True))
    alone = 1 - (1 - CONFIDENCE) / len(figures)
    return [
        Check(setting.name, name, theory, interval(values, alone), is_share)
        for setting, name, theory, values, is_share in figures
    ]


def _play(settled: Sequence[Setting], seed: int) -> Simulated:
    """One replication of all settings at once, until the last of their cases is taken."""
    come = luck(seed)
    arrivals = [arrival for each in settled for arrival in _arrivals(each, come)]
    draws = {each.language: each.draw for each in settled}
    end = max(each.at for each in arrivals) + 1000 * HANDLE
    return simulate(
        _desk(settled),
        sorted(arrivals, key=lambda each: each.at),
        lambda lane, luck: draws[lane.language](luck),
        start=START,
        seconds=end,
        seed=come.getrandbits(64),
    )


def _desk(settled: Sequence[Setting]) -> Desk:
    """One queue for cases that are not counted, one for each priority; everybody may take from all of them."""
    people = [each.language for each in settled for _ in range(each.people)]
    most = max(len(each.rates) for each in settled)
    return Desk(
        START,
        {
            number: Moderator(number, f"{language} {number}", (Skill(language, 5, (language,)),))
            for number, language in enumerate(people, start=1)
        },
        {number: QueueSetup(number, f"{number}", f"{number}", (Step(0, 1),)) for number in range(most + 1)},
    )


def _arrivals(setting: Setting, come: random.Random) -> list[Arrival]:
    """A Poisson stream, each case of a priority by chance. Before and after those counted the same cases come."""
    found: list[Arrival] = []
    at = 0.0
    priorities = range(len(setting.rates))
    for number in range(WARM_UP + COUNTED + AFTER):
        at += come.expovariate(sum(setting.rates))
        priority = come.choices(priorities, setting.rates)[0]
        counted = WARM_UP <= number < WARM_UP + COUNTED
        lane = LaneKey(priority + 1 if counted else NOT_COUNTED, setting.language)
        found.append(Arrival(at, lane, -priority, at + setting.due_after))
    return found


def _counted(play: Simulated, setting: Setting, priority: int) -> LaneFigures:
    return play.lanes[LaneKey(priority + 1, setting.language)]


def _exponential(language: str, people: int, busy: float) -> Setting:
    rate = busy * people / HANDLE
    # The mean wait of those who wait at all: what is late is then neither nearly nothing nor nearly everything.
    due_after = HANDLE / (people * (1 - busy))
    return Setting(
        f"M/M/{people}, {busy:.0%} busy",
        language,
        people,
        (rate,),
        _expo,
        (erlang.mean_wait(rate, HANDLE, people),),
        due_after,
        erlang.share_waiting_longer(rate, HANDLE, people, due_after),
    )


def _of_one(
    name: str, language: str, busy: float, draw: Callable[[random.Random], float], square: float
) -> Setting:
    rate = busy / HANDLE
    wait = erlang.mean_wait_of_one(rate, HANDLE, square)
    return Setting(f"{name}, {busy:.0%} busy", language, 1, (rate,), draw, (wait,))


def _by_priority(language: str, people: int, busy: tuple[float, ...]) -> Setting:
    rates = tuple(each * people / HANDLE for each in busy)
    waits = tuple(erlang.mean_waits_by_priority(rates, HANDLE, people))
    return Setting(f"M/M/{people}, {sum(busy):.0%} busy", language, people, rates, _expo, waits)


def _expo(luck: random.Random) -> float:
    return luck.expovariate(1 / HANDLE)


def _mostly_quick(luck: random.Random) -> float:
    return luck.expovariate(1 / (QUICK if luck.random() < 0.9 else SLOW))
