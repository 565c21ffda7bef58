"""The pages of the rules' versions and files: the way back to any version, and rules taken out and in."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from moderation import audit
from moderation.models import RoutingVersion
from moderation.routing import rules, rules_file
from tests.ruling import HATE, REST, admin, client, in_order, page

__all__ = ["admin", "client"]

pytestmark = pytest.mark.django_db


def test_versions_say_who_what_and_why_and_one_click_brings_one_back(client: Client, admin: User) -> None:
    rules.save([HATE | {"priority_bonus": 5}, REST], audit.person(admin), "Spam is over", 2)
    shown = page(client, "/rules/versions/")
    for words in ("Spam is over", "“Spam” is gone", "“Hate”: priority: +0 → +5", admin.display_name):
        assert words in shown
    page(client, "/rules/versions/2/roll-back/", {"version": 3}, 302)
    assert in_order() == ["Hate", "Spam", "Everything else"]
    assert RoutingVersion.objects.get(number=4).why == "Back to version 2"


def test_rules_that_were_never_changed_have_no_version_yet(client: Client) -> None:
    RoutingVersion.objects.all().delete()
    assert "have not been changed here yet" in page(client, "/rules/versions/")


def test_a_stale_roll_back_says_so_and_changes_nothing(client: Client, admin: User) -> None:
    rules.save([REST], audit.person(admin), "Meanwhile", 2)
    answer = client.post("/rules/versions/2/roll-back/", {"version": 2}, follow=True)
    assert "Somebody else has changed the rules meanwhile" in answer.content.decode()
    assert in_order() == ["Everything else"]
    assert client.post("/rules/versions/77/roll-back/", {"version": 3}).status_code == 404


def test_many_versions_come_a_page_at_a_time(client: Client, admin: User) -> None:
    for number in range(25):
        rules.reroute_all(audit.person(admin), f"Reason {number}")
    shown = page(client, "/rules/versions/")
    assert "Reason 24" in shown
    assert "Reason 3<" not in shown
    older = page(client, "/rules/versions/?from=7")
    assert "Reason 4<" in older
    assert "Reason 5<" not in older


def uploaded(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("rules.json", data, "application/json")


def test_what_is_exported_is_what_can_be_imported(client: Client) -> None:
    answer = client.get("/rules/export/")
    assert answer["Content-Disposition"].startswith('attachment; filename="routing-rules-')
    assert json.loads(answer.content)["rules"] == rules.as_written()
    same = page(client, "/rules/import/", {"file": uploaded(answer.content), "version": 2})
    assert "these are the rules as they are" in same


def test_an_import_shows_what_it_would_change_before_it_is_saved(client: Client) -> None:
    text = rules_file.write([HATE | {"due_minutes": 30}, REST])
    shown = page(client, "/rules/import/", {"file": uploaded(text.encode()), "version": 2})
    assert "“Spam” is gone" in shown
    assert "“Hate”: due: as queue and policy say → 30 min" in shown
    assert rules.latest() == 2
    carried = {"rules": text, "version": 2}
    assert "What this would do" in page(client, "/rules/import/", carried | {"foresee": "1"})
    assert "Say why" in page(client, "/rules/import/", carried | {"save": "1", "why": ""}, 422)
    page(client, "/rules/import/", carried | {"save": "1", "why": "From elsewhere"}, 302)
    assert in_order() == ["Hate", "Everything else"]


def test_an_import_that_became_stale_saves_nothing(client: Client, admin: User) -> None:
    text = rules_file.write([HATE, REST])
    rules.save([REST], audit.person(admin), "Meanwhile", 2)
    sent = {"rules": text, "version": 2, "save": "1", "why": "From elsewhere"}
    assert "Somebody else has changed the rules" in page(client, "/rules/import/", sent, 422)
    assert in_order() == ["Everything else"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not json", "line 1 column 1"),
        (b"{}", "not a file of routing rules"),
        (rules_file.write([HATE | {"queue": "nowhere"}]).encode(), "There is no queue “nowhere”"),
        (rules_file.write([HATE | {"conditions": {"language": ["qq"]}}]).encode(), "qq"),
    ],
)
def test_a_broken_file_is_refused_in_words(client: Client, data: bytes, words: str) -> None:
    shown = page(client, "/rules/import/", {"file": uploaded(data), "version": 2}, 422)
    assert words in shown
    assert 'name="save"' not in shown
    sent = {"rules": data.decode(), "version": 2, "save": "1", "why": "All the same"}
    page(client, "/rules/import/", sent, 422)
    assert rules.latest() == 2


def test_without_a_file_the_page_asks_for_one(client: Client) -> None:
    assert "Choose a file" in page(client, "/rules/import/", {"version": 2}, 422)
