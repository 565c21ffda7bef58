"""What the tests of the outbox share: a receiver with an endpoint, webhooks owed to it, and time that goes by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from moderation import audit
from moderation.models import Item, Message, WebhookEndpoint
from moderation.outbox import post
from moderation.outbox.endpoints import create_endpoint
from tests.factories import make_platform, make_user
from tests.receiver import Receiver, receiving

Status = Message.Status


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    """A platform's receiver, and its endpoint."""
    with receiving() as it:
        create_endpoint(make_platform(), it.url, secret=it.secret)
        yield it


def owe(item: Item, number: int = 1, after: datetime | None = None) -> Message:
    """A webhook about an item, at its platform's endpoint."""
    data = {"item": {"kind": item.kind, "id": item.external_id}, "number": number}
    with transaction.atomic():
        post("case.closed", item, data, after=after)
    return Message.objects.latest("pk")


def hurry() -> None:
    """Let the time come for everything that waits, and every rest be over."""
    Message.objects.filter(status=Status.PENDING).update(next_attempt_at=timezone.now())
    WebhookEndpoint.objects.exclude(resting_until=None).update(resting_until=timezone.now())


def numbers(receiver: Receiver) -> list[int]:
    return [each.data["number"] for each in receiver.received]


def admin() -> audit.Actor:
    return audit.person(make_user())


def in_thread(do: Any) -> None:
    try:
        do()
    finally:
        connection.close()


def waiting_for_a_lock() -> bool:
    """Whether somebody waits for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])
