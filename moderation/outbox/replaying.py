"""Webhooks sent again because somebody asked for it: one that is parked, or all of a stretch of time.

What is replayed goes through its whole schedule again, from now, with the webhook-id that it had; a receiver that kept
the ids does nothing twice. Per item it goes in order, and whatever is newer waits behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from moderation import audit, bells
from moderation.models import Message, WebhookEndpoint
from moderation.outbox.posting import DELIVER, QUEUE

Status = Message.Status

# A replay is counted up to here before it is asked for.
MOST_COUNTED: Final = 10_000


class NotParked(Exception):
    """One message is replayed only where it is parked: what waits goes by itself, what was delivered has newer ones
    behind it, which must come again too (``Stretch``)."""


@dataclass(frozen=True)
class Stretch:
    """What was posted to an endpoint from ``since`` (or ever) on, until ``until`` (or now), and is parked.

    ``delivered``: for a platform that lost its data, also what it took; then until now, as the last word on an item
    must be the last one that it gets.
    """

    endpoint_id: int
    since: datetime | None = None
    until: datetime | None = None
    delivered: bool = False

    def __post_init__(self) -> None:
        if self.delivered and (self.until is not None or self.since is None):
            raise ValueError("What was delivered is replayed from a moment on, until now")

    def messages(self) -> QuerySet[Message]:
        """Those that are sent again. What waits is sent anyway; what was withdrawn never is."""
        statuses = (Status.PARKED, Status.DELIVERED) if self.delivered else (Status.PARKED,)
        found = Message.objects.filter(endpoint=self.endpoint_id, status__in=statuses)
        if self.since is not None:
            found = found.filter(created_at__gte=self.since)
        return found if self.until is None else found.filter(created_at__lte=self.until)

    def count(self) -> int:
        """How many, up to MOST_COUNTED + 1."""
        return self.messages()[: MOST_COUNTED + 1].count()


@transaction.atomic
def replay(message_id: int, by: audit.Actor) -> Message:
    """Replay one parked message; what waits behind it, about the same item, follows.

    Raises NotParked, Message.DoesNotExist.
    """
    message = (
        Message.objects.select_related("item").select_for_update(of=("self",), no_key=True).get(pk=message_id)
    )
    if message.status != Status.PARKED:
        raise NotParked
    _again(Message.objects.filter(pk=message.pk))
    message.refresh_from_db()
    audit.record("webhook.replayed", by, item=message.item, message_id=message.pk)
    bells.work_waits(DELIVER, QUEUE)
    return message


@transaction.atomic
def replay_stretch(stretch: Stretch, by: audit.Actor) -> int:
    """Replay all of a stretch; how many. One statement however many. Raises WebhookEndpoint.DoesNotExist."""
    endpoint = WebhookEndpoint.objects.get(pk=stretch.endpoint_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('replay', %s))", [endpoint.pk])
    count = _again(stretch.messages())
    said: dict[str, Any] = {
        name: moment.isoformat() if moment else None
        for name, moment in (("since", stretch.since), ("until", stretch.until))
    }
    audit.record(
        "webhooks.replayed",
        by,
        endpoint_id=endpoint.pk,
        messages=count,
        delivered=stretch.delivered,
        **said,
    )
    bells.work_waits(DELIVER, QUEUE)
    return count


def no_replay_meanwhile(endpoint_id: int) -> None:
    """Hold replays of an endpoint's messages up until the end of this transaction; others need not wait for this one.

    Without it a message that is marked as delivered while what comes before it is asked for again could be the one
    that is not sent again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('replay', %s))", [endpoint_id])


def _again(messages: QuerySet[Message]) -> int:
    return messages.update(status=Status.PENDING, attempts=0, next_attempt_at=timezone.now())
