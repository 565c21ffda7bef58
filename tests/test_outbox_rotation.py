"""Signing secrets are encrypted at rest, and replaced without a moment in which a webhook does not verify."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from moderation import audit
from moderation.models import EndpointSecret, Event, Message, WebhookEndpoint
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from moderation.outbox.rotation import OVERLAP, CannotDecrypt, StillNeeded, listed, live, retire, rotate
from tests.factories import make_item, make_platform, make_user
from tests.owing import admin, hurry, owe
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return create_endpoint(make_platform(), "http://127.0.0.1:1/")


def test_a_secret_is_not_in_the_tables_in_clear(endpoint: WebhookEndpoint) -> None:
    (secret,) = live(endpoint)
    kept = EndpointSecret.objects.get()
    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_") not in kept.encrypted


def test_webhooks_verify_with_either_secret_until_the_former_one_ends(receiver: Receiver) -> None:
    endpoint = WebhookEndpoint.objects.get()
    former, new = receiver.secret, rotate(endpoint.pk, admin())
    assert former != new
    owe(make_item())
    assert deliver_due() == 1  # the platform still has the former one
    receiver.secret = new
    owe(make_item())
    assert deliver_due() == 1
    first = receiver.received[0]
    assert [part.split(",")[0] for part in first.headers["webhook-signature"].split(" ")] == ["v1", "v1"]
    EndpointSecret.objects.exclude(expires_at=None).update(expires_at=timezone.now())
    owe(make_item())
    assert deliver_due() == 1
    headers = receiver.received[2].headers
    assert len(headers["webhook-signature"].split(" ")) == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(former).verify(b"{}", headers)


def test_the_former_secret_signs_for_a_day(endpoint: WebhookEndpoint) -> None:
    (former,) = live(endpoint)
    person = make_user()
    new = rotate(endpoint.pk, audit.person(person))
    assert live(endpoint) == [new, former]
    now = timezone.now()
    assert live(endpoint, now + OVERLAP - timedelta(minutes=1)) == [new, former]
    assert live(endpoint, now + OVERLAP + timedelta(minutes=1)) == [new]
    again = rotate(endpoint.pk, admin())
    assert live(endpoint) == [again, new, former]
    EndpointSecret.objects.exclude(expires_at=None).update(expires_at=now)
    last = rotate(endpoint.pk, admin())
    assert live(endpoint) == [last, again]
    assert EndpointSecret.objects.count() == 2  # what signs no more is not kept
    event = Event.objects.filter(kind="endpoint.secret_rotated").earliest("id")
    assert event.actor_id == person.pk
    assert set(event.data) == {"endpoint_id", "secret_id"}


def test_a_former_secret_is_retired_by_hand_and_the_last_one_is_not(endpoint: WebhookEndpoint) -> None:
    new = rotate(endpoint.pk, admin())
    current, former = listed(endpoint)
    assert retire(former.pk, admin()) == endpoint.pk
    assert live(endpoint) == [new]
    with pytest.raises(StillNeeded):
        retire(current.pk, admin())
    assert live(endpoint) == [new]
    assert Event.objects.filter(kind="endpoint.secret_retired").count() == 1


def test_a_former_secret_key_of_the_desk_still_decrypts(
    endpoint: WebhookEndpoint, settings: Settings
) -> None:
    (secret,) = live(endpoint)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one, of the next year ......"
    assert live(endpoint) == [secret]
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CannotDecrypt):
        live(endpoint)


def test_a_secret_that_cannot_be_decrypted_is_said_with_the_message(
    receiver: Receiver, settings: Settings
) -> None:
    message = owe(make_item())
    settings.SECRET_KEY = "another one, without the former one."
    deliver_due()
    message.refresh_from_db()
    assert message.status == Message.Status.PENDING
    assert "SECRET_KEY_FALLBACKS" in message.last_error
    settings.SECRET_KEY = "only-the-tests-use-this-key"
    hurry()
    assert deliver_due() == 1


def test_the_command_prints_a_new_secret_once(endpoint: WebhookEndpoint) -> None:
    out = StringIO()
    call_command("rotate_webhook_secret", str(endpoint.pk), stdout=out)
    assert live(endpoint)[0] in out.getvalue()
    assert live(endpoint)[1] not in out.getvalue()
    with pytest.raises(CommandError, match="no endpoint 0"):
        call_command("rotate_webhook_secret", "0")
