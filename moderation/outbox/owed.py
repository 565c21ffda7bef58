"""What is owed to each endpoint: the reads of the delivery page. None of them scans a backlog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from moderation.models import Message, WebhookEndpoint

# Counted up to here and shown as "999+" beyond, as on the board.
MOST_COUNTED: Final = 1000
SHOWN: Final = 50

# Each count reads one endpoint's range of a partial index, cut at MOST_COUNTED; the error is that of the message
# parked last, else of the one to be tried again first.
OWED = """
SELECT e.id,
    (SELECT count(*) FROM (SELECT FROM moderation_message m
        WHERE m.endpoint_id = e.id AND m.status = 'pending' LIMIT %(most)s) AS waiting),
    (SELECT count(*) FROM (SELECT FROM moderation_message m
        WHERE m.endpoint_id = e.id AND m.status = 'parked' LIMIT %(most)s) AS parked),
    coalesce(
        (SELECT m.last_error FROM moderation_message m
            WHERE m.endpoint_id = e.id AND m.status = 'parked' ORDER BY m.id DESC LIMIT 1),
        (SELECT next.last_error FROM (SELECT m.last_error, m.next_attempt_at FROM moderation_message m
            WHERE m.endpoint_id = e.id AND m.status = 'pending'
            ORDER BY m.next_attempt_at, m.id LIMIT %(most)s) AS next
            WHERE next.last_error <> '' ORDER BY next.next_attempt_at LIMIT 1),
        '')
FROM unnest(%(endpoints)s::bigint[]) AS e (id)
"""


@dataclass(frozen=True)
class Owed:
    """An endpoint, how many messages wait for it, how many are parked, and what went wrong last."""

    endpoint: WebhookEndpoint
    waiting: int
    parked: int
    last_error: str

    @property
    def many_waiting(self) -> bool:
        return self.waiting >= MOST_COUNTED

    @property
    def many_parked(self) -> bool:
        return self.parked >= MOST_COUNTED


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
    earlier = Message.objects.filter(
        endpoint=OuterRef("endpoint"), item=OuterRef("item"), pk__lt=OuterRef("pk")
    ).exclude(status=Message.Status.DELIVERED)
    return (
        Message.objects.filter(endpoint=endpoint, status=Message.Status.PENDING)
        .select_related("item")
        .annotate(blocked=Exists(earlier))
        .order_by("next_attempt_at", "pk")[:SHOWN]
    )
