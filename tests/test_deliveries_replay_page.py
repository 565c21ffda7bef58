"""Admins send a stretch of webhooks again: they see how many, confirm, and are told what is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from moderation.models import Event, Message, WebhookEndpoint
from moderation.outbox.delivery import deliver_due
from tests.factories import make_item, make_user
from tests.owing import numbers, owe
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db
Status = Message.Status


@pytest.fixture
def admin(db: None) -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def typed(**changes: str) -> dict[str, str]:
    return {
        "endpoint": str(WebhookEndpoint.objects.get().pk),
        "what": "parked",
        "since": "",
        "until": "",
    } | changes


def local(ago: timedelta) -> str:
    return (timezone.now() - ago).strftime("%Y-%m-%dT%H:%M")


def test_all_that_is_parked_is_counted_first_and_sent_once_confirmed(
    client: Client, admin: User, receiver: Receiver
) -> None:
    for number in range(3):
        owe(make_item(), number)
    Message.objects.update(status=Status.PARKED, attempts=10)
    page = client.post("/deliveries/replay/", typed()).content.decode()
    assert "3 messages would be sent again." in page
    assert set(Message.objects.values_list("status", flat=True)) == {Status.PARKED}
    answer = client.post("/deliveries/replay/", typed(confirmed="1"), follow=True)
    assert "3 messages are sent again now." in answer.content.decode()
    deliver_due()
    assert sorted(numbers(receiver)) == [0, 1, 2]
    event = Event.objects.get(kind="webhooks.replayed")
    assert (event.actor_id, event.data["messages"]) == (admin.pk, 3)
    assert "There is nothing to send again." in client.post("/deliveries/replay/", typed()).content.decode()


def test_everything_since_a_moment_is_sent_again(client: Client, receiver: Receiver) -> None:
    item = make_item()
    for number in range(3):
        owe(item, number)
    deliver_due()
    Message.objects.filter(pk=Message.objects.earliest("pk").pk).update(
        created_at=timezone.now() - timedelta(days=2)
    )
    wanted = typed(what="everything", since=local(timedelta(days=1)))
    assert "2 messages would be sent again." in client.post("/deliveries/replay/", wanted).content.decode()
    client.post("/deliveries/replay/", wanted | {"confirmed": "1"})
    deliver_due()
    assert numbers(receiver) == [0, 1, 2, 1, 2]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"since": "yesterday"}, "since", "Not a date and time"),
        ({"until": "31.12."}, "until", "Not a date and time"),
        ({"what": "everything"}, "since", "Everything since when?"),
        ({"since": "2999-01-01T00:00"}, "since", "in the future"),
        ({"since": "2026-01-02T00:00", "until": "2026-01-01T00:00"}, "until", "before the beginning"),
        (
            {"what": "everything", "since": "2026-01-02T00:00", "until": "2026-01-03T00:00"},
            "until",
            "Leave this empty",
        ),
        ({"what": "nonsense"}, "what", ""),
        ({"endpoint": "0"}, "endpoint", "There is no such endpoint any more"),
        ({"endpoint": ""}, "endpoint", "Choose an endpoint"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(
    client: Client, receiver: Receiver, changes: dict[str, str], field: str, said: str
) -> None:
    owe(make_item())
    Message.objects.update(status=Status.PARKED)
    answer = client.post("/deliveries/replay/", typed(**changes, confirmed="1"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page.split(f'id="{field}-error">')[1].split("</p>")[0]
    for name in ("since", "until"):
        assert f'name="{name}" value="{changes.get(name, "")}"' in page
    assert Message.objects.get().status == Status.PARKED
    assert not Event.objects.filter(kind="webhooks.replayed").exists()


def test_only_admins_send_again(receiver: Receiver) -> None:
    moderator = Client()
    moderator.force_login(make_user())
    assert moderator.post("/deliveries/replay/", typed(confirmed="1")).status_code == 403
    assert moderator.get("/deliveries/log/").status_code == 403
