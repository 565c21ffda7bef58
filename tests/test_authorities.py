"""The list of authorities: what comes with Fairlead, and what admins make of it."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Role
from moderation.countries import COUNTRIES
from moderation.models import Authority, Event
from moderation.referrals.authorities import KNOWN, load_known
from tests.factories import make_user
from tests.referring import cleared, referred

pytestmark = pytest.mark.django_db

MEMBER_STATES = (
    *(
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
    ),
    *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
TYPED = {
    "name": "Police of Elsewhere",
    "country": "FR",
    "kind": "police",
    "contact": "By post",
    "in_use": "on",
}


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    return client


def test_those_that_come_with_fairlead_are_loaded_once() -> None:
    known = json.loads(KNOWN.read_text())
    assert load_known() == len(known) > 30
    assert {each.name for each in Authority.objects.filter(country="")} >= {"Europol"}
    assert not Authority.objects.exclude(contact="").exists(), "nobody's contact is made up"
    assert {each["country"] for each in known} - {""} <= COUNTRIES
    Authority.objects.filter(name="Europol").update(contact="As agreed", in_use=False)
    said = StringIO()
    call_command("load_authorities", stdout=said)
    assert said.getvalue() == "0 added\n"
    europol = Authority.objects.get(name="Europol")
    assert (europol.contact, europol.in_use) == ("As agreed", False)


def test_every_member_state_has_somebody_to_turn_to() -> None:
    assert set(MEMBER_STATES) <= {each["country"] for each in json.loads(KNOWN.read_text())}


def test_an_admin_adds_and_changes_one(client: Client) -> None:
    assert b"The list is empty" in client.get("/authorities/").content
    assert client.post("/authorities/", TYPED).status_code == 302
    made = Authority.objects.get()
    path = f"/authorities/{made.pk}/"
    assert b"By post" in client.get(path).content
    assert client.post(path, TYPED | {"contact": "By phone", "in_use": ""}).status_code == 302
    made.refresh_from_db()
    assert (made.contact, made.in_use) == ("By phone", False)
    assert [each.kind for each in Event.objects.filter(kind__startswith="authority.").order_by("id")] == [
        "authority.added",
        "authority.changed",
    ]
    changed = Event.objects.get(kind="authority.changed").data
    assert (changed["before"]["contact"], changed["after"]["contact"]) == ("By post", "By phone")
    assert client.get("/authorities/999999/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": ""}, "name"), ({"country": "XX"}, "country"), ({"kind": "army"}, "kind")],
)
def test_what_cannot_be_is_said_beside_its_field_and_stays(
    client: Client, wrong: dict[str, str], field: str
) -> None:
    answer = client.post("/authorities/", TYPED | wrong)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert "By post" in answer.content.decode()
    assert not Authority.objects.exists()


def test_one_is_in_the_list_once(client: Client) -> None:
    client.post("/authorities/", TYPED)
    again = client.post("/authorities/", TYPED | {"contact": "Typed anew"})
    assert again.status_code == 422
    assert "in the list already" in again.content.decode()
    assert "Typed anew" in again.content.decode()
    other = Authority.objects.create(name="Gendarmerie", country="FR", kind="police")
    assert client.post(f"/authorities/{other.pk}/", TYPED).status_code == 422
    assert client.post("/authorities/", TYPED | {"country": "BE"}).status_code == 302


def test_one_that_is_not_in_use_is_offered_only_where_it_was_chosen() -> None:
    old = Authority.objects.create(name="Old police", country="DE", kind="police", in_use=False)
    chosen, other = referred(), referred()
    type(chosen).objects.filter(pk=chosen.pk).update(authority=old, authority_written="")
    client = Client()
    client.force_login(cleared())
    assert b"Old police" in client.get(f"/referrals/{chosen.pk}/").content
    assert b"Old police" not in client.get(f"/referrals/{other.pk}/").content
