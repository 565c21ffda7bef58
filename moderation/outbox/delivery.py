"""Delivery: what is due is taken, rescheduled, sent with no transaction open, and its answer written down.

A message is rescheduled *before* it is sent, to the end of a lease: whoever dies with it leaves it to be sent again,
with the same webhook-id. Of one item's messages to one endpoint only the first that is not delivered is ever due, so
order holds whatever fails; what comes after a parked one waits for its replay.
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

from moderation import audit, bells, enforcement
from moderation.models import DeliveryAttempt, Message, WebhookEndpoint
from moderation.outbox.posting import DELIVER, QUEUE
from moderation.outbox.schedule import wait_after
from moderation.outbox.sending import Answer, send

Status = Message.Status

# Of one endpoint's messages, sent at once; they are about as many different items.
AT_ONCE: Final = 8
# A run takes up nothing new after this; an endpoint that does not answer never keeps others waiting meanwhile.
RUN_SECONDS: Final = 60
# While something is on its way, look this often for endpoints that have work again.
LOOK_SECONDS: Final = 0.2
GONE: Final = 410


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
    earlier = Message.objects.filter(
        endpoint=OuterRef("endpoint"), item=OuterRef("item"), pk__lt=OuterRef("pk")
    ).exclude(status=Status.DELIVERED)
    return Message.objects.filter(
        ~Exists(earlier),
        status=Status.PENDING,
        next_attempt_at__lte=timezone.now(),
        endpoint__enabled=True,
    )


def endpoints_with_work(passing_over: Collection[int] = ()) -> list[int]:
    """The endpoints in use that are owed something now."""
    owed = due().filter(endpoint=OuterRef("pk"))
    return list(
        WebhookEndpoint.objects.filter(Exists(owed), enabled=True)
        .exclude(pk__in=passing_over)
        .values_list("pk", flat=True)
    )


def take(endpoint_id: int, limit: int = AT_ONCE) -> list[Message]:
    """Take the longest due messages of an endpoint: nobody else gets them before the lease is over."""
    with transaction.atomic():
        messages = list(
            due()
            .filter(endpoint=endpoint_id)
            .select_related("endpoint")
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .order_by("next_attempt_at", "pk")[:limit]
        )
        Message.objects.filter(pk__in=[message.pk for message in messages]).update(
            attempts=F("attempts") + 1,
            next_attempt_at=timezone.now() + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS),
        )
    for message in messages:
        message.attempts += 1
    return messages


@transaction.atomic
def write_down(message: Message, answer: Answer) -> None:
    """What became of one attempt. A late failure never undoes what somebody else delivered meanwhile."""
    DeliveryAttempt.objects.create(
        message_id=message.pk,
        attempt=message.attempts,
        status_code=answer.status,
        error=answer.error,
        milliseconds=answer.milliseconds,
    )
    row = Message.objects.filter(pk=message.pk)
    if answer.taken:
        row.update(status=Status.DELIVERED, delivered_at=timezone.now(), last_error="")
        if message.enforcement_id is not None:
            enforcement.confirm(message, message.enforcement_id)
        return
    wait = wait_after(message.attempts, answer.retry_after)
    still = row.filter(status=Status.PENDING)
    if wait is not None:
        still.update(next_attempt_at=timezone.now() + wait, last_error=answer.error)
    elif still.update(status=Status.PARKED, last_error=answer.error):
        audit.record(
            "webhook.parked", audit.SYSTEM, item=message.item, message_id=message.pk, error=answer.error
        )
    if answer.status == GONE and WebhookEndpoint.objects.filter(pk=message.endpoint_id, enabled=True).update(
        enabled=False
    ):
        audit.record("endpoint.gone", audit.SYSTEM, endpoint_id=message.endpoint_id)


async def _run(resting: set[int]) -> int:
    until = time.monotonic() + RUN_SECONDS
    running: dict[int, asyncio.Task[int]] = {}
    delivered = 0
    async with httpx.AsyncClient(timeout=settings.WEBHOOK_TIMEOUT_SECONDS) as client:
        while True:
            if time.monotonic() < until:
                for endpoint_id in await sync_to_async(endpoints_with_work)(resting | set(running)):
                    delivering = _deliver_to(client, endpoint_id, resting, until)
                    running[endpoint_id] = asyncio.create_task(delivering)
            if not running:
                return delivered
            done, _ = await asyncio.wait(
                running.values(), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for endpoint_id in [each for each, task in running.items() if task in done]:
                delivered += running.pop(endpoint_id).result()


async def _deliver_to(client: httpx.AsyncClient, endpoint_id: int, resting: set[int], until: float) -> int:
    """Deliver an endpoint's due messages; when one gets no answer at all, let the endpoint rest."""
    delivered = 0
    while endpoint_id not in resting and time.monotonic() < until:
        messages = await sync_to_async(take)(endpoint_id)
        if not messages:
            break
        answers = await asyncio.gather(*(send(client, message) for message in messages))
        for message, answer in zip(messages, answers, strict=True):
            await sync_to_async(write_down)(message, answer)
            delivered += answer.taken
            if answer.status is None:
                resting.add(endpoint_id)
    return delivered
