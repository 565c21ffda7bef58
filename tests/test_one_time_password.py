"""A password that an admin made lets somebody in once: to choose her own."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role, User
from moderation.staffing.changing import create
from moderation.staffing.setups import PersonSetup
from tests.factories import make_user

pytestmark = pytest.mark.django_db
OWN = "seven herons over slack water"


@pytest.fixture
def noor() -> tuple[User, str]:
    return create("noor", PersonSetup("Noor"), make_user(role=Role.ADMIN))


def signed_in(noor: tuple[User, str]) -> Client:
    client = Client()
    answer = client.post("/sign-in/", {"username": "noor", "password": noor[1]})
    assert answer.status_code == 302
    return client


def chosen(client: Client, old: str, new: str, again: str | None = None) -> int:
    form = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
    return client.post("/password/", form).status_code


def test_it_opens_nothing_but_the_choice_of_another(noor: tuple[User, str]) -> None:
    client = signed_in(noor)
    for path in ("/", "/history/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/password/"
    script = client.post("/next/", headers={"HX-Request": "true"})
    assert script.headers["HX-Redirect"] == "/password/"
    assert b"lets you in once" in client.get("/password/").content


def test_with_her_own_the_desk_is_open_and_the_old_one_is_void(noor: tuple[User, str]) -> None:
    client = signed_in(noor)
    assert chosen(client, noor[1], OWN) == 302
    assert client.get("/").status_code == 200
    again = Client()
    assert again.post("/sign-in/", {"username": "noor", "password": noor[1]}).status_code == 200
    assert again.post("/sign-in/", {"username": "noor", "password": OWN}).status_code == 302


@pytest.mark.parametrize(("new", "again"), [("short", None), (OWN, "something else entirely"), ("", None)])
def test_a_weak_or_mistyped_one_is_refused(noor: tuple[User, str], new: str, again: str | None) -> None:
    client = signed_in(noor)
    assert chosen(client, noor[1], new, again) == 422
    assert client.get("/").status_code == 302


def test_the_one_time_password_cannot_be_chosen_again(noor: tuple[User, str]) -> None:
    client = signed_in(noor)
    assert chosen(client, noor[1], noor[1]) == 422
    assert client.get("/").status_code == 302
