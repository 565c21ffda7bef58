"""A week played through on a large desk, against the bare limit: the same arrivals and handle times on simpy alone.

    python -m bench.simulation [--cases 50000] [--seed 1]

8 queues × 60 languages and 200 moderators, half of them on shifts. The bare run has as many people and one queue from
which everybody takes in order of arrival: no languages, no steps, no shifts. And how long it takes to read what was
recorded of so many cases.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import deque
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from bench.database import on_a_database

WEEK = 7 * 86_400.0
HANDLE = 180.0
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
# Everything was taken five minutes after it came.
CLAIMED = """
INSERT INTO moderation_event (at, kind, actor, case_id, data)
SELECT queued_at + interval '5 minutes', 'case.claimed', 'system', id, '{}' FROM moderation_case
"""


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def bare(arrivals: list[float], people: int) -> None:
    """One queue, first come first served."""
    import simpy

    env = simpy.Environment()
    waiting: deque[float] = deque()
    idle: deque[simpy.Event] = deque()
    luck = random.Random(1)

    def arrive() -> Generator[simpy.Event, Any, None]:
        for at in arrivals:
            yield env.timeout(at - env.now)
            waiting.append(at)
            if idle:
                idle.popleft().succeed()

    def work() -> Generator[simpy.Event, Any, None]:
        while True:
            while not waiting:
                idle.append(env.event())
                yield idle[-1]
            waiting.popleft()
            yield env.timeout(luck.expovariate(1 / HANDLE))

    env.process(arrive())
    for _ in range(people):
        env.process(work())
    env.run(until=WEEK)


def measure(cases: int, seed: int) -> None:
    from django.db import connection

    from moderation.eligibility import loading
    from moderation.foresight import recorded
    from moderation.foresight.simulation import Arrival, Simulated, simulate
    from tests.large_desk import make_large_desk

    lanes = len(make_large_desk(cases // 480).lanes)
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED)
        cursor.execute("VACUUM ANALYZE moderation_event")
        cursor.execute("VACUUM ANALYZE moderation_case")
    found: list[int] = []
    read = timed(lambda: found.append(len(recorded.arrivals(7))))

    desk = loading.load(datetime.now(UTC))
    draw = random.Random(seed)
    times = sorted(draw.uniform(0, WEEK) for _ in range(cases))
    arrivals = [Arrival(at, draw.choice(desk.lanes), draw.choice((100, 300, 500)), at + 3600) for at in times]
    played: list[Simulated] = []

    def play() -> None:
        played.append(
            simulate(
                desk,
                arrivals,
                lambda lane, luck: luck.expovariate(1 / HANDLE),
                start=MONDAY,
                seconds=WEEK,
                seed=seed,
            )
        )

    limit, took = timed(lambda: bare(times, len(desk.moderators))), timed(play)
    taken = sum(each.taken for each in played[0].lanes.values())
    print(f"{cases} cases in {lanes} lanes, {len(desk.moderators)} people, a week: {taken} taken")
    print(f"  simpy alone         {limit:7.2f} s")
    print(f"  the desk            {took:7.2f} s  ({took / limit:.1f} times as long)")
    print(f"  reading {found[0]} cases {read:7.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with on_a_database():
        measure(wanted.cases, wanted.seed)


if __name__ == "__main__":
    main()
