"""The run.

    python -m bench.chaos [--decisions 5000] [--seed 1] [--workers 2]

Starts servers of its own where DATABASE_URL and REDIS_URL name none, and works in a database that it drops again.
Ends with 0 if every endpoint has exactly what the decisions come to, nothing was asked for or taken back twice or out
of order, and nothing is left over; prints the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from bench.database import on_a_database

if TYPE_CHECKING:
    from bench.chaos.people import Group
    from bench.chaos.platform import Endpoint

LANGUAGES = ("th", "ar", "es", "hi")
# The three days of the schedule shortened to less than a minute, leases and timers to seconds.
ENVIRONMENT = {
    "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "WEBHOOK_WAIT_SCALE": "0.0005",
    "WEBHOOK_TIMEOUT_SECONDS": "1.5",
    "DELIVERY_LEASE_SECONDS": "4",
    "SCREENING_LEASE_SECONDS": "3",
    "DETECTOR_TIMEOUT_SECONDS": "2",
    "SWEEP_SECONDS": "1",
    "UNDO_SECONDS": "1",
    "LOG_LEVEL": "ERROR",
    "API_REQUESTS_PER_MINUTE": "1000000",
}
SETTLE_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    wanted = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    with on_a_database():
        return run(wanted.decisions, wanted.seed, wanted.workers)


def run(decisions: int, seed: int, workers: int) -> int:
    from accounts.api_keys import create_key
    from accounts.models import Scope
    from bench.chaos.people import POLICY, Group
    from bench.chaos.platform import Endpoint, Platform
    from bench.chaos.processes import Desk, wait_for_web
    from moderation.models import Lane
    from moderation.outbox.endpoints import create_endpoint
    from tests.factories import make_platform, make_policy, make_queue, make_reader

    harbour = make_platform()
    allowed = ["remove", "restrict", "warn", "demonetise", "lock_account", "terminate_account"]
    make_policy(POLICY, allowed_actions=allowed)
    make_queue("general")
    appeals = make_queue("appeals", clearances=("appeals",))
    for language in LANGUAGES:
        Lane.objects.create(queue=appeals, language=language)
    key = create_key(harbour, "chaos", list(Scope))[1]
    bad = {"failing": 0.25, "gone-once": 0.1, "dead": 0.02}
    endpoints = [Endpoint(name, bad[name], seed + number) for number, name in enumerate(bad)]
    endpoints[2].down = True
    platform = Platform(endpoints)
    for endpoint in endpoints:
        create_endpoint(harbour, f"{platform.url}/{endpoint.name}", secret=endpoint.secret)
    desk = Desk(workers, ENVIRONMENT, seed)
    wait_for_web(desk.url)
    # One group works through the web, which is slow while it is killed; the others decide directly.
    by_web = max(decisions // 20, 10)
    share = -(-(decisions - by_web) // (len(LANGUAGES) - 1))
    groups = []
    for number, language in enumerate(LANGUAGES):
        people = [make_reader({language: 5}, ("approval", "appeals")) for _ in range(5)]
        through, most = (desk.url, by_web) if number == 0 else ("", share)
        groups.append(Group(language, people, most, seed + number, through))
    started = time.monotonic()
    desk.unleash()
    for group in groups:
        group.thread.start()
    sent = flag_until_done(desk.url, key, groups)
    took = time.monotonic() - started
    endpoints[1].gone_next = True
    settle_with_faults(endpoints, started)
    desk.calm_down()
    for endpoint in endpoints:
        endpoint.share, endpoint.down = 0.0, False
    settled = settle()
    catch_up(desk.url, key, endpoints[1])
    desk.stop()
    platform.stop()
    return report(groups, endpoints, sent, desk.killed, desk.emptied, took, settled)


def flag_until_done(url: str, key: str, groups: list[Group]) -> int:
    """Flag posts in each language, as a platform does that repeats what got no answer, until enough was decided."""
    import httpx

    number = 0
    with httpx.Client(base_url=url, timeout=30, headers={"authorization": f"Bearer {key}"}) as http:
        while any(group.thread.is_alive() for group in groups):
            if any(group.errors for group in groups):
                break
            behind = [group for group in groups if group.thread.is_alive()]
            lines = []
            for group in behind:
                for _ in range(10):
                    number += 1
                    lines.append(flag(group.language, number))
            body = "\n".join(lines).encode()
            while True:
                try:
                    answer = http.post(
                        "/api/v1/flags/batch", content=body, headers={"content-type": "application/x-ndjson"}
                    )
                    if answer.status_code == 200 and len(answer.text.splitlines()) == len(lines):
                        break
                except httpx.HTTPError:
                    time.sleep(0.2)
            while waiting() > 300 and any(group.thread.is_alive() for group in groups):
                time.sleep(0.1)
    return number


def flag(language: str, number: int) -> str:
    item: dict[str, Any] = {
        "kind": "content",
        "id": f"{language}-{number}",
        "text": f"Some words {number}",
        "language": language,
        "author": {"id": f"acct-{language}-{number // 7}"},
    }
    said = {"item": item, "source": "user_notice", "policy": "hate-speech", "flag_id": f"flag-{number}"}
    return json.dumps(said)


def waiting() -> int:
    from moderation.models import Case

    return Case.objects.filter(status__in=("screening", "queued")).count()


def settle_with_faults(endpoints: list[Endpoint], started: float) -> None:
    """A while longer of bad moments: the dead endpoint comes back, the gone one is switched on again."""
    from moderation import audit
    from moderation.models import WebhookEndpoint
    from moderation.outbox.endpoints import switch

    until = time.monotonic() + 20
    endpoints[2].down = False
    while time.monotonic() < until:
        for endpoint in WebhookEndpoint.objects.filter(enabled=False):
            endpoints[1].was_off = True
            switch(endpoint.pk, True, audit.SYSTEM)
        time.sleep(0.5)


def settle() -> float:
    """Wait until nothing is owed any more, replaying what was parked. Seconds."""
    from moderation import audit
    from moderation.models import Enforcement, Message, WebhookEndpoint
    from moderation.outbox.endpoints import switch
    from moderation.outbox.replaying import NotParked, replay

    started = time.monotonic()
    while time.monotonic() - started < SETTLE_SECONDS:
        for endpoint in WebhookEndpoint.objects.filter(enabled=False):
            switch(endpoint.pk, True, audit.SYSTEM)
        for message in Message.objects.filter(status="parked")[:200]:
            try:
                replay(message.pk, audit.SYSTEM)
            except NotParked:
                continue
        owed = Message.objects.filter(status__in=("pending", "parked")).exists()
        over = Enforcement.objects.filter(
            status__in=Enforcement.IN_FORCE, parameters__until__isnull=False
        ).exclude(parameters__until=None)
        if not owed and not over.exists():
            break
        time.sleep(1)
    return time.monotonic() - started


def catch_up(url: str, key: str, endpoint: Endpoint) -> None:
    """Read from the API what an endpoint missed while it was switched off (docs/webhooks.md)."""
    import httpx

    with httpx.Client(
        base_url=f"{url}/api/v1", timeout=30, headers={"authorization": f"Bearer {key}"}
    ) as http:
        after, items = "", set()
        while True:
            page = http.get("/decisions", params={"after": after, "limit": 500}).json()
            for decision in page["decisions"]:
                for each in (decision, *decision["enforcements"]):
                    items.add((each["item"]["kind"], each["item"]["id"]))
            after = page["next"]
            if not page["more"] and not page["decisions"]:
                break
        for kind, external_id in items:
            known = http.get(f"/items/{kind}/{external_id}").json()
            endpoint.catch_up(external_id, known["enforcements"])


def report(
    groups: list[Group],
    endpoints: list[Endpoint],
    sent: int,
    killed: Counter[str],
    emptied: int,
    took: float,
    settled: float,
) -> int:
    from bench.chaos.people import expected
    from moderation.models import Case, Decision, DeliveryAttempt, Enforcement, Flag, Message

    right = expected(groups)
    desk = Counter(
        (e.item.external_id, e.action, e.parameters.get("how", ""))
        for e in Enforcement.objects.filter(status__in=Enforcement.IN_FORCE).select_related("item")
    )
    wrong = [error for group in groups for error in group.errors]
    wrong += [f"{endpoint.name}: {fault}" for endpoint in endpoints for fault in endpoint.faults]
    if desk != right:
        wrong.append(f"the desk has {desk - right} too much and {right - desk} too little")
    for endpoint in endpoints:
        has = endpoint.in_force()
        if has != right:
            wrong.append(f"{endpoint.name} has {has - right} too much and {right - has} too little")
    left = Message.objects.filter(status__in=("pending", "parked")).count()
    if left:
        wrong.append(f"{left} messages are still owed")
    if Flag.objects.count() != sent:
        wrong.append(f"{sent} flags were sent and {Flag.objects.count()} are there")
    did: Counter[str] = sum((group.did for group in groups), Counter())
    message, tries = Message.objects, DeliveryAttempt.objects.count()
    delivered, withdrawn = (message.filter(status=each).count() for each in ("delivered", "withdrawn"))
    print(
        f"{Decision.objects.count()} decisions on {Case.objects.count()} cases, {sent} flags, in {took:.0f} s"
    )
    print(f"  {in_words(did)}")
    print(f"killed: {in_words(killed)}; Redis emptied {emptied} times")
    print(f"webhooks: {delivered} delivered in {tries} attempts, {withdrawn} withdrawn before they were sent")
    for endpoint in endpoints:
        known = f"{endpoint.repeated} repeated and known by their id"
        print(
            f"  {endpoint.name}: {endpoint.requests} requests, {known}; badly treated: {in_words(endpoint.bad)}"
        )
    print(f"settled {settled:.0f} s after the last fault")
    if wrong:
        print("WRONG:", *(each[:2000] for each in wrong[:20]), sep="\n  ")
    else:
        total = sum(right.values())
        print(f"in force: {total}, the same at the desk and at each of the {len(endpoints)} endpoints")
    return 1 if wrong else 0


def in_words(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counted.items())) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
