"""The one question about an appeal and its answer, an appeal taken back, and the copy of it all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from appeals import filing, questions, words
from appeals.models import Appeal, Question
from appeals.withdrawing import withdraw
from moderation import audit
from tests.appealing import WHY, Told, appealed, make_told
from tests.status_pages import REASONS, asked, concluded, seen, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Told:
    return make_told()


@pytest.fixture
def person() -> Client:
    return Client(enforce_csrf_checks=True)


def test_a_question_is_shown_in_its_language_with_a_form_and_until_when(person: Client, told: Told) -> None:
    appeal, question = asked(told, "<b>Wem</b> haben Sie diese Nachrichten an jenem Tag geschickt?")
    page = person.get(told.status_path)
    assert '<div class="statement" dir="auto" lang="de"><p>&lt;b&gt;Wem&lt;/b&gt; haben' in page.text
    read = text_of(page)
    assert "One question for you" in read
    assert f"Please answer by {words.day(question.answer_by)}." in read
    assert f"We asked you a question {words.day(question.asked_at)} Please answer by" in read
    assert f'data-answer="{appeal.pk}"' in page.text


def test_her_answer_is_taken_shown_and_thanked_for(person: Client, told: Told) -> None:
    asked(told)
    answer = person.post(told.status_path, {"answer": " <i>Customers</i>\r\n"})
    assert (answer.status_code, answer.headers["Location"]) == (303, told.status_path)
    assert Question.objects.get().answer == "<i>Customers</i>"
    page = person.get(told.status_path)
    assert "&lt;i&gt;Customers&lt;/i&gt;" in page.text
    read = text_of(page)
    for each in ("Thank you. We got your answer.", "Who did you write to?", "You answered our question"):
        assert each in read
    assert "Send the answer" not in read


def test_an_answer_without_words_or_with_too_many_is_kept_with_what_is_wrong(
    person: Client, told: Told
) -> None:
    asked(told)
    empty = person.post(told.status_path, {"answer": " \n"})
    assert empty.status_code == 422
    assert "Please write an answer." in empty.text
    assert 'aria-describedby="answer-help answer-error"' in empty.text
    long = "ก" * (filing.MOST_CHARACTERS + 1)
    page = person.post(told.status_path, {"answer": long})
    assert page.status_code == 422
    assert "shorter by 1 character." in page.text
    assert long in page.text
    assert Question.objects.get().status == "open"


def test_changing_the_language_keeps_what_was_typed_and_sends_nothing(person: Client, told: Told) -> None:
    asked(told)
    sent = {"answer": "Meine <Kunden>", "language": "de", "change_language": "1"}
    page = person.post(told.status_path, sent)
    assert page.status_code == 200
    assert 'lang="de"' in page.text[:100]
    assert "Meine &lt;Kunden&gt;" in page.text
    assert Question.objects.get().status == "open"


def test_pressed_twice_the_answer_is_there_once_and_other_words_are_shown_and_not_lost(
    person: Client, told: Told
) -> None:
    asked(told)
    for _ in range(2):
        assert person.post(told.status_path, {"answer": "Customers"}).status_code == 303
    page = person.post(told.status_path, {"answer": "Something <else>"})
    assert page.status_code == 409
    assert "Something &lt;else&gt;" in page.text
    assert "Here is what you wrote. You can copy it or save it." in page.text
    assert Question.objects.get().answer == "Customers"


def test_a_late_answer_is_refused_kindly_with_her_words(person: Client, told: Told) -> None:
    asked(told)
    Question.objects.update(answer_by=timezone.now() - timedelta(days=2))
    questions.lapse_due()
    page = person.post(told.status_path, {"answer": "I was in hospital."})
    assert page.status_code == 409
    read = text_of(page)
    assert "You did not answer in time. We decide with what we know." in read
    assert "I was in hospital." in read
    assert "I was in hospital." not in seen(person, told)
    assert "Send the answer" not in seen(person, told)


def test_an_answer_to_nothing_leads_to_the_page(person: Client, told: Told) -> None:
    appealed(told)
    assert person.post(told.status_path, {"answer": "Hello"}).status_code == 303


def test_taking_it_back_asks_first_and_is_then_said_with_the_way_to_a_new_one(
    person: Client, told: Told
) -> None:
    appeal = appealed(told)
    path = told.status_path.replace("/status/", "/withdraw/")
    assert f'href="{path}"' in person.get(told.status_path).text
    confirm = person.get(path)
    assert "If you take it back, nobody looks at it any more." in confirm.text
    assert Appeal.objects.get().status == "received"
    person.post(path, {"language": "de", "change_language": "1"})
    assert Appeal.objects.get().status == "received"
    person.get(path, {"language": "en"})
    for _ in range(2):
        answer = person.post(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, told.status_path)
    appeal.refresh_from_db()
    assert appeal.decided_at is not None
    page = seen(person, told)
    until = words.day(told.statement.appeal_until)
    for each in (
        f"You took it back on {words.day(appeal.decided_at)}. The decision stays.",
        f"You can send a new appeal until {until}.",
        "Write a new appeal",
    ):
        assert each in page, each
    assert person.get(path).status_code == 303
    assert person.get(told.path).status_code == 200
    appealed(told, "Once more.")
    assert "You took back your appeal" not in seen(person, told)


def test_after_the_time_to_appeal_no_new_one_is_offered(person: Client) -> None:
    told = make_told(until=timedelta(days=1))
    withdraw(appealed(told), audit.APPELLANT)
    type(told.statement).objects.update(appeal_until=timezone.now() - timedelta(days=1))
    page = seen(person, told)
    assert "You took it back on" in page
    assert "Write a new appeal" not in page


def test_the_copy_is_a_text_file_in_her_language_with_everything(person: Client, told: Told) -> None:
    appeal, question = asked(told)
    questions.answer(appeal, "Kunden, \u202eund Freunde")
    concluded(Appeal.objects.get(), "overturned")
    path = told.status_path.replace("/status/", "/copy/")
    copy = person.get(path, {"language": "de"})
    assert copy.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert copy.headers["Content-Disposition"] == f'attachment; filename="{appeal.reference}.txt"'
    assert copy.headers["Content-Language"] == "de"
    assert copy.headers["Cache-Control"] == "no-store"
    for each in (
        appeal.reference,
        told.statement.appeal_code,
        told.decision.reasoning,
        told.statement.text,
        WHY,
        question.text,
        "Kunden, \u202eund Freunde",
        REASONS,
        "Eine Kopie",
    ):
        assert each in copy.text, each
    assert "<" not in copy.text


def test_before_an_appeal_there_is_no_copy_and_nothing_to_take_back(person: Client, told: Told) -> None:
    for page in ("copy", "withdraw"):
        answer = person.get(told.status_path.replace("status", page))
        assert answer.status_code == 303
    assert person.get("/appeal/1.forged/copy/").status_code == 404
