"""What is parked, or was sent since a moment, is sent again when somebody asks."""

from __future__ import annotations

import pytest

from moderation import audit
from moderation.models import Event, Message
from moderation.outbox.delivery import deliver_due
from moderation.outbox.replaying import NotParked, replay
from tests.factories import make_item, make_user
from tests.owing import admin, hurry, numbers, owe
from tests.receiver import FAIL, Receiver

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


def test_what_comes_after_a_parked_one_waits_for_its_replay(receiver: Receiver) -> None:
    item = make_item()
    first, second = owe(item, 1), owe(item, 2)
    Message.objects.filter(pk=first.pk).update(status=Status.PARKED, attempts=10, last_error="Answered 500")
    hurry()
    deliver_due()
    assert receiver.received == []
    person = make_user()
    replay(first.pk, audit.person(person))
    deliver_due()
    assert numbers(receiver) == [1, 2]
    assert receiver.received[0].webhook_id == str(first.webhook_id)
    assert Event.objects.filter(kind="webhook.replayed", actor_id=person.pk, item_id=item.pk).count() == 1
    with pytest.raises(NotParked):
        replay(first.pk, admin())
    with pytest.raises(NotParked):
        replay(owe(item, 3).pk, admin())
    second.refresh_from_db()
    assert second.status == Status.DELIVERED


def test_a_replayed_message_has_its_whole_schedule_again(receiver: Receiver) -> None:
    message = owe(make_item())
    Message.objects.filter(pk=message.pk).update(status=Status.PARKED, attempts=10)
    replay(message.pk, admin())
    receiver.then(FAIL)
    deliver_due()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.PENDING, 1)
