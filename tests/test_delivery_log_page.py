"""Admins find any message in the log, by endpoint, item, kind and state, and see each attempt to deliver it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role
from moderation.models import Message, WebhookEndpoint
from moderation.outbox import log
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from moderation.outbox.log import SHOWN, Sought, find
from tests.factories import make_item, make_platform, make_user
from tests.owing import hurry, owe
from tests.receiver import DROP, FAIL, Receiver

pytestmark = pytest.mark.django_db
Status = Message.Status


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    return client


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"/deliveries/log/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_attempt_is_shown_with_its_time_answer_error_and_length(
    client: Client, receiver: Receiver
) -> None:
    message = owe(make_item())
    receiver.then(FAIL, DROP)
    for _ in range(3):
        hurry()
        deliver_due()
    page = client.get(f"/deliveries/{message.pk}/").content.decode()
    rows = page.split('id="attempts"')[1].split("<tbody>")[1].split("<tr>")[1:]
    assert len(rows) == 3
    assert "500" in rows[0]
    assert "Answered 500" in rows[0]
    assert "RemoteProtocolError" in rows[1]
    assert "204" in rows[2]
    assert "taken" in rows[2]
    for row in rows:
        assert " ms" in row
        assert timezone.now().strftime("%Y-%m-%d") in row
    assert str(message.webhook_id) in page


def test_what_was_not_tried_yet_says_so(client: Client, receiver: Receiver) -> None:
    assert "Not tried yet." in client.get(f"/deliveries/{owe(make_item()).pk}/").content.decode()
    assert client.get("/deliveries/999999999/").status_code == 404


def test_what_a_message_says_is_not_shown(client: Client, receiver: Receiver) -> None:
    """It holds what people wrote, and codes with which to appeal."""
    message = owe(make_item())
    Message.objects.update(payload={"data": {"statement": {"appeal_code": "SECRET-CODE"}}})
    for address in ("/deliveries/", "/deliveries/log/", f"/deliveries/{message.pk}/"):
        assert "SECRET-CODE" not in client.get(address).content.decode()


def test_the_log_is_narrowed_by_endpoint_item_kind_and_state(client: Client, receiver: Receiver) -> None:
    other = create_endpoint(make_platform("other"), "http://127.0.0.1:1/")
    here = WebhookEndpoint.objects.exclude(pk=other.pk).get()
    item, theirs = make_item(), make_item(make_platform("other"))
    first, second, third = owe(item), owe(item), owe(make_item())
    foreign = owe(theirs)
    Message.objects.filter(pk=second.pk).update(status=Status.PARKED, type="enforcement.requested")

    def ids(query: str) -> set[int]:
        page = shown(client, query)
        return {each.pk for each in (first, second, third, foreign) if f'id="message-{each.pk}"' in page}

    assert ids(f"?endpoint={here.pk}") == {first.pk, second.pk, third.pk}
    assert ids(f"?endpoint={other.pk}") == {foreign.pk}
    assert ids(f"?item={item.external_id}") == {first.pk, second.pk}
    assert ids(f"?item={theirs.external_id}&endpoint={here.pk}") == set()
    assert ids(f"?endpoint={here.pk}&status=parked") == {second.pk}
    assert ids(f"?endpoint={here.pk}&type=case.closed") == {first.pk, third.pk}
    assert ids(f"?endpoint={here.pk}&type=coverage.gap") == set()
    assert ids("?item=nothing") == set()
    assert "There is no such message here." in shown(client, "?item=nothing")


@pytest.mark.parametrize(
    "query", ["?endpoint=0", "?endpoint=x", "?type=nonsense", "?status=x", "?item=" + "x" * 300, "?before=x"]
)
def test_what_cannot_be_sought_is_said_and_what_was_typed_stays(
    client: Client, receiver: Receiver, query: str
) -> None:
    owe(make_item())
    page = shown(client, query + "&item=kept" if "item" not in query else query)
    assert 'id="message-' not in page
    assert ("kept" if "item" not in query else "x" * 300) in page


def test_the_log_goes_on_further_back(receiver: Receiver) -> None:
    endpoint = WebhookEndpoint.objects.get()
    item, at = make_item(), timezone.now()
    made = Message.objects.bulk_create(
        Message(endpoint=endpoint, item=item, type="case.closed", payload={}, next_attempt_at=at)
        for _ in range(2 * SHOWN + 10)
    )
    Message.objects.update(created_at=at)  # the same moment for all
    seen, before = [], None
    for _ in range(3):
        found = find(Sought(endpoint), before)
        seen += [message.pk for message in found.messages]
        before = found.before
    assert before is None
    assert seen == sorted((message.pk for message in made), reverse=True)


def test_where_few_are_of_the_kind_that_is_sought_the_log_is_looked_through_in_pieces(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LOOKED_THROUGH", 5)
    endpoint = WebhookEndpoint.objects.get()
    item = make_item()
    rare = owe(item)
    Message.objects.update(status=Status.PARKED)
    for _ in range(7):
        owe(item)
    found = find(Sought(endpoint, status="parked"))
    assert found.messages == []
    assert found.before is not None
    assert find(Sought(endpoint, status="parked"), found.before).messages == [rare]


def test_the_log_is_read_by_its_index(client: Client, receiver: Receiver, settings: Settings) -> None:
    endpoint = WebhookEndpoint.objects.get()
    item = make_item()
    Message.objects.bulk_create(
        Message(
            endpoint=endpoint,
            item=item,
            type="case.closed",
            payload={},
            status=Status.DELIVERED,
            next_attempt_at=timezone.now(),
        )
        for _ in range(5000)
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_message SET created_at = now() - id * interval '1 second'")
        cursor.execute("ANALYZE moderation_message")
    newest = Message.objects.filter(endpoint=endpoint).order_by("-created_at", "-pk")
    since = newest.filter(created_at__gte=timezone.now() - timedelta(seconds=10))
    for query in (newest[:50], since):
        plan = query.explain()
        assert "message_log" in plan
        assert "Seq Scan on moderation_message" not in plan
    shown(client)
    with CaptureQueriesContext(connection) as queries:
        shown(client)
    assert len(queries) <= 8
