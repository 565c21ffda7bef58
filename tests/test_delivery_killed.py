"""Killing the worker in the middle of a delivery, or emptying Redis at any moment, loses no webhook."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import quote

import django_rq
import pytest
from django.conf import settings
from django.db import connection, transaction

from config.launcher import commands
from moderation.models import Item, Message
from moderation.outbox import post
from moderation.outbox.delivery import sweep_deliveries
from moderation.outbox.endpoints import create_endpoint
from tests.factories import make_item, make_platform
from tests.receiver import HANG, Receiver, receiving, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class Worker:
    """A real worker process on our database and Redis, with a short lease on what it delivers."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            commands.worker(),
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "DATABASE_URL": database_url(),
                "REDIS_URL": settings.REDIS_URL,
                "SECRET_KEY": settings.SECRET_KEY,
                "DELIVERY_LEASE_SECONDS": "5",
                "WEBHOOK_TIMEOUT_SECONDS": "4",
            },
        )

    def kill(self) -> None:
        """``kill -9``. The process that it forked for the job dies with it (config/worker.py)."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


def database_url() -> str:
    to = connection.settings_dict
    who = quote(to["USER"]) + (f":{quote(to['PASSWORD'])}" if to["PASSWORD"] else "")
    return f"postgres://{who}@{to['HOST']}:{to['PORT']}/{to['NAME']}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    empty_redis()
    with receiving() as it:
        create_endpoint(make_platform(), it.url, secret=it.secret)
        yield it
    empty_redis()


def empty_redis() -> None:
    """FLUSHALL, as far as it is ours: other tests may run on other databases of the same server."""
    django_rq.get_connection("delivery").flushdb()


def owe(item: Item, number: int) -> None:
    with transaction.atomic():
        post("case.closed", item, {"item": {"kind": item.kind, "id": item.external_id}, "number": number})


def swept(until: Callable[[], bool]) -> Callable[[], bool]:
    """``until``, with a sweep before each look: what the timer does."""

    def look() -> bool:
        sweep_deliveries()
        return until()

    return look


def all_delivered() -> bool:
    return not Message.objects.exclude(status=Message.Status.DELIVERED).exists()


def test_a_worker_killed_in_the_middle_of_a_delivery_loses_nothing(receiver: Receiver) -> None:
    item = make_item()
    receiver.then(HANG)
    with ExitStack() as workers:
        first = workers.enter_context(Worker())
        owe(item, 1)
        owe(item, 2)
        receiver.wait_for(1)
        first.kill()
        assert set(Message.objects.values_list("status", flat=True)) == {Message.Status.PENDING}
        workers.enter_context(Worker())
        wait_until(swept(all_delivered), "the second worker delivers what the first one had")
    assert [each.data["number"] for each in receiver.received] == [1, 1, 2]
    killed, again, _ = receiver.received
    assert killed.webhook_id == again.webhook_id


def test_a_redis_emptied_before_the_bell_was_heard_loses_nothing(receiver: Receiver) -> None:
    item = make_item()
    for number in (1, 2, 3):
        owe(item, number)
    assert django_rq.get_queue("delivery").count > 0
    empty_redis()
    with Worker():
        wait_until(swept(all_delivered), "the sweep finds what nobody rang for")
    assert [each.data["number"] for each in receiver.received] == [1, 2, 3]


def test_a_redis_emptied_in_the_middle_of_a_delivery_loses_nothing(receiver: Receiver) -> None:
    item = make_item()
    receiver.then(HANG)
    with Worker():
        owe(item, 1)
        owe(item, 2)
        receiver.wait_for(1)
        empty_redis()
        receiver.let_go.set()
        wait_until(swept(all_delivered), "everything is delivered")
    assert [each.data["number"] for each in receiver.received] == [1, 1, 2]
