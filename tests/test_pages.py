"""What every page has in common: signing in, errors that lose nothing, health, and headers."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_signing_in_leads_where_she_wanted_to_go(client: Client) -> None:
    user = make_user(en=5)
    asked = client.get("/history/")
    assert asked.headers["Location"] == "/sign-in/?next=/history/"
    signed_in = client.post(
        "/sign-in/", {"username": user.username, "password": PASSWORD, "next": "/history/"}
    )
    assert signed_in.headers["Location"] == "/history/"
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/history/").status_code == 302


def test_it_never_leads_to_another_site(client: Client) -> None:
    user = make_user(en=5)
    form = {"username": user.username, "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post("/sign-in/", form).headers["Location"] == "/"


def test_a_wrong_password_is_said_and_the_name_stays(client: Client) -> None:
    user = make_user()
    page = client.post("/sign-in/", {"username": user.username, "password": "wrong"}).content.decode()
    assert "This name and password do not go together." in page
    assert f'value="{user.username}"' in page


def test_guessing_passwords_is_stopped_and_said(client: Client) -> None:
    user = make_user()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post("/sign-in/", {"username": user.username, "password": "wrong"})
    assert answer.status_code == 429
    assert "Locked for a while" in answer.content.decode()
    right = client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    assert right.status_code == 429


def test_a_form_without_a_valid_token_gives_back_what_was_typed() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    words = "An hour's work <b>here</b>"
    answer = client.post("/cases/1/decide/", {"reasoning": words, "password": "secret-secret"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "An hour&#x27;s work &lt;b&gt;here&lt;/b&gt;" in page
    assert "secret-secret" not in page
    assert "<form" not in page


def test_what_is_not_there_is_said_in_plain_words(client: Client) -> None:
    client.force_login(make_user())
    answer = client.get("/cases/2000000000/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_fault_of_ours_has_its_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    client.force_login(make_user())
    client.raise_request_exception = False
    monkeypatch.setattr("moderation.console.board.figures", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


def test_healthz_says_what_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert json.loads(answer.content) == {"database": "ok", "redis": "ok"}


def test_the_desk_works_without_redis_and_says_so(client: Client, settings: object) -> None:
    settings.RQ_QUEUES = {"default": {"URL": "redis://127.0.0.1:1/0"}}  # type: ignore[attr-defined]
    answer = client.get("/healthz")
    assert (answer.status_code, json.loads(answer.content)["redis"]) == (200, "unreachable")


@pytest.mark.parametrize("path", ["/", "/history/", "/sign-in/", "/nothing-here"])
def test_every_page_forbids_what_it_does_not_need(client: Client, path: str) -> None:
    if path != "/sign-in/":
        client.force_login(make_user())
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    # "no-referrer" would make browsers hide where a form came from, and the CSRF check refuse every form.
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_interface_speaks_the_language_that_was_chosen(client: Client) -> None:
    client.force_login(make_user())
    client.post("/interface-language/", {"language": "ar", "next": "/"})
    assert '<html lang="ar" dir="rtl"' in client.get("/").content.decode()


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_a_chosen_appearance_is_in_the_page_from_the_first_byte(client: Client, theme: str) -> None:
    client.cookies["theme"] = theme
    assert f'data-theme="{theme}"' in client.get("/sign-in/").content.decode()


def test_an_appearance_that_does_not_exist_is_not_echoed(client: Client) -> None:
    client.cookies["theme"] = "x onload=alert(1)"
    assert "data-theme" not in client.get("/sign-in/").content.decode()
