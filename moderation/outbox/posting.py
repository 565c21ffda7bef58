"""Writing a webhook into the outbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from moderation import bells
from moderation.models import Decision, Enforcement, Item, Message, WebhookEndpoint

DELIVER: Final = "moderation.outbox.delivery.deliver_due"
QUEUE: Final = "delivery"
# What is told (docs/webhooks.md).
TYPES: Final = (
    "enforcement.requested",
    "enforcement.reversed",
    "case.closed",
    "appeal.received",
    "appeal.question",
    "appeal.answered",
    "appeal.withdrawn",
    "appeal.decided",
    "notice.answered",
    "coverage.gap",
)


def post(
    type_: str,
    item: Item,
    data: dict[str, Any],
    enforcement: Enforcement | None = None,
    *,
    decision: Decision | None = None,
    after: datetime | None = None,
) -> None:
    """Owe each enabled endpoint of the item's platform one message; sent after commit. ``data`` must be JSON.

    ``decision``: the one that made this happen, with which it is undone; not sent before ``after``.

    Call it in the transaction of what it tells of. Messages about one item are sent in the order of their ids, and
    a number is drawn before it is committed, so whoever posts about a person and her items waits for whoever did
    so before and has not committed.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("post needs the transaction of what it tells of")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('outbox', %s))", [item.author_id or item.pk]
        )
    now = timezone.now()
    payload = {"type": type_, "timestamp": iso(now), "data": data}
    owed = Message.objects.bulk_create(
        Message(
            endpoint=endpoint,
            item=item,
            enforcement=enforcement,
            decision=decision,
            type=type_,
            payload=payload,
            next_attempt_at=max(now, after) if after else now,
        )
        for endpoint in WebhookEndpoint.objects.filter(platform=item.platform_id, enabled=True)
    )
    if owed:
        bells.work_waits(DELIVER, QUEUE)


def name_of(item: Item) -> dict[str, str]:
    """How the platform knows an item."""
    return {"kind": item.kind, "id": item.external_id}


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, as in all our JSON."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
