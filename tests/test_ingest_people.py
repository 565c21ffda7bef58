"""Ingest of people: who sent a notice, and how an account can be reached."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Platform
from moderation.models import Case, Event, Flag, Item, Snapshot
from tests.calling import Caller, flag, problem
from tests.factories import make_policy
from tests.ingesting import AUTHOR, ingest

pytestmark = pytest.mark.django_db


def test_a_contact_is_kept_with_the_account_and_nowhere_else(platform: Platform) -> None:
    make_policy()
    secret = "noor@example.org"
    ingest(platform, item_author=AUTHOR | {"contact": f" {secret} "}, flag_id="a")
    account = Item.objects.get(kind="account")
    assert account.contact == secret
    for model in (Snapshot, Flag, Case, Event):
        assert secret not in str(list(model.objects.values())), model
    # Left out it stays, the latest counts, and empty takes it away. No capture comes of it.
    for number, (sent, known) in enumerate(
        [(None, secret), ("+49 170 1234567", "+49 170 1234567"), ("", "")]
    ):
        ingest(platform, item_author=AUTHOR | {"contact": sent}, flag_id=str(number))
        account.refresh_from_db()
        assert account.contact == known
    assert Snapshot.objects.filter(item=account).count() == 1
    assert Snapshot.objects.count() == 2


def test_an_account_that_is_an_item_or_sends_a_notice_has_a_contact_too(platform: Platform) -> None:
    make_policy()
    ingest(platform, "acct-1", item_kind="account", item_text="", item_contact="one@example.org")
    ingest(platform, notifier={"id": "acct-2", "contact": "two@example.org"})
    assert set(Item.objects.filter(kind="account").values_list("external_id", "contact")) == {
        ("acct-1", "one@example.org"),
        ("acct-2", "two@example.org"),
    }
    assert Snapshot.objects.get(item__external_id="acct-2").disclosure == "metadata_only"


def test_a_notifier_whose_account_is_known_gets_no_capture_but_for_a_new_name(platform: Platform) -> None:
    make_policy()
    ingest(platform, item_author=AUTHOR)
    account = Item.objects.get(kind="account")
    for name, captures in (("", 1), (AUTHOR["display_name"], 1), ("Nour", 2), ("Nour", 2), ("", 2)):
        ingest(platform, notifier={"id": AUTHOR["id"], "display_name": name})
        assert account.snapshots.count() == captures


@pytest.mark.parametrize("source", ["user_notice", "trusted_flagger", "authority"])
def test_a_notice_names_its_sender(platform: Platform, source: str) -> None:
    make_policy()
    ingest(platform, source=source, notifier={"id": "acct-2", "language": "zh-TW"})
    made = Flag.objects.get()
    assert made.notifier is not None
    assert (made.notifier.external_id, made.notifier_language) == ("acct-2", "zh-Hant-TW")


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"source": "own_initiative", "notifier": {"id": "a"}}, ["notifier"]),
        ({"source": "detector", "detector": "d", "notifier": {"id": "a"}}, ["notifier"]),
        ({"notifier": {"id": ""}}, ["notifier", "id"]),
        ({"notifier": {"id": "a", "language": "klingonish"}}, ["notifier", "language"]),
        ({"notifier": {"id": "a", "contact": "x" * 255}}, ["notifier", "contact"]),
        ({"notifier": {"id": "a", "contact": "a\u200bb"}}, ["notifier", "contact"]),
        ({"notifier": {"id": "a", "mood": "angry"}}, ["notifier", "mood"]),
        ({"item_contact": "a@example.org"}, ["item", "contact"]),
        ({"item_kind": "ad", "item_contact": ""}, ["item", "contact"]),
    ],
)
def test_what_is_wrong_with_a_sender_or_a_contact_is_named_and_nothing_is_kept(
    api_key: str, changes: dict[str, Any], loc: list[str]
) -> None:
    make_policy()
    details = problem(Caller(api_key).post("flags", flag(**changes)), 422, "invalid")
    assert [error["loc"] for error in details["errors"]] == [loc]
    assert not Item.objects.exists()
