"""Sealing and verifying the audit trail against bare limits: reading the same rows, and SHA-256 over what they say.

    python -m bench.audit [--events 1000000]

Makes the Events by one statement, seals them with the product's sealer and verifies them with the product's verifier,
in a database of its own. Memory is looked at after a tenth of the work and at its end: what is in use
(``tracemalloc``, in a second, slower walk over a fifth) and what the process ever had (``ru_maxrss``).
"""

from __future__ import annotations

import argparse
import os
import resource
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bench.database import on_a_database

# As a desk's Events are: who, what about, and some facts each.
EVENTS = """
INSERT INTO moderation_event (at, kind, actor, actor_id, case_id, item_id, data)
SELECT now() - (%(events)s - n) * interval '1 millisecond',
       (ARRAY['flag.received', 'case.claimed', 'evidence.viewed', 'case.decided'])[1 + mod(n, 4)],
       'person', mod(n, 200), n / 5, n / 5,
       jsonb_build_object('decision_id', n, 'policy', 'hate-speech', 'policy_version', 3, 'overrides', NULL,
                          'lane', jsonb_build_object('queue', mod(n, 20), 'language', 'th', 'step', 1))
FROM generate_series(1, %(events)s) AS n
"""
BARE = """
SELECT id, at, kind, actor, actor_id, case_id, item_id, data::text FROM moderation_event
WHERE id > %s ORDER BY id LIMIT 5000
"""


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of processor time here and in PostgreSQL's process (where /proc says so)."""

    clock: float
    processor: float


def took_by(work: Callable[[], object]) -> Took:
    start, before = time.perf_counter(), processor_seconds()
    work()
    return Took(time.perf_counter() - start, processor_seconds() - before)


def processor_seconds() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    there = 0.0
    if stat.exists():
        # User and system time are the 14th and 15th fields; the second may hold spaces.
        fields = stat.read_text().rsplit(")", 1)[1].split()
        there = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + there


def most_mb() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def without_triggers() -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE moderation_event DISABLE TRIGGER USER")
        yield
        cursor.execute("ALTER TABLE moderation_event ENABLE TRIGGER USER")


def read_bare() -> int:
    """Read every row in pages, and do nothing with them."""
    from django.db import connection

    after, count = -1, 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [after])
            rows = cursor.fetchall()
        if not rows:
            return count
        after, count = rows[-1][0], count + len(rows)


def measure(events: int) -> None:
    from django.db import connection

    from moderation.models import Event, Seal
    from moderation.sealing import sealer
    from moderation.sealing.leaves import AFTER_ALL, BEFORE_ALL, lines
    from moderation.sealing.verifying import verify

    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"events": events})
        cursor.execute("VACUUM ANALYZE moderation_event")

    def seal() -> None:
        while sealer.seal_events():
            pass

    def walk(last: int | None = None) -> None:
        assert not verify(1, last).findings

    sealing = took_by(seal)
    seals = Seal.objects.count()
    tenth, fifth = max(seals // 10, 1), max(seals // 5, 2)
    walk(tenth)
    early = most_mb()
    took = took_by(walk)
    late = most_mb()
    reading = took_by(read_bare)
    size = len(next(lines(BEFORE_ALL, AFTER_ALL)).content)
    content = b"x" * size

    def hash_alone() -> None:
        for _ in range(events):
            sha256(content).digest()

    hashing = took_by(hash_alone)
    print(f"{events} events of {size} bytes in {seals} seals")
    for name, each in (
        ("reading the same rows", reading),
        ("SHA-256 alone", hashing),
        ("sealing", sealing),
        ("verifying", took),
    ):
        print(
            f"  {name:22}{each.clock:7.1f} s   {each.clock / reading.clock:.2f}"
            f"   of processor time {each.processor:6.1f} s"
        )
    print(f"  most memory after a tenth {early:.0f} MB, after all {late:.0f} MB")
    tracemalloc.start()
    peaks = []
    for upto in (tenth, fifth):
        tracemalloc.reset_peak()
        walk(upto)
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
    tracemalloc.stop()
    print(f"  most in use while a tenth is verified {peaks[0]:.1f} MB, a fifth {peaks[1]:.1f} MB")
    middle = Event.objects.order_by("id").values_list("id", flat=True)[events // 2]
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_event SET actor_id = actor_id + 1 WHERE id = %s", [middle])
    damaged = verify().findings.found
    assert [each.event for each in damaged] == [middle], damaged
    print(f"  one edited event of them was found: {damaged[0].words}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=200_000)
    wanted = parser.parse_args()
    with on_a_database():
        measure(wanted.events)


if __name__ == "__main__":
    main()
