"""An endpoint that is down, or slow, keeps nobody waiting and is left alone for a while."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.models import DeliveryAttempt, Event, Message, WebhookEndpoint
from moderation.outbox import breaker, delivery
from moderation.outbox.delivery import AT_ONCE, deliver_due, sweep_deliveries, take
from moderation.outbox.endpoints import create_endpoint, switch
from moderation.outbox.sending import Answer
from moderation.outbox.writing_down import write_down
from tests.factories import make_item, make_platform
from tests.owing import admin, hurry, in_thread, numbers, owe
from tests.receiver import DRIP, DROP, FAIL, HANG, Behaviour, Receiver, receiving

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


def fail(endpoint: WebhookEndpoint, times: int) -> None:
    with transaction.atomic():
        for _ in range(times):
            breaker.failed(endpoint.pk, "Answered 500", probe=False)


def broken(receiver: Receiver) -> WebhookEndpoint:
    """The receiver's endpoint, resting after as many failures as that takes."""
    endpoint = WebhookEndpoint.objects.get(url=receiver.url)
    fail(endpoint, breaker.FAILURES)
    endpoint.refresh_from_db()
    assert endpoint.resting_until is not None
    return endpoint


@on_its_own
def test_a_dead_and_a_slow_endpoint_delay_no_other_one(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 120
    with receiving() as slow:
        dead = create_endpoint(make_platform("dead"), "http://127.0.0.1:1/")  # nobody listens there
        create_endpoint(make_platform("slow"), slow.url, secret=slow.secret)
        slow.then(*[DRIP] * 100)
        for number in range(30):
            for platform in ("dead", "slow"):
                owe(make_item(make_platform(platform)))
            owe(make_item(), number)
        run = threading.Thread(target=in_thread, args=(deliver_due,))
        run.start()
        receiver.wait_for(30)
        slow.wait_for(AT_ONCE)
        assert run.is_alive()
        assert not slow.let_go.is_set()
        owe(make_item(), 30)
        receiver.wait_for(31)
        slow.let_go.set()
        run.join()
        assert len(slow.received) == AT_ONCE
    assert sorted(numbers(receiver)) == list(range(31))
    dead.refresh_from_db()
    assert breaker.is_open(dead)
    # Those that never went out have all their attempts left.
    assert Message.objects.filter(endpoint=dead, attempts=0).count() == 30 - AT_ONCE
    messages = Message.objects.values_list("pk")
    assert DeliveryAttempt.objects.filter(message_id__in=messages, status_code=204).count() == 31


@on_its_own
def test_a_run_that_ends_with_a_slow_endpoint_goes_on_with_the_others(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 120
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    with receiving() as hanging:
        create_endpoint(make_platform("slow"), hanging.url, secret=hanging.secret)
        hanging.then(HANG)
        owe(make_item(make_platform("slow")))
        run = threading.Thread(target=in_thread, args=(deliver_due,))
        run.start()
        hanging.wait_for(1)
        clock.ahead = delivery.RUN_SECONDS + 1
        owe(make_item(), 1)
        receiver.wait_for(1)
        owe(make_item(), 2)
        receiver.wait_for(2)
        assert run.is_alive()
        hanging.let_go.set()
        run.join()
    assert numbers(receiver) == [1, 2]


class Clock:
    """The time of the machine, and ahead of it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.clock_gettime(time.CLOCK_MONOTONIC) + self.ahead


def test_after_so_many_failures_in_a_row_an_endpoint_rests_and_says_so(receiver: Receiver) -> None:
    endpoint = WebhookEndpoint.objects.get()
    fail(endpoint, breaker.FAILURES - 1)
    endpoint.refresh_from_db()
    assert (endpoint.resting_until, endpoint.last_error) == (None, "Answered 500")
    assert endpoint.failing_since is not None
    since = endpoint.failing_since
    fail(endpoint, 1)
    endpoint.refresh_from_db()
    assert endpoint.resting_until is not None
    assert endpoint.resting_until > timezone.now() + breaker.FIRST_REST / 2
    assert endpoint.failing_since == since
    resting = Event.objects.get(kind="endpoint.resting")
    assert resting.data == {"endpoint_id": endpoint.pk, "error": "Answered 500"}


def test_one_success_between_failures_keeps_an_endpoint_in_use(receiver: Receiver) -> None:
    item = make_item()
    for number in range(breaker.FAILURES + 1):
        receiver.then(FAIL)
        owe(make_item())
        deliver_due()
        owe(item, number)
        deliver_due()
    assert not Event.objects.filter(kind__startswith="endpoint.re").exists()
    assert WebhookEndpoint.objects.get().failures == 0


def test_nothing_is_tried_while_an_endpoint_rests_and_no_attempt_is_used_up(receiver: Receiver) -> None:
    broken(receiver)
    messages = [owe(make_item()) for _ in range(3)]
    assert deliver_due() == 0
    assert not sweep_deliveries()
    assert receiver.received == []
    for message in messages:
        message.refresh_from_db()
        assert message.attempts == 0


def test_one_probe_goes_out_and_its_success_lets_everything_follow(receiver: Receiver) -> None:
    endpoint = broken(receiver)
    for number in range(20):
        owe(make_item(), number)
    hurry()
    assert sweep_deliveries()
    probe = take(endpoint.pk)
    assert len(probe) == 1
    assert take(endpoint.pk) == []  # nobody else sends another meanwhile
    write_down(probe[0], Answer(500, "Answered 500", 1))
    endpoint.refresh_from_db()
    assert endpoint.failures == breaker.FAILURES + 1
    assert endpoint.resting_until is not None
    assert endpoint.resting_until > timezone.now() + breaker.FIRST_REST
    assert take(endpoint.pk) == []
    hurry()
    assert deliver_due() == 20
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.last_error) == (0, "")
    assert endpoint.resting_until is None
    assert endpoint.failing_since is None
    assert Event.objects.get(kind="endpoint.recovered").data["endpoint_id"] == endpoint.pk
    assert Event.objects.filter(kind="endpoint.resting").count() == 1


def test_a_worker_that_dies_with_the_probe_holds_nothing_up(receiver: Receiver) -> None:
    endpoint = broken(receiver)
    owe(make_item())
    hurry()
    assert len(take(endpoint.pk)) == 1
    assert deliver_due() == 0
    hurry()  # the lease is over
    assert deliver_due() == 1


def test_a_message_that_is_never_taken_does_not_stand_for_its_endpoint(receiver: Receiver) -> None:
    poison, other = make_item(), make_item()
    receiver.on(poison.external_id, FAIL)
    owe(poison, 1)
    for _ in range(breaker.FAILURES):
        hurry()
        deliver_due()
    assert breaker.is_open(WebhookEndpoint.objects.get())
    hurry()
    owe(other, 2)
    hurry()
    deliver_due()
    assert 2 in numbers(receiver)
    assert not breaker.is_open(WebhookEndpoint.objects.get())


def test_with_nothing_to_send_the_probe_waits_for_what_comes(receiver: Receiver) -> None:
    endpoint = broken(receiver)
    hurry()
    assert take(endpoint.pk) == []
    owe(make_item())
    assert deliver_due() == 1


def test_what_was_under_way_when_it_broke_makes_its_rest_no_longer(receiver: Receiver) -> None:
    receiver.then(*[FAIL] * AT_ONCE)
    for _ in range(AT_ONCE):
        owe(make_item())
    deliver_due()
    assert WebhookEndpoint.objects.get().failures == breaker.FAILURES


def test_rests_grow_to_a_quarter_of_an_hour_and_are_spread(settings: Any) -> None:
    seconds = [breaker.rest_after(breaker.FAILURES + n).total_seconds() for n in range(40)]
    for n, rest in enumerate(seconds):
        base = min(30 * 2**n, 900)
        assert base <= rest <= base * (1 + breaker.JITTER)
    assert len({breaker.rest_after(100) for _ in range(20)}) > 1
    settings.WEBHOOK_WAIT_SCALE = 0.001
    assert breaker.rest_after(100) < timedelta(seconds=2)


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_asks_to_be_left_alone_is(receiver: Receiver, status: int) -> None:
    receiver.then(Behaviour(status, {"Retry-After": "3600"}))
    owe(make_item())
    deliver_due()
    owe(make_item())
    assert deliver_due() == 0
    assert len(receiver.received) == 1
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.resting_until is not None
    assert endpoint.resting_until > timezone.now() + timedelta(minutes=59)
    assert take(endpoint.pk) == []


def test_switching_an_endpoint_on_begins_anew(receiver: Receiver) -> None:
    endpoint = broken(receiver)
    owe(make_item())
    switch(endpoint.pk, False, admin())
    switch(endpoint.pk, True, admin())
    assert deliver_due() == 1


@on_its_own
def test_of_two_workers_one_has_the_probe(receiver: Receiver) -> None:
    endpoint = broken(receiver)
    for _ in range(10):
        owe(make_item())
    hurry()
    taken: list[int] = []
    together = threading.Barrier(4)

    def try_it() -> None:
        together.wait()
        taken.append(len(take(endpoint.pk)))

    workers = [threading.Thread(target=in_thread, args=(try_it,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == [0, 0, 0, 1]


def test_an_endpoint_that_is_well_costs_no_write(receiver: Receiver) -> None:
    endpoint = WebhookEndpoint.objects.get()
    with CaptureQueriesContext(connection) as queries:
        breaker.succeeded(endpoint.pk)
    assert [each["sql"].split()[0] for each in queries.captured_queries] == ["SELECT"]
