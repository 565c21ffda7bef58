"""Endpoints are made with a secret that is shown once, and leave when they are gone."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings
from standardwebhooks import Webhook

from accounts.models import Platform, User
from moderation.models import Event, Message, WebhookEndpoint
from moderation.outbox.delivery import AT_ONCE, deliver_due
from moderation.outbox.endpoints import create_endpoint, switch
from moderation.outbox.rotation import live
from moderation.outbox.signing import new_secret
from tests.factories import make_item, make_platform
from tests.owing import admin, hurry, owe
from tests.receiver import Behaviour, Receiver

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)

Status = Message.Status


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


def test_a_secret_is_made_by_the_standard_and_shown_once() -> None:
    make_platform("harbour")
    out = StringIO()
    call_command("create_webhook_endpoint", "harbour", "https://harbour.example/hooks", stdout=out)
    endpoint = WebhookEndpoint.objects.get()
    (secret,) = live(endpoint)
    assert secret in out.getvalue()
    assert secret.startswith("whsec_")
    assert len(Webhook(secret)._whsecret) == 32
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


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://localhost/x",
        "http://[::1]:8000/",
        "http://169.254.169.254/latest",
        "http://0/",
    ],
)
def test_a_private_address_is_refused_in_words(url: str, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    with pytest.raises(ValidationError) as refused:
        create_endpoint(make_platform(), url)
    assert "is not a public address" in refused.value.message_dict["url"][0]
    assert not WebhookEndpoint.objects.exists()
    with pytest.raises(CommandError, match="is not a public address"):
        call_command("create_webhook_endpoint", "harbour", url)


def test_an_endpoint_that_is_switched_on_again_is_gone_no_more(receiver: Receiver) -> None:
    receiver.then(Behaviour(410))
    owe(make_item())
    deliver_due()
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.gone_at is not None
    assert switch(endpoint.pk, True, admin()).gone_at is None
