"""Admins add endpoints and rotate their secrets; a secret is shown once."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Role
from moderation.models import EndpointSecret, Event, WebhookEndpoint
from moderation.outbox.endpoints import create_endpoint
from moderation.outbox.rotation import listed, live
from tests.factories import make_platform, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    return client


def shown(client: Client) -> str:
    return client.get("/deliveries/").content.decode()


def test_an_endpoint_is_added_and_its_secret_shown_once(client: Client) -> None:
    platform = make_platform()
    answer = client.post(
        "/deliveries/endpoints/new/", {"platform": platform.pk, "url": "https://harbour.example/hooks"}
    )
    endpoint = WebhookEndpoint.objects.get()
    assert live(endpoint)[0] in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert live(endpoint)[0] not in shown(client)
    assert Event.objects.filter(kind="endpoint.created").exclude(actor_id=None).count() == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "An address is needed"),
        ("harbour.example/hooks", "must begin with https://"),
        ("http://[", "must begin with https://"),
        ("http://192.168.7.7/hooks", "192.168.7.7 is not a public address"),
        ("http://localhost:8000/", "is not a public address"),
        ("https://" + "a" * 70 + ".example/", "Enter a valid URL"),
    ],
)
def test_an_address_that_cannot_be_is_refused_in_words_and_kept(
    client: Client, url: str, said: str, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    platform = make_platform()
    answer = client.post("/deliveries/endpoints/new/", {"platform": platform.pk, "url": url})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page.split('id="url-error">')[1].split("</p>")[0]
    assert f'value="{url}"' in page
    assert f'<option value="{platform.pk}" selected>' in page
    assert not WebhookEndpoint.objects.exists()


def test_a_secret_is_rotated_and_the_former_one_ended_by_hand(client: Client) -> None:
    endpoint = create_endpoint(make_platform(), "http://127.0.0.1:1/")
    (former,) = live(endpoint)
    answer = client.post(f"/deliveries/endpoints/{endpoint.pk}/secret/")
    page = answer.content.decode()
    new = live(endpoint)[0]
    assert new in page
    assert former not in page
    assert answer.headers["Cache-Control"] == "no-store"
    current, old = listed(endpoint)
    page = shown(client)
    assert f"/deliveries/secrets/{old.pk}/retire/" in page
    assert f"/deliveries/secrets/{current.pk}/retire/" not in page
    assert new not in page
    client.post(f"/deliveries/secrets/{old.pk}/retire/")
    assert live(endpoint) == [new]
    assert client.post(f"/deliveries/secrets/{current.pk}/retire/").status_code == 404
    assert client.post(f"/deliveries/secrets/{old.pk}/retire/").status_code == 404
    assert client.post("/deliveries/endpoints/0/secret/").status_code == 404
    assert EndpointSecret.objects.count() == 1


def test_moderators_touch_no_secret(client: Client) -> None:
    endpoint = create_endpoint(make_platform(), "http://127.0.0.1:1/")
    moderator = Client()
    moderator.force_login(make_user())
    assert moderator.post(f"/deliveries/endpoints/{endpoint.pk}/secret/").status_code == 403
    assert moderator.get("/deliveries/endpoints/new/").status_code == 403
    assert EndpointSecret.objects.count() == 1
