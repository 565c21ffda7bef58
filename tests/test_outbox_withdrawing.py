"""What was undone before it was sent is never sent, and holds up nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from moderation.models import Message, WebhookEndpoint
from moderation.outbox.delivery import deliver_due, take
from moderation.outbox.replaying import NotParked, Stretch, replay, replay_stretch
from moderation.outbox.sending import Answer
from moderation.outbox.withdrawing import withdraw
from moderation.outbox.writing_down import write_down
from tests.factories import make_item
from tests.owing import admin, hurry, in_thread, numbers, owe
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


def only(*messages: Message) -> bool:
    with transaction.atomic():
        return withdraw(Message.objects.filter(pk__in=[each.pk for each in messages]))


def statuses() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("status", flat=True))


def test_what_is_withdrawn_is_never_sent_and_does_not_block_what_comes_after(receiver: Receiver) -> None:
    item = make_item()
    first, second = owe(item, 1), owe(item, 2)
    owe(item, 3)
    assert only(first, second)
    assert deliver_due() == 1
    assert numbers(receiver) == [3]
    assert statuses() == [Status.WITHDRAWN, Status.WITHDRAWN, Status.DELIVERED]


def test_nothing_resurrects_what_was_withdrawn(receiver: Receiver) -> None:
    message = owe(make_item())
    since = timezone.now() - timedelta(hours=1)
    assert only(message)
    endpoint = WebhookEndpoint.objects.get()
    with pytest.raises(NotParked):
        replay(message.pk, admin())
    assert replay_stretch(Stretch(endpoint.pk), admin()) == 0
    assert replay_stretch(Stretch(endpoint.pk, since, delivered=True), admin()) == 0
    hurry()
    assert deliver_due() == 0
    assert statuses() == [Status.WITHDRAWN]
    assert only(message)  # once more does no harm


def test_after_one_was_sent_none_is_withdrawn(receiver: Receiver) -> None:
    first, second = owe(make_item(), 1), owe(make_item(), 2)
    take(first.endpoint_id, 1)
    assert not only(first, second)
    assert statuses() == [Status.PENDING, Status.PENDING]


def test_what_was_sent_once_counts_as_sent_after_its_replay(receiver: Receiver) -> None:
    message = owe(make_item())
    deliver_due()
    replay_stretch(Stretch(message.endpoint_id, message.created_at, delivered=True), admin())
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.PENDING, 0)
    assert not only(message)


def test_without_endpoints_there_is_nothing_to_withdraw() -> None:
    assert only()


def test_a_webhook_is_not_sent_before_its_time_and_what_is_newer_waits_behind_it(receiver: Receiver) -> None:
    item = make_item()
    owe(item, 1, after=timezone.now() + timedelta(hours=1))
    owe(item, 2)
    owe(make_item(), 9)
    assert deliver_due() == 1
    assert numbers(receiver) == [9]
    hurry()
    deliver_due()
    assert numbers(receiver) == [9, 1, 2]


@on_its_own
def test_taking_and_withdrawing_at_once_end_in_one_or_the_other(receiver: Receiver) -> None:
    for _ in range(25):
        message = owe(make_item())
        withdrawn, taken = at_once(message)
        assert not (withdrawn and taken)
        message.refresh_from_db()
        assert (message.status == Status.WITHDRAWN) == withdrawn
        for each in taken:
            write_down(each, Answer(204, "", 1))
        only(message)  # where each of the two gave way to the other


def at_once(message: Message) -> tuple[bool, list[Message]]:
    """Withdraw a message and take it, both at the same time: whether it was withdrawn, and what was taken."""
    together = threading.Barrier(2)
    withdrawn: list[bool] = []
    taken: list[Message] = []

    def undo() -> None:
        together.wait()
        withdrawn.append(only(message))

    def deliver() -> None:
        together.wait()
        taken.extend(take(message.endpoint_id))

    threads = [threading.Thread(target=in_thread, args=(do,)) for do in (undo, deliver)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return withdrawn[0], taken


@on_its_own
def test_whoever_withdraws_does_not_wait_for_whoever_sends(receiver: Receiver) -> None:
    message = owe(make_item())
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Message.objects.select_for_update(no_key=True).get(pk=message.pk)
            held.set()
            let_go.wait()

    holder = threading.Thread(target=in_thread, args=(hold,))
    holder.start()
    try:
        held.wait()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        assert not only(message)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
        let_go.set()
        holder.join()
