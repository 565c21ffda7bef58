"""The pages about legal holds: two people lift one, it is never shortened, and nothing typed is lost on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from moderation.holds import lifting
from moderation.models import LegalHold, PreservedFile, Referral
from tests.factories import make_item
from tests.referring import MEDIA, cleared, refer, referred_with_a_file, signed_in, threat

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return cleared()


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


@pytest.fixture
def referral() -> Referral:
    return referred_with_a_file()


def test_two_people_lift_a_hold_on_its_page(client: Client, referral: Referral, ada: User) -> None:
    hold = referral.holds.get()
    path = f"/holds/{hold.pk}/"
    empty = client.post(path + "ask/", {"reasons": " "})
    assert empty.status_code == 422
    assert 'id="ask_reasons_error"' in empty.content.decode()
    client.post(path + "ask/", {"reasons": "They have everything."})
    assert "Take the wish back" in client.get(path).content.decode()
    assert b"so somebody else must" in client.post(path + "lift/", {"lift": "1"}, follow=True).content
    hold.refresh_from_db()
    assert hold.status == LegalHold.Status.LIFTING
    rosa = signed_in(cleared())
    assert "They have everything." in rosa.get(path).content.decode()
    assert "a second person is asked" in rosa.get("/holds/").content.decode()
    rosa.post(path + "lift/", {"lift": "1"})
    hold.refresh_from_db()
    assert hold.status == LegalHold.Status.LIFTED
    assert ada.display_name in client.get(path).content.decode()
    late = client.post(path + "ask/", {"reasons": "Typed too late."})
    assert late.status_code == 409
    assert "Typed too late." in late.content.decode()


def test_the_wish_to_lift_is_turned_down_on_the_page(client: Client, referral: Referral) -> None:
    hold = referral.holds.get()
    lifting.ask(hold.pk, cleared(), "Done")
    client.post(f"/holds/{hold.pk}/lift/", {"keep": "1"})
    hold.refresh_from_db()
    assert hold.status == LegalHold.Status.ACTIVE


def test_a_hold_is_extended_on_its_page_and_never_shortened(client: Client, referral: Referral) -> None:
    hold = referral.holds.get()
    sooner = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(f"/holds/{hold.pk}/extend/", {"until": sooner, "why": "Typed"})
    assert answer.status_code == 422
    assert 'id="extend_until_error"' in answer.content.decode()
    assert "Typed" in answer.content.decode()
    later = (hold.until + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M")
    assert client.post(f"/holds/{hold.pk}/extend/", {"until": later, "why": "Asked"}).status_code == 302
    before, hold = hold.until, LegalHold.objects.get(pk=hold.pk)
    assert hold.until > before


def test_a_failed_file_is_seen_and_fetched_again(client: Client) -> None:
    hold = refer(threat(media=MEDIA)).holds.get()
    hold.files.update(status="failed", error="The platform answered 404", attempts=8)
    assert "1 could not be fetched" in client.get("/holds/").content.decode()
    page = client.get(f"/holds/{hold.pk}/").content.decode()
    assert "The platform answered 404" in page
    client.post(f"/holds/{hold.pk}/retry/")
    file = hold.files.get()
    assert (file.status, file.attempts) == (PreservedFile.Status.WAITING, 0)


def test_something_is_held_without_a_referral(client: Client, ada: User) -> None:
    item = make_item(author=make_item(kind="account", text=""))
    typed: dict[str, Any] = {
        "platform": item.platform_id,
        "kind": "content",
        "external_id": "no such thing",
        "until": (timezone.now() + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M"),
        "reason": "Order 12/2026 to preserve",
    }
    refused = client.post("/holds/", typed)
    assert refused.status_code == 422
    assert 'id="id_external_id_error"' in refused.content.decode()
    assert "Order 12/2026 to preserve" in refused.content.decode()
    assert client.post("/holds/", typed | {"external_id": item.external_id}).status_code == 302
    alone = LegalHold.objects.get()
    assert (alone.referral, alone.placed_by) == (None, ada)
    assert [each.item for each in alone.held_items.all()] == [item]
    client.post("/holds/", typed | {"external_id": item.external_id, "around": "on"})
    assert LegalHold.objects.latest("pk").held_items.count() == 2
    assert client.get(f"/holds/{alone.pk}/").status_code == 200
