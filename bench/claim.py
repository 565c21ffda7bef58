"""The claim against the bare limit: ``SELECT … FOR UPDATE SKIP LOCKED LIMIT 1`` on the same table in the same run.

    python -m bench.claim [--cases 100000] [--lanes 24] [--clients 8] [--claims 400]

Starts servers of its own where DATABASE_URL and REDIS_URL name none, and works in a database that it drops again.
The claim does more than the bare statement (lanes, exclusions, the lease, the Event): the ratio says what that costs.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable

from bench.database import on_a_database

BARE = """
UPDATE moderation_case SET priority = priority
WHERE id = (SELECT id FROM moderation_case WHERE status = 'queued' AND queue_id = %s AND language = %s
                AND requirements = ''
            ORDER BY priority DESC, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
"""


def timed(clients: int, each: int, call: Callable[[int], object]) -> tuple[float, float]:
    """Calls per second and the 99th percentile in milliseconds, of ``clients`` threads with a connection each."""
    from django.db import connections

    took: list[float] = []
    ready = threading.Barrier(clients + 1)

    def work(number: int) -> None:
        call(number)  # opens the connection, plans the statements
        ready.wait()
        for _ in range(each):
            start = time.perf_counter()
            call(number)
            took.append(time.perf_counter() - start)
        connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return clients * each / (time.perf_counter() - start), statistics.quantiles(took, n=100)[-1] * 1000


def measure(cases: int, lanes: int, clients: int, claims: int) -> None:
    from django.db import connection

    from moderation.languages import endonym
    from moderation.queueing.claim import claim_next
    from tests.factories import make_backlog, make_case, make_queue, make_reader

    tags = ["th", "ar", "es", "en", "hi", "ru", "ja", "de"]
    places = [(tags[n % len(tags)], make_queue(f"queue-{n // len(tags)}")) for n in range(lanes)]
    for tag, queue in places:
        make_case(language=tag, queue=queue)
    make_backlog(cases // lanes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE moderation_case")
    readers = [make_reader(dict.fromkeys(tags, 5)) for _ in range(clients)]
    tag, queue = places[0]

    def bare(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [queue.pk, tag])

    each = claims // clients
    limit, limit_p99 = timed(clients, each, bare)
    rate, p99 = timed(clients, each, lambda number: claim_next(readers[number]))
    print(f"{cases} waiting in {lanes} lanes ({endonym(tag)} first), {clients} clients, {claims} claims")
    print(f"  bare, one lane   {limit:8.0f}/s   p99 {limit_p99:6.1f} ms   1.00")
    print(f"  claim_next       {rate:8.0f}/s   p99 {p99:6.1f} ms   {rate / limit:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("cases", 100_000), ("lanes", 24), ("clients", 8), ("claims", 800)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    with on_a_database():
        measure(wanted.cases, wanted.lanes, wanted.clients, wanted.claims)


if __name__ == "__main__":
    main()
