"""Delivery: what is due is taken, rescheduled, sent with no transaction open, and its answer written down.

A message is rescheduled *before* it is sent, to the end of a lease: whoever dies with it leaves it to be sent again,
with the same webhook-id. Of one item's messages to one endpoint only the first that is not delivered is ever due, so
order holds whatever fails; what comes after a parked one waits for its replay. What was withdrawn holds up nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Final

import httpx
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from moderation import bells, outgoing
from moderation.models import Message, WebhookEndpoint
from moderation.outbox import breaker
from moderation.outbox.posting import DELIVER, QUEUE
from moderation.outbox.sending import send
from moderation.outbox.writing_down import write_down

Status = Message.Status

# Of one endpoint's messages, sent at once; they are about as many different items.
AT_ONCE: Final = 8
# Of so many due messages the one that was tried least is a broken endpoint's probe: where one message alone is never
# taken, another shows that the endpoint is well.
PROBES: Final = 100
# A run takes up nothing new after this; an endpoint that does not answer never keeps others waiting meanwhile.
RUN_SECONDS: Final = 60
# While something is on its way, look this often for endpoints that have work again.
LOOK_SECONDS: Final = 0.2


def deliver_due() -> int:
    """Worker entry: deliver until nothing is due, or for about RUN_SECONDS. How many were delivered.

    Each endpoint goes at its own pace; one that does not answer rests until the next run. Everything that touches
    the database happens in the calling thread, between requests.
    """
    resting: set[int] = set()
    delivered = async_to_sync(_run)(resting)
    if endpoints_with_work(resting):
        bells.work_waits(DELIVER, QUEUE)
    return delivered


def sweep_deliveries() -> bool:
    """Ring for what is due and nobody rang for: retries, expired leases, what an emptied Redis forgot."""
    waits = bool(endpoints_with_work())
    if waits:
        bells.work_waits(DELIVER, QUEUE)
    return waits


def due() -> QuerySet[Message]:
    """What may be sent now: its time has come, its endpoint is in use, nothing about its item is before it."""
    return Message.objects.filter(
        ~Exists(earlier()),
        status=Status.PENDING,
        next_attempt_at__lte=timezone.now(),
        endpoint__enabled=True,
    )


def earlier() -> QuerySet[Message]:
    """To be used within a query for messages: those about the same item, to the same endpoint, that go first."""
    return Message.objects.filter(
        endpoint=OuterRef("endpoint"),
        item=OuterRef("item"),
        pk__lt=OuterRef("pk"),
        status__in=(Status.PENDING, Status.PARKED),
    )


def endpoints_with_work(passing_over: Collection[int] = ()) -> list[int]:
    """The endpoints in use that are owed something now and do not rest."""
    owed = due().filter(endpoint=OuterRef("pk"))
    return list(
        WebhookEndpoint.objects.filter(breaker.not_resting(), Exists(owed), enabled=True)
        .exclude(pk__in=passing_over)
        .values_list("pk", flat=True)
    )


def take(endpoint_id: int, limit: int = AT_ONCE) -> list[Message]:
    """Take the longest due messages of an endpoint: nobody else gets them before the lease is over.

    Of an endpoint that is broken, one message when its rest is over; of one that rests, none.
    """
    with transaction.atomic():
        endpoints = WebhookEndpoint.objects.filter(breaker.not_resting()).prefetch_related("secrets")
        endpoint = endpoints.filter(pk=endpoint_id).first()
        if endpoint is None:
            return []
        wanted = due().filter(endpoint=endpoint).order_by("next_attempt_at", "pk")
        if breaker.is_open(endpoint):
            if not breaker.take_probe(endpoint_id):
                return []
            wanted, limit = wanted.filter(pk__in=_probe(wanted)), 1
        messages = list(wanted.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit])
        if breaker.is_open(endpoint) and not messages:
            breaker.give_probe_back(endpoint_id)
        Message.objects.filter(pk__in=[message.pk for message in messages]).update(
            attempts=F("attempts") + 1,
            next_attempt_at=timezone.now() + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS),
        )
    for message in messages:
        message.attempts += 1
        message.endpoint = endpoint
    return messages


def _probe(wanted: QuerySet[Message]) -> list[int]:
    """The message that is a broken endpoint's probe, if there is any."""
    candidates = sorted(wanted.values_list("attempts", "pk")[:PROBES])
    return [pk for _, pk in candidates[:1]]


async def _run(resting: set[int]) -> int:
    """Deliver until nothing is due. After RUN_SECONDS nothing is begun but beside what was begun before and still goes
    on, so that an endpoint which is slow to answer at the end keeps no other one waiting."""
    until = time.monotonic() + RUN_SECONDS
    running: dict[int, asyncio.Task[int]] = {}
    begun_in_time: set[asyncio.Task[int]] = set()
    delivered = 0
    async with outgoing.client(settings.WEBHOOK_TIMEOUT_SECONDS) as client:
        while True:
            in_time = time.monotonic() < until
            if in_time or not all(task.done() for task in begun_in_time):
                for endpoint_id in await sync_to_async(endpoints_with_work)(resting | set(running)):
                    delivering = _deliver_to(client, endpoint_id, resting, until)
                    running[endpoint_id] = asyncio.create_task(delivering)
            if in_time:
                begun_in_time = set(running.values())
            if not running:
                return delivered
            done, _ = await asyncio.wait(
                running.values(), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for endpoint_id in [each for each, task in running.items() if task in done]:
                delivered += running.pop(endpoint_id).result()


async def _deliver_to(client: httpx.AsyncClient, endpoint_id: int, resting: set[int], until: float) -> int:
    """Deliver an endpoint's due messages, once at least; when one gets no answer at all, let the endpoint rest."""
    delivered = 0
    while endpoint_id not in resting:
        messages = await sync_to_async(take)(endpoint_id)
        if not messages:
            break
        answers = await asyncio.gather(*(send(client, message) for message in messages))
        for message, answer in zip(messages, answers, strict=True):
            await sync_to_async(write_down)(message, answer)
            delivered += answer.taken
            if answer.status is None:
                resting.add(endpoint_id)
        if time.monotonic() >= until:
            break
    return delivered
