"""A message is owed from the commit on, and in one worker's hands at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from moderation.models import Message, WebhookEndpoint
from moderation.outbox import post
from moderation.outbox.delivery import deliver_due, due, sweep_deliveries, take
from moderation.outbox.endpoints import create_endpoint
from moderation.outbox.sending import Answer
from moderation.outbox.writing_down import write_down
from tests.factories import make_item, make_platform
from tests.owing import hurry, owe
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


def test_what_is_undone_was_never_owed(receiver: Receiver) -> None:
    with transaction.atomic():
        post("case.closed", make_item(), {})
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@on_its_own
def test_posting_without_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        post("case.closed", make_item(), {})


def test_only_the_endpoints_in_use_of_its_own_platform_are_told(receiver: Receiver) -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/off")
    WebhookEndpoint.objects.filter(url__endswith="off").update(enabled=False)
    create_endpoint(make_platform("other"), "http://127.0.0.1:1/other")
    with receiving() as second:
        create_endpoint(make_platform(), second.url, secret=second.secret)
        owe(make_item())
        assert Message.objects.count() == 2
        deliver_due()
        assert len(receiver.received) == len(second.received) == 1
        assert receiver.received[0].webhook_id != second.received[0].webhook_id


def test_a_message_is_out_of_reach_while_somebody_has_it() -> None:
    endpoint = create_endpoint(make_platform(), "http://127.0.0.1:1/")
    item = make_item()
    owe(item, 1)
    owe(item, 2)
    taken = take(endpoint.pk)
    assert [(each.payload["data"]["number"], each.attempts) for each in taken] == [(1, 1)]
    assert take(endpoint.pk) == []
    assert not sweep_deliveries()
    Message.objects.filter(pk=taken[0].pk).update(next_attempt_at=timezone.now())  # its lease is over
    assert sweep_deliveries()
    assert [each.webhook_id for each in take(endpoint.pk)] == [taken[0].webhook_id]


def test_a_late_failure_does_not_undo_a_delivery(receiver: Receiver) -> None:
    owe(make_item())
    (late,) = take(WebhookEndpoint.objects.get().pk)
    hurry()  # its lease is over, and somebody else delivers it
    deliver_due()
    write_down(late, Answer(None, "No answer within 20 s", 20_000))
    late.refresh_from_db()
    assert (late.status, late.last_error) == (Status.DELIVERED, "")


def test_what_is_due_is_found_by_its_index() -> None:
    endpoint = create_endpoint(make_platform(), "http://127.0.0.1:1/")
    item = make_item()
    Message.objects.bulk_create(
        Message(
            endpoint=endpoint,
            item=item,
            type="case.closed",
            payload={},
            status=Status.DELIVERED if number % 50 else Status.PENDING,
            next_attempt_at=timezone.now() + timedelta(hours=number % 7),
        )
        for number in range(5000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE moderation_message")
    plan = due().filter(endpoint=endpoint).order_by("next_attempt_at", "pk").explain()
    assert "message_due" in plan
    assert "message_order" in plan
    assert "Seq Scan on moderation_message" not in plan
