"""The page about letters, for admins: what was given up and why, whose it is to nobody, and the button."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role
from appeals.models import Appeal, Letter
from moderation.models import Event
from tests.appealing import appealed, make_told
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    return client


def a_letter(appeal: Appeal, kind: str, status: str = "failed", **changes: object) -> Letter:
    fields = {
        "to": "somchai@mail.example",
        "language": "th",
        "subject": "…",
        "body": "…",
        "next_attempt_at": timezone.now(),
        "attempts": 10,
        "error": "554 5.7.1 Not from you",
    }
    return Letter.objects.create(appeal=appeal, kind=kind, status=status, **fields | changes)


def test_what_was_given_up_stands_there_with_the_reason_and_without_whose_address_it_is(desk: Client) -> None:
    appeal = appealed(make_told())
    a_letter(appeal, "received")
    a_letter(appeal, "decided", "pending", error="451 Later")
    page = desk.get(reverse("letters")).text
    for words in (appeal.reference, "554 5.7.1 Not from you", "mail.example", "451 Later", "ไทย"):
        assert words in page, words
    assert "somchai@" not in page


def test_one_letter_or_all_of_them_can_be_sent_again(desk: Client, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    appeal = appealed(make_told())
    first, second = a_letter(appeal, "received"), a_letter(appeal, "decided")
    gone = a_letter(appeal, "question", to="")
    answer = desk.post(reverse("retry-letters"), {"letter": first.pk})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("letters"))
    waiting = Letter.objects.filter(status="pending")
    assert list(waiting) == [first]
    assert Event.objects.get(kind="letter.retried").data["letter_id"] == first.pk
    desk.post(reverse("retry-letters"), {"letter": "nonsense"})
    assert waiting.count() == 1
    desk.post(reverse("retry-letters"))
    assert set(waiting.all()) == {first, second}
    gone.refresh_from_db()
    assert gone.status == "failed"


def test_a_desk_that_sends_no_e_mail_says_so(desk: Client, settings: Settings) -> None:
    settings.EMAIL_URL = ""
    assert "This desk sends no e-mail" in desk.get(reverse("letters")).text
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    assert "This desk sends no e-mail" not in desk.get(reverse("letters")).text


def test_only_admins_see_it(client: Client) -> None:
    client.force_login(make_user(en=5), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("letters")).status_code == 403
    assert client.post(reverse("retry-letters")).status_code == 403
