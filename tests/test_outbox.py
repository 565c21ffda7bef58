"""The outbox delivers signed, in order per endpoint and item, at least once, and parks in sight what cannot be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import Platform, User
from moderation import audit
from moderation.models import DeliveryAttempt, Event, Item, Message, WebhookEndpoint
from moderation.outbox import post
from moderation.outbox.delivery import AT_ONCE, deliver_due, due, sweep_deliveries, take, write_down
from moderation.outbox.endpoints import create_endpoint, switch
from moderation.outbox.replaying import NotParked, replay
from moderation.outbox.schedule import JITTER, WAITS, wait_after
from moderation.outbox.sending import Answer
from moderation.outbox.signing import new_secret
from tests.factories import make_item, make_platform, make_user
from tests.receiver import DRIP, DRIP_BODY, DROP, FAIL, HANG, Behaviour, Receiver, receiving, wait_until

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    with receiving() as it:
        create_endpoint(make_platform(), it.url, secret=it.secret)
        yield it


def owe(item: Item, number: int = 1) -> Message:
    """A webhook about an item, at its platform's endpoint."""
    with transaction.atomic():
        post("case.closed", item, {"item": {"kind": item.kind, "id": item.external_id}, "number": number})
    return Message.objects.latest("pk")


def hurry() -> None:
    """Let the time come for everything that waits."""
    Message.objects.filter(status=Status.PENDING).update(next_attempt_at=timezone.now())


def numbers(receiver: Receiver) -> list[int]:
    return [each.data["number"] for each in receiver.received]


def admin() -> audit.Actor:
    return audit.person(make_user())


def test_a_webhook_is_what_the_standard_says(receiver: Receiver) -> None:
    message = owe(make_item())
    assert deliver_due() == 1
    got = receiver.received[0]
    assert set(got.message) == {"type", "timestamp", "data"}
    assert got.webhook_id == str(message.webhook_id)
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert got.message["timestamp"].endswith("Z")
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == (Status.DELIVERED, 1, "")
    attempt = DeliveryAttempt.objects.get(message_id=message.pk)
    assert (attempt.attempt, attempt.status_code, attempt.error) == (1, 204, "")
    assert deliver_due() == 0
    assert len(receiver.received) == 1


def test_a_webhook_of_another_secret_does_not_verify() -> None:
    with receiving() as receiver:
        create_endpoint(make_platform(), receiver.url)
        message = owe(make_item())
        deliver_due()
        assert len(receiver.refused) == 1
        receiver.refused.clear()
    message.refresh_from_db()
    assert (message.status, message.last_error) == (Status.PENDING, "Answered 400")


def test_it_is_tried_again_with_the_same_id_and_a_new_signature(receiver: Receiver) -> None:
    message = owe(make_item())
    receiver.then(FAIL, DROP)
    for _ in range(3):
        hurry()
        deliver_due()
    first, second, third = receiver.received
    assert first.webhook_id == second.webhook_id == third.webhook_id
    assert first.message == third.message
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.DELIVERED, 3)
    errors = list(
        DeliveryAttempt.objects.filter(message_id=message.pk).order_by("id").values_list("error", flat=True)
    )
    assert errors[0] == "Answered 500"
    assert errors[1].startswith("RemoteProtocolError")
    assert errors[2] == ""


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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving() as elsewhere:
        message = owe(make_item())
        receiver.then(Behaviour(status, {"Location": elsewhere.url}))
        deliver_due()
        assert elsewhere.received == []
    message.refresh_from_db()
    assert message.status == Status.PENDING
    assert message.last_error == f"Answered {status}: redirects are not followed"


@pytest.mark.parametrize("slow", [HANG, DRIP])
def test_an_endpoint_that_takes_too_long_has_not_taken_it(
    receiver: Receiver, slow: Behaviour, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.5
    message = owe(make_item())
    receiver.then(slow)
    deliver_due()
    message.refresh_from_db()
    assert (message.status, message.last_error) == (Status.PENDING, "No answer within 0.5 s")


def test_an_endpoint_that_answered_has_taken_it_however_long_its_answer_goes_on(
    receiver: Receiver, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.5
    message = owe(make_item())
    receiver.then(DRIP_BODY)
    assert deliver_due() == 1
    message.refresh_from_db()
    assert (message.status, message.last_error) == (Status.DELIVERED, "")


def test_one_connection_serves_many_messages(receiver: Receiver) -> None:
    item = make_item()
    for number in range(5):
        owe(item, number)
    assert deliver_due() == 5
    assert receiver.connections == 1


def test_a_desk_that_would_send_twice_at_once_does_not_start(settings: Any) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = settings.DELIVERY_LEASE_SECONDS
    assert [each.id for each in checks.run_checks()] == ["fairlead.E002"]


def test_an_endpoint_that_is_gone_is_sent_nothing_more(receiver: Receiver) -> None:
    for _ in range(12):
        owe(make_item())
    receiver.then(*[Behaviour(410)] * 12)
    deliver_due()
    assert len(receiver.received) == AT_ONCE  # those were on their way together
    hurry()
    deliver_due()
    assert len(receiver.received) == AT_ONCE
    endpoint = WebhookEndpoint.objects.get()
    assert not endpoint.enabled
    assert Event.objects.filter(kind="endpoint.gone", data__endpoint_id=endpoint.pk).count() == 1
    # Nothing is lost: it waits for the endpoint to be switched on again.
    assert Message.objects.filter(status=Status.PENDING).count() == 12
    switch(endpoint.pk, True, admin())
    deliver_due()
    assert len(receiver.received) > AT_ONCE


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


def test_one_message_that_cannot_be_sent_at_all_does_not_stop_the_others(receiver: Receiver) -> None:
    broken = create_endpoint(make_platform("broken"), "http://127.0.0.1:1/")
    WebhookEndpoint.objects.filter(pk=broken.pk).update(
        secret="whsec_", url="http://" + "a" * 70 + ".example"
    )
    stuck = owe(make_item(make_platform("broken")))
    owe(make_item(), 7)
    deliver_due()
    assert numbers(receiver) == [7]
    stuck.refresh_from_db()
    assert stuck.status == Status.PENDING
    assert stuck.last_error


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


@on_its_own
def test_no_transaction_is_open_while_a_request_is(receiver: Receiver) -> None:
    def look(_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            opened.append(cursor.fetchone())
        connection.close()

    opened: list[Any] = []
    receiver.while_open = look
    item = make_item()
    for number in (1, 2, 3):
        owe(item, number)
    receiver.then(FAIL)
    deliver_due()
    hurry()
    deliver_due()
    assert opened == [(0,)] * 4


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


def test_an_endpoint_that_does_not_answer_rests_until_the_next_run() -> None:
    """A dead endpoint with much waiting is asked a few times a run, not once for everything."""
    with receiving() as receiver:
        create_endpoint(make_platform(), receiver.url, secret=receiver.secret)
        receiver.then(*[DROP] * 50)
        for _ in range(20):
            owe(make_item())
        deliver_due()
        assert len(receiver.received) == 8
        deliver_due()
        assert len(receiver.received) == 16


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


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def in_thread(do: Any) -> None:
    try:
        do()
    finally:
        connection.close()


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


def test_a_secret_is_made_by_the_standard_and_shown_once() -> None:
    make_platform("harbour")
    out = StringIO()
    call_command("create_webhook_endpoint", "harbour", "https://harbour.example/hooks", stdout=out)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in out.getvalue()
    assert endpoint.secret.startswith("whsec_")
    assert len(Webhook(endpoint.secret)._whsecret) == 32
    assert new_secret() != new_secret()
    assert Event.objects.filter(kind="endpoint.created").latest("id").data == {
        "endpoint_id": endpoint.pk,
        "platform": "harbour",
        "url": "https://harbour.example/hooks",
    }


@pytest.mark.parametrize("url", ["", "harbour.example", "ftp://harbour.example/", "javascript:alert(1)"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        create_endpoint(make_platform(), url)
    assert not WebhookEndpoint.objects.exists()
    with pytest.raises(CommandError):
        call_command("create_webhook_endpoint", "harbour", url)


def test_an_endpoint_of_an_unknown_platform_is_refused() -> None:
    with pytest.raises(CommandError, match="no platform “nowhere”"):
        call_command("create_webhook_endpoint", "nowhere", "https://harbour.example/hooks")
    assert not Platform.objects.exists()
    assert not User.objects.exists()
