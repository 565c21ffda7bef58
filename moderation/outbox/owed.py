"""What is owed to each endpoint: the reads of the delivery page. None of them scans a backlog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection
from django.db.models import Exists, QuerySet
from django.utils import timezone

from moderation.models import Message, WebhookEndpoint
from moderation.outbox.breaker import is_open
from moderation.outbox.delivery import earlier

# Counted up to here and shown as "999+" beyond, as on the board.
MOST_COUNTED: Final = 1000
SHOWN: Final = 50

# Each count reads one endpoint's range of a partial index, cut at MOST_COUNTED; the error is that of the message
# parked last. What was never tried is due first, so the oldest that waits is among those that are read.
OWED = """
SELECT e.id, waiting.count, waiting.oldest, parked.count, coalesce(
    (SELECT m.last_error FROM moderation_message m
        WHERE m.endpoint_id = e.id AND m.status = 'parked' ORDER BY m.id DESC LIMIT 1), '')
FROM unnest(%(endpoints)s::bigint[]) AS e (id),
LATERAL (SELECT count(*), min(created_at) AS oldest FROM (SELECT m.created_at FROM moderation_message m
    WHERE m.endpoint_id = e.id AND m.status = 'pending'
    ORDER BY m.next_attempt_at, m.id LIMIT %(most)s) AS next) AS waiting,
LATERAL (SELECT count(*) FROM (SELECT FROM moderation_message m
    WHERE m.endpoint_id = e.id AND m.status = 'parked' LIMIT %(most)s) AS cut) AS parked
"""


class State(StrEnum):
    """How an endpoint is."""

    FINE = "fine"
    FAILING = "failing"  # now and then, or since a little while: it is still tried
    RESTING = "resting"  # it failed so often that it is left alone for a while
    PROBING = "probing"  # its rest is over: the next message shows whether it is well again
    ASKED = "asked"  # it asked to be left alone for a while
    OFF = "off"  # an admin switched it off
    GONE = "gone"  # it answered 410 and was switched off for it


# What needs somebody.
BAD: Final = frozenset({State.FAILING, State.RESTING, State.PROBING, State.GONE})


def state_of(endpoint: WebhookEndpoint) -> State:
    resting = endpoint.resting_until is not None and endpoint.resting_until > timezone.now()
    if not endpoint.enabled:
        return State.GONE if endpoint.gone_at else State.OFF
    if is_open(endpoint):
        return State.RESTING if resting else State.PROBING
    if resting:
        return State.ASKED
    return State.FAILING if endpoint.failures else State.FINE


@dataclass(frozen=True)
class Owed:
    """An endpoint, how many messages wait for it since when, how many are parked, and what went wrong last."""

    endpoint: WebhookEndpoint
    waiting: int
    oldest: datetime | None
    parked: int
    parked_error: str

    @property
    def many_waiting(self) -> bool:
        return self.waiting >= MOST_COUNTED

    @property
    def many_parked(self) -> bool:
        return self.parked >= MOST_COUNTED

    @property
    def state(self) -> State:
        return state_of(self.endpoint)

    @property
    def is_bad(self) -> bool:
        return self.state in BAD

    @property
    def rests(self) -> bool:
        return self.state in (State.RESTING, State.ASKED)

    @property
    def last_error(self) -> str:
        return self.endpoint.last_error or self.parked_error


def owed_to_each() -> list[Owed]:
    """Every endpoint, by platform, in two statements."""
    endpoints = {
        endpoint.pk: endpoint
        for endpoint in WebhookEndpoint.objects.select_related("platform").order_by("platform__name", "pk")
    }
    with connection.cursor() as cursor:
        cursor.execute(OWED, {"endpoints": list(endpoints), "most": MOST_COUNTED})
        counted = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Owed(endpoint, *counted[pk]) for pk, endpoint in endpoints.items()]


def parked_at(endpoint: WebhookEndpoint) -> QuerySet[Message]:
    """The messages parked last, at most SHOWN."""
    return (
        Message.objects.filter(endpoint=endpoint, status=Message.Status.PARKED)
        .select_related("item")
        .order_by("-pk")[:SHOWN]
    )


def waiting_at(endpoint: WebhookEndpoint) -> QuerySet[Message]:
    """The messages that are tried next, at most SHOWN; ``blocked``: an earlier one about the same item is before it."""
    return (
        Message.objects.filter(endpoint=endpoint, status=Message.Status.PENDING)
        .select_related("item")
        .annotate(blocked=Exists(earlier()))
        .order_by("next_attempt_at", "pk")[:SHOWN]
    )
