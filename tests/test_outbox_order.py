"""What is about one item reaches an endpoint in order, each once while all goes well."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from moderation.models import Message
from moderation.outbox import post
from moderation.outbox.delivery import deliver_due
from tests.factories import make_item
from tests.owing import hurry, in_thread, numbers, owe, waiting_for_a_lock
from tests.receiver import FAIL, Receiver, wait_until

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


def test_what_is_about_one_item_comes_in_order_even_if_the_first_fails(receiver: Receiver) -> None:
    item, other = make_item(), make_item()
    for number in (1, 2, 3):
        owe(item, number)
    owe(other, 9)
    receiver.on(item.external_id, FAIL)
    deliver_due()
    deliver_due()
    assert sorted(numbers(receiver)) == [1, 9]
    receiver.on(item.external_id, None)
    hurry()
    deliver_due()
    assert numbers(receiver)[2:] == [1, 2, 3]


@on_its_own
def test_two_workers_deliver_everything_once(receiver: Receiver) -> None:
    items = [make_item() for _ in range(10)]
    for number in range(4):
        for item in items:
            owe(item, number)
    workers = [threading.Thread(target=in_thread, args=(deliver_due,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(receiver.received) == len({each.webhook_id for each in receiver.received}) == 40
    for item in items:
        of_item = [each.data["number"] for each in receiver.received if each.item == item.external_id]
        assert of_item == [0, 1, 2, 3]


@on_its_own
def test_the_order_is_that_of_the_commits_whoever_drew_a_number_first(receiver: Receiver) -> None:
    author = make_item(kind="account", text="")
    post_of_hers = make_item(author=author)
    drawn, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            post("case.closed", post_of_hers, {"item": {"id": post_of_hers.external_id}, "number": 1})
            drawn.set()
            may_commit.wait()

    first = threading.Thread(target=in_thread, args=(slow,))
    second = threading.Thread(target=in_thread, args=(lambda: owe(post_of_hers, 2),))
    try:
        first.start()
        drawn.wait()
        second.start()
        wait_until(lambda: waiting_for_a_lock() or not second.is_alive(), "the second waits for the first")
        deliver_due()
        assert receiver.received == []
    finally:
        may_commit.set()
        first.join()
        second.join()
    deliver_due()
    assert numbers(receiver) == [1, 2]
