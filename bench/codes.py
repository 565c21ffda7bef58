"""How long the way in by code takes to say no, and that its time does not tell which of the two was wrong.

    python -m bench.codes [--tries 400]

Four kinds of tries at the page itself, in turns in the same run: a code that nobody was sent, a code that somebody was
sent with the name of another account, a code that cannot be one, and the right pair. Each kind's median; the first two
may differ by at most LIMIT, or the exit status is 1. Then FLOOD tries from one address, and as many from as many
addresses at one code: how many were let through to be looked up, and who still comes in afterwards.

Starts servers of its own where DATABASE_URL and REDIS_URL name none, and works in a database that it drops again.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from typing import Final

from bench.database import on_a_database

# By how much the medians of the two that must not be told apart may differ.
LIMIT: Final = 1.15
WARM_UP: Final = 20
FLOOD: Final = 10_000


def measure(tries: int) -> float:
    """Print the medians. Answers by how much the two that must not be told apart differ (1: not at all)."""
    from django.test import Client

    from appeals import links
    from appeals.models import CodeAttempt
    from tests.appealing import make_told

    logging.getLogger("django.request").setLevel(
        logging.ERROR
    )  # a line for each refusal would be timed as well
    told = make_told()
    right = told.statement.appeal_code
    malformed = right[:-1] + ("A" if right[-1] != "A" else "C")
    unknown = links.new_codes(tries + WARM_UP)
    person = Client(headers={"accept-language": "en"}, SERVER_NAME="localhost")

    def took(code: str, account: str, status: int) -> float:
        # As if nobody had tried before: a code that rests is refused in less time.
        CodeAttempt.objects.all().delete()
        start = time.perf_counter()
        answer = person.post("/appeal/", {"code": code, "account": account})
        took = time.perf_counter() - start
        assert answer.status_code == status, answer.status_code
        return took

    every = tries + WARM_UP
    kinds = {
        "unknown code": (unknown, "Somebody Else", 422),
        "known code, wrong account": ([right] * every, "Somebody Else", 422),
        "no code at all": ([malformed] * every, "Somebody Else", 422),
        "the right pair": ([right] * every, "Somchai Ltd", 303),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    order = list(kinds)
    for turn in range(every):
        # Each kind comes after each other kind as often, so that none gains by what was done before it.
        for kind in order[turn % 4 :] + order[: turn % 4] if turn % 8 < 4 else reversed(order):
            codes, account, status = kinds[kind]
            one = took(codes[turn], account, status)
            if turn >= WARM_UP:
                times[kind].append(one)
    medians = {kind: statistics.median(each) for kind, each in times.items()}
    print(f"{tries} tries of each kind, in turns")
    for kind, median in medians.items():
        print(f"  {kind:26} median {median * 1000:6.2f} ms")
    known, unknown_code = medians["known code, wrong account"], medians["unknown code"]
    ratio = max(known, unknown_code) / min(known, unknown_code)
    print(f"  the first two differ by    {ratio:6.3f}     (limit {LIMIT})")
    return ratio


def flood(tries: int) -> bool:
    """Try so often from one address, and one code from so many. Whether nothing opened and nobody else was hurt."""
    from django.http import HttpRequest
    from django.test import Client

    from appeals import attempts, links
    from appeals.models import CodeAttempt
    from tests.appealing import make_told

    hers, others = make_told(), make_told()

    def let_through(code: str, address: str) -> bool:
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = address
        try:
            attempts.count(request, code)
        except attempts.TooManyAttempts:
            return False
        return True

    def comes_in(code: str, address: str) -> int:
        person = Client(SERVER_NAME="localhost", REMOTE_ADDR=address)
        return person.post("/appeal/", {"code": code, "account": "Somchai Ltd"}).status_code

    def link_opens() -> int:
        return Client(SERVER_NAME="localhost").get(hers.path).status_code

    CodeAttempt.objects.all().delete()
    start = time.perf_counter()
    looked_up = sum(let_through(code, "192.0.2.1") for code in links.new_codes(tries))
    each = (time.perf_counter() - start) / tries * 1000
    mine, theirs = hers.statement.appeal_code, others.statement.appeal_code
    answers = comes_in(mine, "192.0.2.1"), comes_in(mine, "192.0.2.2"), comes_in(theirs, "192.0.2.2")
    print(f"{tries} codes from one address: {looked_up} looked up, {each:.2f} ms each")
    print(f"  afterwards from there, from elsewhere, somebody else: {answers}")
    CodeAttempt.objects.all().delete()
    places = [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(tries)]
    tried = sum(let_through(mine, place) for place in places)
    after = comes_in(mine, "192.0.2.2"), link_opens(), comes_in(theirs, "192.0.2.2")
    print(f"{tries} addresses at one code: {tried} looked up")
    print(f"  afterwards by the code, by the link, somebody else: {after}")
    few = (looked_up, tried) == (attempts.PER_ADDRESS, attempts.PER_CODE)
    return few and answers == (429, 303, 303) and after == (429, 200, 303)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=400)
    wanted = parser.parse_args()
    with on_a_database():
        flat = measure(wanted.tries) <= LIMIT
        return 0 if flood(FLOOD) and flat else 1


if __name__ == "__main__":
    sys.exit(main())
