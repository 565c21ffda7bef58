"""The clearances that there are: one more, and none away that somebody or something needs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Clearance, Role
from moderation.models import Event, Requirements, RoutingRule
from tests.factories import make_queue, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    return client


def add(client: Client, **typed: str) -> Any:
    return client.post("/clearances/", {"name": "Child safety", "slug": "child_safety"} | typed)


def test_one_is_added_once_and_told(client: Client) -> None:
    assert b"There are no clearances yet" in client.get("/clearances/").content
    assert add(client).status_code == 302
    assert Event.objects.get(kind="clearance.added").data == {
        "clearance": "child_safety",
        "name": "Child safety",
    }
    again = add(client, name="Other")
    assert again.status_code == 422
    assert b"There is a clearance with this slug already" in again.content
    assert Clearance.objects.count() == 1


@pytest.mark.parametrize(("typed", "field"), [({"name": ""}, "name"), ({"slug": "no spaces"}, "slug")])
def test_what_cannot_be_is_refused_beside_its_field(
    client: Client, typed: dict[str, str], field: str
) -> None:
    answer = add(client, **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert not Clearance.objects.exists()


@pytest.mark.parametrize("needed_by", ["nobody", "a person", "a queue", "a rule", "a case"])
def test_it_goes_only_if_nothing_and_nobody_needs_it(client: Client, needed_by: str) -> None:
    add(client)
    made = Clearance.objects.get()
    if needed_by == "a person":
        make_user(clearances=("child_safety",))
    elif needed_by == "a queue":
        make_queue("strict", clearances=("child_safety",))
    elif needed_by == "a rule":
        RoutingRule.objects.create(position=1, name="r", queue=make_queue(), clearances=["child_safety"])
    elif needed_by == "a case":
        Requirements.objects.create(digest="x", clearances=["appeals", "child_safety"])
    client.post(f"/clearances/{made.pk}/remove/")
    said = client.get("/clearances/").content.decode()
    if needed_by == "nobody":
        assert "is no clearance any more" in said
        assert Event.objects.filter(kind="clearance.removed").exists()
    else:
        assert "It stays" in said
    assert Clearance.objects.exists() == (needed_by != "nobody")
    client.post(f"/clearances/{made.pk + 1}/remove/")
