"""A webhook that is not taken is tried again for three days, then parked in sight."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import checks
from django.utils import timezone

from moderation.models import Event, Message
from moderation.outbox.delivery import deliver_due
from moderation.outbox.schedule import JITTER, WAITS, wait_after
from tests.factories import make_item
from tests.owing import hurry, owe
from tests.receiver import FAIL, Behaviour, Receiver

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


def test_each_wait_is_longer_and_the_last_one_parks(receiver: Receiver) -> None:
    message = owe(make_item())
    receiver.then(*[FAIL] * len(WAITS))
    for attempt in range(1, len(WAITS) + 1):
        hurry()
        before = timezone.now()
        deliver_due()
        message.refresh_from_db()
        assert message.attempts == attempt
        if attempt < len(WAITS):
            assert message.status == Status.PENDING
            waits = message.next_attempt_at - before
            assert WAITS[attempt] <= waits <= WAITS[attempt] * (1 + JITTER) + timedelta(seconds=5)
            assert deliver_due() == 0  # not before its time
            assert len(receiver.received) == attempt
    assert (message.status, message.last_error) == (Status.PARKED, "Answered 500")
    assert Event.objects.filter(kind="webhook.parked", item_id=message.item_id).count() == 1
    hurry()
    deliver_due()
    assert len(receiver.received) == len(WAITS)


def test_the_schedule_is_the_standards() -> None:
    seconds = [wait.total_seconds() for wait in WAITS]
    hour = 3600
    assert seconds == [0, 5, 300, 1800, *(h * hour for h in (2, 5, 10, 14, 20, 24))]
    assert wait_after(1, timedelta(hours=1)) == timedelta(hours=1)
    assert wait_after(1, timedelta(days=400)) == timedelta(hours=24)
    assert wait_after(len(WAITS), timedelta(hours=1)) is None


@pytest.mark.parametrize("asked", ["7200", "http date"])
def test_an_endpoint_that_asks_for_time_gets_it(receiver: Receiver, asked: str) -> None:
    if asked == "http date":
        asked = (timezone.now() + timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    message = owe(make_item())
    receiver.then(Behaviour(429, {"Retry-After": asked}))
    deliver_due()
    message.refresh_from_db()
    assert message.next_attempt_at > timezone.now() + timedelta(hours=1, minutes=59)


def test_a_retry_after_that_is_none_is_passed_over(receiver: Receiver) -> None:
    message = owe(make_item())
    receiver.then(Behaviour(503, {"Retry-After": "soon"}))
    deliver_due()
    message.refresh_from_db()
    assert message.next_attempt_at < timezone.now() + timedelta(minutes=1)


def test_a_desk_that_would_send_twice_at_once_does_not_start(settings: Any) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = settings.DELIVERY_LEASE_SECONDS
    assert [each.id for each in checks.run_checks()] == ["fairlead.E002"]


def test_waits_are_shortened_by_the_setting_but_not_what_an_endpoint_asked_for(settings: Any) -> None:
    settings.WEBHOOK_WAIT_SCALE = 0.001
    assert wait_after(9) is not None
    assert (wait_after(9) or timedelta(0)) < timedelta(minutes=2)
    assert wait_after(9, timedelta(hours=1)) == timedelta(hours=1)
