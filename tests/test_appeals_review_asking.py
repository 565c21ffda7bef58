"""From the page of the review: one question to whoever appeals, and a colleague's opinion."""

from __future__ import annotations

import pytest
from django.urls import reverse

from appeals import questions
from appeals.models import Question
from moderation import consulting
from moderation.models import Case, Draft
from tests.appealing import make_reader
from tests.console import run_out
from tests.reviewing import REASONS, Review, browser_of, reviewing

pytestmark = pytest.mark.django_db

QUESTION = "Whom did you write to on the third of May?"
ANSWER = "Only my sister."


@pytest.fixture
def review() -> Review:
    return reviewing()


@pytest.mark.parametrize("htmx", [True, False])
def test_she_asks_once_and_the_next_case_opens(review: Review, htmx: bool) -> None:
    assert "Your question, in" in review.page()
    answered = review.post("ask", question=QUESTION, htmx=htmx)
    assert answered.headers["HX-Redirect" if htmx else "Location"] == reverse("board")
    question = Question.objects.get()
    assert (question.text, question.asked_by) == (QUESTION, review.moderator)
    assert Case.objects.get(pk=review.case.pk).status == "paused"
    fields = Draft.objects.get().fields
    assert (fields["reasoning"], "question" in fields) == ([REASONS], False)
    page = review.page()
    for words in ("It waits for an answer until", QUESTION, REASONS):
        assert words in page, words
    assert 'id="ask"' not in page


def test_the_answer_stands_under_the_question_and_there_is_no_second_one(review: Review) -> None:
    review.post("ask", question=QUESTION)
    questions.answer(review.fresh(), ANSWER)
    page = review.page()
    assert ANSWER in page
    assert 'id="ask"' not in page


def test_a_question_that_is_none_is_refused_beside_its_field(review: Review) -> None:
    refused = review.post("ask", question=" ")
    assert refused.status_code == 422
    assert 'id="error-question-asked"' in refused.text
    assert review.post("ask", question="x" * 2001).status_code == 422
    assert "x" * 2001 in review.page()
    assert review.post("ask", question="", htmx=False).status_code == 302
    assert "Write your question" in review.page()
    assert not Question.objects.exists()


def test_without_the_hold_nothing_is_asked_and_the_question_is_kept(review: Review) -> None:
    run_out(review.case)
    answered = review.post("ask", question=QUESTION)
    assert answered.headers["HX-Redirect"] == review.path
    assert not Question.objects.exists()
    page = review.page()
    assert "Your hold on this case ran out." in page
    assert QUESTION in page


def test_a_colleague_reads_the_appeal_and_answers_beside_it(review: Review) -> None:
    colleague = make_reader("en")
    answered = review.desk.post(
        reverse("ask-colleague", args=[review.case.pk]),
        {
            "token": str(review.token),
            "reasoning": REASONS,
            "consult_colleague": str(colleague.pk),
            "consult_question": "Would you close it?",
        },
    )
    assert answered.headers["Location"] == review.path
    assert REASONS in review.page()
    desk = browser_of(colleague)
    page = desk.get(review.path).text
    for words in (review.appeal.text, "Would you close it?", "What you are asked"):
        assert words in page, words
    assert 'name="outcome"' not in page
    (asked,) = consulting.waiting_for(colleague)
    desk.post(reverse("answer-consultation", args=[asked.pk]), {"answer": "I would not."})
    assert "I would not." in review.page()
