"""A webhook is signed, sent once, and counts as taken only when the endpoint says so in time."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from moderation.models import DeliveryAttempt, Message, WebhookEndpoint
from moderation.outbox import delivery
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from moderation.outbox.sending import MOST_READ, Answer
from tests.factories import make_item, make_platform
from tests.owing import hurry, numbers, owe
from tests.receiver import ALREADY_GONE, DRIP, DRIP_BODY, DROP, FAIL, HANG, Behaviour, Receiver, receiving

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


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


def test_one_message_that_cannot_be_sent_at_all_does_not_stop_the_others(receiver: Receiver) -> None:
    broken = create_endpoint(make_platform("broken"), "http://127.0.0.1:1/", secret="whsec_")
    WebhookEndpoint.objects.filter(pk=broken.pk).update(url="http://" + "a" * 70 + ".example")
    stuck = owe(make_item(make_platform("broken")))
    owe(make_item(), 7)
    deliver_due()
    assert numbers(receiver) == [7]
    stuck.refresh_from_db()
    assert stuck.status == Status.PENDING
    assert stuck.last_error


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


@pytest.mark.parametrize(
    ("behaviour", "gone"),
    [
        (ALREADY_GONE, True),
        (Behaviour(202, body=b' {"more": [1], "result": "already_gone"} '), True),
        (Behaviour(500, body=ALREADY_GONE.body), False),
        (Behaviour(200, body=b'{"result": "done"}'), False),
        (Behaviour(200, body=b'"already_gone"'), False),
        (Behaviour(200, body=b'{"result": "already_gone"'), False),
        (Behaviour(200, body=b"[" * 4000), False),
        (Behaviour(200, body=b"\xff\xfe\x00"), False),
        (Behaviour(200, body=b"{" + b" " * MOST_READ + b'"result": "already_gone"}'), False),
        (Behaviour(drip=b'HTTP/1.1 200 OK\r\n\r\n{"result": "already_gone"}'), False),
    ],
)
def test_only_a_whole_short_answer_says_that_it_is_already_gone(
    receiver: Receiver, behaviour: Behaviour, gone: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 2
    answers: list[Answer] = []
    monkeypatch.setattr(delivery, "write_down", lambda message, answer: answers.append(answer))
    receiver.then(behaviour)
    owe(make_item())
    deliver_due()
    (answer,) = answers
    assert answer.taken == (behaviour.status < 300)
    assert answer.already_gone == gone


def test_what_leads_to_a_private_address_is_not_sent_and_says_why(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    message = owe(make_item())
    deliver_due()
    assert (receiver.received, receiver.connections) == ([], 0)
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.PENDING, 1)
    assert message.last_error == "Not sent: 127.0.0.1 is not a public address"
