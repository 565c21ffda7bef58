"""The way in by a typed code: forgiving to people, tight to guessers."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appeals import attempts, links
from appeals.models import CodeAttempt
from moderation.models import Snapshot
from tests.appealing import Told, make_told

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db

RIGHT, WRONG, TOO_MANY = 303, 422, 429


@pytest.fixture
def told() -> Told:
    return make_told()


def enter(code: str, account: str, address: str = "192.0.2.1") -> Response:
    person = Client(REMOTE_ADDR=address)
    return person.post("/appeal/", {"code": code, "account": account})


@pytest.mark.parametrize("name", ["{id}", "@{id}", "Somchai Ltd", "  somchai   LTD ", "Ｓｏｍｃｈａｉ Ltd"])
def test_the_code_and_the_name_of_the_account_lead_in(told: Told, name: str) -> None:
    answer = enter(told.statement.appeal_code.lower(), name.format(id=told.account.external_id))
    assert (answer.status_code, answer.headers["Location"]) == (RIGHT, told.path)


def test_an_earlier_name_of_the_account_still_leads_in(told: Told) -> None:
    Snapshot.objects.create(
        item=told.account, digest="1" * 64, display_name="Somchai & Sons", disclosure="metadata_only"
    )
    assert enter(told.statement.appeal_code, "Somchai Ltd").status_code == RIGHT
    assert enter(told.statement.appeal_code, "Somchai & Sons").status_code == RIGHT


@pytest.mark.parametrize("name", ["Somchai", "@", "\0", "somebody else", "\u200b"])
def test_a_code_without_its_account_leads_nowhere(told: Told, name: str) -> None:
    Snapshot.objects.create(item=told.account, digest="1" * 64, display_name="", disclosure="metadata_only")
    answer = enter(told.statement.appeal_code, name)
    assert answer.status_code == WRONG
    assert "Location" not in answer.headers


def test_a_wrong_code_and_a_wrong_name_get_the_same_answer_by_the_same_work(told: Told) -> None:
    def work_of(code: str, name: str) -> tuple[str, list[str]]:
        with CaptureQueriesContext(connection) as queries:
            page = enter(code, name)
        assert page.status_code == WRONG
        said = page.content.decode().replace(code, "").replace(name, "")
        return said, [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]

    assert work_of(links.new_code(), "Somchai Ltd") == work_of(told.statement.appeal_code, "somebody else")


def test_a_slip_of_the_finger_is_said_to_be_one_and_is_no_attempt(told: Told) -> None:
    code = told.statement.appeal_code
    slip = code[:-1] + ("A" if code[-1] != "A" else "C")
    page = enter(slip, "Somchai Ltd")
    assert page.status_code == WRONG
    assert b"typing mistake" in page.content
    assert slip.encode() in page.content
    assert not CodeAttempt.objects.exists()


def test_after_too_many_wrong_names_a_code_rests_and_the_link_goes_on_working(told: Told) -> None:
    for n in range(attempts.PER_CODE):
        assert enter(told.statement.appeal_code, f"guess {n}", f"192.0.2.{n}").status_code == WRONG
    answer = enter(told.statement.appeal_code, "Somchai Ltd", "192.0.2.99")
    assert answer.status_code == TOO_MANY
    assert int(answer.headers["Retry-After"]) == attempts.WINDOW.total_seconds()
    assert Client().get(told.path).status_code == 200


def test_after_too_many_wrong_codes_an_address_rests_and_others_do_not(told: Told) -> None:
    for _ in range(attempts.PER_ADDRESS):
        assert enter(links.new_code(), "Somchai Ltd").status_code == WRONG
    assert enter(links.new_code(), "Somchai Ltd").status_code == TOO_MANY
    assert enter(told.statement.appeal_code, "Somchai Ltd").status_code == TOO_MANY
    assert enter(told.statement.appeal_code, "Somchai Ltd", "192.0.2.2").status_code == RIGHT


def test_after_the_window_she_can_try_again(told: Told) -> None:
    for _ in range(attempts.PER_ADDRESS + 1):
        enter(links.new_code(), "Somchai Ltd")
    CodeAttempt.objects.update(since=timezone.now() - attempts.WINDOW - timedelta(seconds=1))
    assert enter(told.statement.appeal_code, "Somchai Ltd").status_code == RIGHT
    # What is too old to count is gone, and so is every trace of the addresses that it came from.
    assert CodeAttempt.objects.count() == 2


def test_a_code_that_is_good_does_not_wash_guesses_away(told: Told) -> None:
    for _ in range(attempts.PER_ADDRESS - 1):
        enter(links.new_code(), "Somchai Ltd")
        assert enter(told.statement.appeal_code, "Somchai Ltd").status_code == RIGHT
    enter(links.new_code(), "Somchai Ltd")
    assert enter(links.new_code(), "Somchai Ltd").status_code == TOO_MANY


def test_addresses_and_codes_are_not_kept_as_they_are(told: Told) -> None:
    enter(told.statement.appeal_code, "wrong", "192.0.2.77")
    kept = " ".join(CodeAttempt.objects.values_list("key", flat=True))
    assert "192.0.2.77" not in kept
    assert told.statement.appeal_code not in kept


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, together: bool) -> None:
    for n in range(attempts.PER_ADDRESS + 1):
        enter(links.new_code(), "x", one if n else other)
    assert (enter(links.new_code(), "x", one).status_code == TOO_MANY) is True
    assert (CodeAttempt.objects.filter(failures__gt=attempts.PER_ADDRESS).count() == 1) is True
    assert (enter(links.new_code(), "x", other).status_code == TOO_MANY) is together


@pytest.mark.django_db(transaction=True)
def test_forty_guesses_at_once_are_forty_guesses() -> None:
    codes = [links.new_code() for _ in range(40)]
    start = threading.Barrier(8)
    answers: list[int] = []

    def guess(mine: list[str]) -> None:
        try:
            start.wait()
            answers.extend(enter(code, "x").status_code for code in mine)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess, args=(codes[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [WRONG] * attempts.PER_ADDRESS + [TOO_MANY] * (40 - attempts.PER_ADDRESS)
