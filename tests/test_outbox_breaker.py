"""An endpoint that is down, or slow, keeps nobody waiting and is left alone for a while."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from moderation.models import Message
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from tests.factories import make_item, make_platform
from tests.owing import hurry, in_thread, numbers, owe
from tests.receiver import DROP, HANG, Receiver, receiving

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


@on_its_own
def test_an_endpoint_that_hangs_does_not_keep_others_waiting(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 120
    with receiving() as hanging:
        create_endpoint(make_platform("slow"), hanging.url, secret=hanging.secret)
        hanging.then(*[HANG] * 20)
        for _ in range(3):
            owe(make_item(make_platform("slow")))
        owe(make_item(), 1)
        run = threading.Thread(target=in_thread, args=(deliver_due,))
        run.start()
        hanging.wait_for(3)
        receiver.wait_for(1)
        # Also what is owed only now is not kept waiting, by the same worker.
        owe(make_item(), 2)
        receiver.wait_for(2)
        assert not hanging.let_go.is_set()
        assert run.is_alive()
        hanging.let_go.set()
        run.join()
    assert numbers(receiver) == [1, 2]
    assert Message.objects.filter(status=Status.PENDING, attempts=1).count() == 3


def test_an_endpoint_that_does_not_answer_is_asked_a_few_times_a_run_not_once_for_everything(
    receiver: Receiver,
) -> None:
    receiver.then(*[DROP] * 50)
    for _ in range(20):
        owe(make_item())
    deliver_due()
    assert len(receiver.received) == 8
    deliver_due()
    assert len(receiver.received) == 8  # it rests
    hurry()
    deliver_due()
    assert len(receiver.received) == 9  # a probe
