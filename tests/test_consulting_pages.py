"""Asking a colleague from the page of a case, and the pages of whoever is asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from moderation import consulting
from moderation.decisions import decide
from moderation.eligibility import loading
from moderation.models import Consultation, Draft, Event
from moderation.queueing.reclaim import claim_again
from tests.console import TYPED, post, run_out
from tests.consulted import ANSWER, QUESTION, Held, held
from tests.deciding import judgement
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def holding(client: Client) -> Held:
    """A case whose holder is signed in to ``client``."""
    found = held()
    client.force_login(found.moderator)
    return found


@pytest.fixture
def colleague() -> User:
    return make_user()


@pytest.fixture
def hers(colleague: User) -> Client:
    """The colleague's browser."""
    client = Client()
    client.force_login(colleague)
    return client


def page(client: Client, holding: Held) -> str:
    return client.get(f"/cases/{holding.case.pk}/").content.decode()


def ask(client: Client, holding: Held, colleague: User | None, question: str = QUESTION, **more: Any) -> Any:
    chosen = str(colleague.pk) if colleague else ""
    return post(client, holding.case, "consult", consult_colleague=chosen, consult_question=question, **more)


def answer(client: Client, asked: Consultation, text: str, htmx: bool = True, what: str = "answer") -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/asked/{asked.pk}/{what}/", {"answer": text}, headers=headers)


@pytest.mark.parametrize("htmx", [True, False])
def test_she_asks_from_the_page_and_goes_on_with_what_she_typed(
    client: Client, holding: Held, colleague: User, htmx: bool
) -> None:
    answered = ask(client, holding, colleague, htmx=htmx)
    where = answered.headers["HX-Redirect" if htmx else "Location"]
    assert where == f"/cases/{holding.case.pk}/"
    assert Consultation.objects.get().asked == colleague
    shown = page(client, holding)
    assert QUESTION in shown
    assert "waits for an answer" in shown
    assert TYPED in shown
    assert "consult_question" not in Draft.objects.get().fields


def test_whoever_reads_the_case_is_offered_first(client: Client, holding: Held, colleague: User) -> None:
    reader = make_user(en=5)
    loading.forget()
    shown = page(client, holding).split('name="consult_colleague"')[1].split("</select>")[0]
    assert shown.index(f'<option value="{reader.pk}"') < shown.index(f'<option value="{colleague.pk}"')
    assert f'<option value="{holding.moderator.pk}"' not in shown


def test_what_is_missing_is_said_beside_its_field_and_kept(
    client: Client, holding: Held, colleague: User
) -> None:
    refused = ask(client, holding, None, "x" * 2001)
    assert refused.status_code == 422
    shown = refused.content.decode()
    assert 'id="error-colleague"' in shown
    assert 'id="error-question"' in shown
    assert "x" * 2001 in shown
    assert Draft.objects.get().fields["reasoning"] == [TYPED]
    without_script = ask(client, holding, colleague, "", htmx=False)
    assert without_script.status_code == 302
    assert "Write something" in page(client, holding)
    assert not Consultation.objects.exists()


def test_whoever_lost_the_hold_asks_nothing_and_finds_her_question_when_she_has_it_again(
    client: Client, holding: Held, colleague: User
) -> None:
    run_out(holding.case)
    answered = ask(client, holding, colleague)
    assert answered.headers["HX-Redirect"] == f"/cases/{holding.case.pk}/"
    assert not Consultation.objects.exists()
    assert "Your hold on this case ran out." in page(client, holding)
    assert claim_again(holding.moderator, holding.case.pk)
    loading.forget()
    assert QUESTION in page(client, holding)


def test_who_is_asked_finds_it_in_her_menu_with_the_evidence_and_a_place_to_answer(
    hers: Client, holding: Held, colleague: User
) -> None:
    assert "Asked of you" not in hers.get("/").content.decode()
    asked = holding.ask(colleague)
    board = hers.get("/").content.decode()
    assert 'Asked of you <span class="count">1</span>' in board
    listed = hers.get("/asked/").content.decode()
    assert QUESTION in listed
    assert f'href="/cases/{holding.case.pk}/"' in listed
    shown = page(hers, holding)
    for words in (holding.case.snapshot.text, QUESTION, f"/asked/{asked.pk}/answer/", "What you are asked"):
        assert words in shown, words
    assert 'name="policy"' not in shown
    seen = Event.objects.filter(kind="evidence.viewed", actor_id=colleague.pk)
    assert [each.case_id for each in seen] == [holding.case.pk]


@pytest.mark.parametrize("htmx", [True, False])
def test_her_answer_reaches_the_page_of_who_asked(
    client: Client, hers: Client, holding: Held, colleague: User, htmx: bool
) -> None:
    asked = holding.ask(colleague)
    path = f"/cases/{holding.case.pk}/consultations/?answered=0"
    assert client.get(path).status_code == 204
    answered = answer(hers, asked, ANSWER, htmx)
    assert answered.headers["HX-Redirect" if htmx else "Location"] == "/asked/"
    panel = client.get(path)
    assert ANSWER in panel.content.decode()
    assert 'hx-trigger="every' not in panel.content.decode()
    assert ANSWER in page(client, holding)
    assert 'class="count"' not in hers.get("/asked/").content.decode()


def test_what_she_typed_is_kept_beside_what_she_had_typed_as_the_holder(
    hers: Client, holding: Held, colleague: User
) -> None:
    asked = holding.ask(colleague)
    Draft.objects.create(case=holding.case, moderator=colleague, fields={"reasoning": [TYPED]})
    assert answer(hers, asked, ANSWER, what="draft").status_code == 204
    assert ANSWER in page(hers, holding)
    assert Draft.objects.get().fields == {"reasoning": [TYPED], "answer": [ANSWER]}
    refused = answer(hers, asked, "y" * 2001)
    assert refused.status_code == 422
    assert "At most 2000 characters" in refused.content.decode()
    assert "y" * 2001 in page(hers, holding)
    answer(hers, asked, ANSWER)
    assert Draft.objects.get().fields == {"reasoning": [TYPED]}


def test_an_answer_that_comes_too_late_is_kept_and_says_so(
    hers: Client, holding: Held, colleague: User
) -> None:
    asked = holding.ask(colleague)
    decide(holding.case.pk, holding.moderator, holding.token, judgement("remove"))
    late = answer(hers, asked, ANSWER)
    assert late.status_code == 409
    assert "It was decided before you answered." in late.content.decode()
    assert ANSWER in late.content.decode()
    assert answer(hers, asked, ANSWER, htmx=False).status_code == 302
    assert ANSWER in page(hers, holding)
    assert "decided without an answer" in hers.get("/asked/").content.decode()


def test_nobody_else_answers_or_keeps_a_draft(client: Client, holding: Held, colleague: User) -> None:
    asked = holding.ask(colleague)
    for what in ("answer", "draft"):
        assert answer(client, asked, ANSWER, what=what).status_code == 404


def test_the_pages_ask_the_tables_as_much_whatever_was_asked(
    client: Client, hers: Client, holding: Held, colleague: User
) -> None:
    def statements(of: Client, path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert of.get(path).status_code == 200
        return len(queries)

    paths = [(client, f"/cases/{holding.case.pk}/"), (hers, "/asked/")]
    holding.ask(colleague)
    for each in paths:
        statements(*each)
    before = [statements(*each) for each in paths]
    for _ in range(8):
        other = held()
        asked = other.ask(colleague)
        consulting.answer(asked.pk, colleague, ANSWER)
        held().ask(colleague)
        holding.ask(make_user())
    assert [statements(*each) for each in paths] == before
    assert before[1] < 10
