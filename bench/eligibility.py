"""Working out anew who may take what, against the bare limit: the same rows fetched, and each pair looked at once.

    python -m bench.eligibility [--rounds 9] [--cases 200] [--clients 8] [--claims 400]

On a desk of 8 queues × 60 languages and 200 moderators. After a change of configuration every process does it once,
when it is next asked; ``again`` is what it costs where nothing has changed, and ``one moderator`` what the first
claim after a change waits for. Then the claim itself there, against ``SELECT … SKIP LOCKED LIMIT 1`` on one lane.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from bench.claim import BARE, timed
from bench.database import on_a_database


def milliseconds(rounds: int, call: Callable[[], object]) -> float:
    """The median of so many calls, after one that is not counted."""
    call()
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1000


def measure(rounds: int, cases: int, clients: int, claims: int) -> None:
    from django.db import connection

    from moderation.eligibility import loading
    from moderation.models import Case
    from moderation.queueing.claim import claim_next
    from moderation.queueing.lanes import open_lanes
    from tests.large_desk import make_large_desk

    large = make_large_desk(cases)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE moderation_case")
    tables = (
        *("accounts_user", "accounts_user_clearances", "accounts_clearance", "accounts_languageskill"),
        *("accounts_languagegrant", "accounts_shift", "accounts_absence", "moderation_lane"),
        *("moderation_queue", "moderation_queue_members", "moderation_requirements"),
    )

    def bare() -> int:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT * FROM {table}")
                cursor.fetchall()
        return sum(1 for _moderator in large.moderators for _lane in large.lanes)

    def everything() -> None:
        loading.forget()
        desk = loading.current()
        for each in large.moderators:
            desk.open_lanes(each.pk)

    def one_moderator() -> None:
        loading.forget()
        loading.current().open_lanes(large.moderators[0].pk)

    def again() -> None:
        desk = loading.current(fresh=True)
        for each in large.moderators:
            desk.open_lanes(each.pk)

    limit = milliseconds(rounds, bare)
    print(f"{len(large.moderators)} moderators, {len(large.lanes)} lanes: the median of {rounds} rounds")
    print(f"  bare rows, each pair once   {limit:8.1f} ms   1.0")
    for name, call in (("everything", everything), ("one moderator", one_moderator), ("again", again)):
        took = milliseconds(rounds, call)
        print(f"  {name:27} {took:8.1f} ms   {took / limit:.1f}")

    readers = [each for each in large.moderators if len(open_lanes(each)) > 9][:clients]
    lanes = [len(open_lanes(each)) for each in readers]
    first = large.lanes[0]

    def bare_claim(_number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [first.queue_id, first.language])

    waiting = Case.objects.filter(status=Case.Status.QUEUED).count()
    each = claims // clients
    limit, limit_p99 = timed(clients, each, bare_claim)
    rate, p99 = timed(clients, each, lambda number: claim_next(readers[number]))
    print(
        f"{waiting} waiting in {len(large.lanes)} lanes, {clients} clients with {min(lanes)} to {max(lanes)} each"
    )
    print(f"  bare, one lane   {limit:8.0f}/s   p99 {limit_p99:6.1f} ms   1.00")
    print(f"  claim_next       {rate:8.0f}/s   p99 {p99:6.1f} ms   {rate / limit:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("rounds", 9), ("cases", 200), ("clients", 8), ("claims", 800)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    with on_a_database():
        measure(wanted.rounds, wanted.cases, wanted.clients, wanted.claims)


if __name__ == "__main__":
    main()
