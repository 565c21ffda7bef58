"""What is parked, or was sent since a moment, is sent again when somebody asks."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation import audit
from moderation.models import Event, Item, Message, WebhookEndpoint
from moderation.outbox.delivery import deliver_due, take
from moderation.outbox.endpoints import create_endpoint
from moderation.outbox.replaying import NotParked, Stretch, replay, replay_stretch
from moderation.outbox.sending import Answer
from moderation.outbox.writing_down import write_down
from tests.factories import make_item, make_platform, make_user
from tests.owing import admin, hurry, in_thread, numbers, owe, waiting_for_a_lock
from tests.receiver import FAIL, Receiver, wait_until

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


def deliver_one_by_one(item: Item, *given: int) -> list[Message]:
    messages = [owe(item, number) for number in given]
    deliver_due()
    return messages


def test_everything_since_a_moment_comes_again_in_order_with_the_same_ids(receiver: Receiver) -> None:
    item, other = make_item(), make_item()
    deliver_one_by_one(item, 0)
    since = timezone.now()
    deliver_one_by_one(item, 1, 2, 3)
    deliver_one_by_one(other, 9)
    before = receiver.received[1:]
    person = make_user()
    endpoint = WebhookEndpoint.objects.get()
    stretch = Stretch(endpoint.pk, since, delivered=True)
    assert stretch.count() == 4
    assert replay_stretch(stretch, audit.person(person)) == 4
    owe(item, 4)
    assert deliver_due() == 5
    again = receiver.received[5:]
    assert [each.data["number"] for each in again if each.item == item.external_id] == [1, 2, 3, 4]
    assert {each.webhook_id for each in before} == {
        each.webhook_id for each in again if each.data["number"] != 4
    }
    event = Event.objects.get(kind="webhooks.replayed")
    assert (event.actor_id, event.data["messages"], event.data["delivered"]) == (person.pk, 4, True)
    assert event.data["since"] == since.isoformat()


def test_what_is_on_its_way_during_a_replay_comes_once_more_after_it(receiver: Receiver) -> None:
    item = make_item()
    since = timezone.now()
    deliver_one_by_one(item, 1, 2)
    owe(item, 3)
    endpoint = WebhookEndpoint.objects.get()
    (on_its_way,) = take(endpoint.pk)
    replay_stretch(Stretch(endpoint.pk, since, delivered=True), admin())
    write_down(on_its_way, Answer(204, "", 1))  # it came before 1 and 2 did again
    deliver_due()
    assert numbers(receiver) == [1, 2, 1, 2, 3]
    assert not Message.objects.exclude(status=Status.DELIVERED).exists()


def test_what_waits_is_not_touched_by_a_replay(receiver: Receiver) -> None:
    message = owe(make_item())
    (taken,) = take(message.endpoint_id)
    message.refresh_from_db()
    leased_until = message.next_attempt_at
    replay_stretch(Stretch(message.endpoint_id, message.created_at, delivered=True), admin())
    message.refresh_from_db()
    assert (message.attempts, message.next_attempt_at) == (taken.attempts, leased_until)


def test_parked_ones_between_two_moments_are_sent_again(receiver: Receiver) -> None:
    items = [make_item() for _ in range(4)]
    messages = [owe(item, number) for number, item in enumerate(items)]
    Message.objects.update(status=Status.PARKED, attempts=10)
    Message.objects.filter(pk=messages[3].pk).update(status=Status.DELIVERED)
    stretch = Stretch(messages[0].endpoint_id, messages[1].created_at, messages[2].created_at)
    assert stretch.count() == replay_stretch(stretch, admin()) == 2
    deliver_due()
    assert sorted(numbers(receiver)) == [1, 2]
    assert replay_stretch(Stretch(messages[0].endpoint_id), admin()) == 1
    deliver_due()
    assert sorted(numbers(receiver)) == [0, 1, 2]


def test_a_replay_is_as_many_statements_however_much_it_sends_again(receiver: Receiver) -> None:
    def statements() -> int:
        Message.objects.update(status=Status.PARKED, attempts=10)
        with CaptureQueriesContext(connection) as queries:
            replay_stretch(Stretch(WebhookEndpoint.objects.get().pk), by)
        return len(queries)

    by = admin()
    owe(make_item())
    few = statements()
    for _ in range(10):
        owe(make_item())
    assert statements() == few


def test_what_another_endpoint_is_owed_is_left_alone(receiver: Receiver) -> None:
    message = owe(make_item())
    Message.objects.update(status=Status.PARKED)
    other = create_endpoint(make_platform("other"), "http://127.0.0.1:1/")
    assert replay_stretch(Stretch(other.pk), admin()) == 0
    message.refresh_from_db()
    assert message.status == Status.PARKED


def test_what_was_delivered_is_sent_again_only_until_now() -> None:
    with pytest.raises(ValueError, match="until now"):
        Stretch(1, timezone.now(), timezone.now(), delivered=True)
    with pytest.raises(ValueError, match="until now"):
        Stretch(1, delivered=True)


@on_its_own
def test_a_replay_waits_for_what_is_being_written_down(receiver: Receiver) -> None:
    """Else the newer message, marked as delivered at the same moment, would be the one that does not come again."""
    item = make_item()
    since = timezone.now()
    deliver_one_by_one(item, 1)
    owe(item, 2)
    endpoint = WebhookEndpoint.objects.get()
    (newer,) = take(endpoint.pk)
    replayed = threading.Thread(
        target=in_thread,
        args=(lambda: replay_stretch(Stretch(endpoint.pk, since, delivered=True), audit.SYSTEM),),
    )
    with transaction.atomic():
        write_down(newer, Answer(204, "", 1))
        replayed.start()
        wait_until(lambda: waiting_for_a_lock() or not replayed.is_alive(), "the replay waits")
        assert replayed.is_alive()
    replayed.join()
    deliver_due()
    assert numbers(receiver) == [1, 1, 2]
