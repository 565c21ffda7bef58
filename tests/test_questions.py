"""The one question to whoever appeals: asked once, its case pauses, and goes on with the answer or without."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from appeals import questions, review
from appeals.models import Appeal, Letter, Question
from moderation.decisions import InvalidJudgement, LeaseLost, TookPart
from moderation.models import Case, Event, Exclusion, Message
from moderation.outbox.endpoints import create_endpoint
from moderation.queueing.claim import claim_next
from tests.appealing import appealed, claimed_by, make_reader, make_told
from tests.factories import make_platform

pytestmark = pytest.mark.django_db

QUESTION = "Who did you send these messages to?"
ANSWER = "To customers who had ordered from me."


@pytest.fixture
def held() -> tuple[Appeal, User, uuid.UUID]:
    """An appeal that a colleague holds."""
    create_endpoint(make_platform(), "https://harbour.example/hooks")
    appeal = appealed(make_told())
    colleague = make_reader("en")
    case = claimed_by(colleague, appeal)
    assert case.lease_token is not None
    return appeal, colleague, case.lease_token


def as_it_is(appeal: Appeal) -> tuple[str, str]:
    return Appeal.objects.get(pk=appeal.pk).status, Case.objects.get(pk=appeal.case_id).status


def told(kind: str) -> Message:
    return Message.objects.get(type=kind)


def test_asking_pauses_the_case_and_tells_the_platform(held: tuple[Appeal, User, uuid.UUID]) -> None:
    appeal, colleague, token = held
    question = questions.ask(appeal, colleague, token, f" {QUESTION}\0\r\n")
    assert (question.text, question.language, question.asked_by) == (QUESTION, "en", colleague)
    assert as_it_is(appeal) == ("asked", "paused")
    assert question.answer_by - timezone.now() > timedelta(days=6, hours=23)
    data = told("appeal.question").payload["data"]
    assert (data["question"], data["language"], data["direction"]) == (QUESTION, "en", "ltr")
    assert (data["appeal_id"], data["decision_id"]) == (str(appeal.pk), str(appeal.decision_id))
    assert data["answer_by"].startswith(question.answer_by.strftime("%Y-%m-%dT%H:%M"))
    assert data["status_url"].endswith("/status/")
    event = Event.objects.get(kind="appeal.question_asked")
    assert (event.actor_id, event.case_id) == (colleague.pk, appeal.case_id)
    assert QUESTION not in str(event.data)


def test_a_paused_case_is_given_to_nobody_and_decided_by_nobody(held: tuple[Appeal, User, uuid.UUID]) -> None:
    appeal, colleague, token = held
    questions.ask(appeal, colleague, token, QUESTION)
    assert claim_next(colleague) is None
    with pytest.raises(LeaseLost):
        review.conclude(appeal, colleague, token, review.Answer("upheld", "It stands."))


def test_the_language_of_the_question_is_the_one_that_it_is_written_in(
    held: tuple[Appeal, User, uuid.UUID],
) -> None:
    appeal, colleague, token = held
    question = questions.ask(
        appeal, colleague, token, "لمن أرسلت هذه الرسائل؟ وهل كانوا قد كتبوا إليك من قبل؟"
    )
    assert question.language == "ar"
    assert told("appeal.question").payload["data"]["direction"] == "rtl"


def test_a_question_is_asked_once_in_an_appeal(held: tuple[Appeal, User, uuid.UUID]) -> None:
    appeal, colleague, token = held
    questions.ask(appeal, colleague, token, QUESTION)
    questions.answer(appeal, ANSWER)
    again = claimed_by(colleague, appeal)
    assert again.lease_token is not None
    with pytest.raises(questions.AlreadyAsked):
        questions.ask(appeal, colleague, again.lease_token, "And when?")
    assert as_it_is(appeal) == ("received", "claimed")
    assert Message.objects.filter(type="appeal.question").count() == 1


@pytest.mark.parametrize("text", [" \n\0", "x" * 2_001])
def test_a_question_without_words_or_with_too_many_is_refused_at_its_field(
    held: tuple[Appeal, User, uuid.UUID], text: str
) -> None:
    appeal, colleague, token = held
    with pytest.raises(InvalidJudgement) as refused:
        questions.ask(appeal, colleague, token, text)
    assert [each["loc"] for each in refused.value.errors] == [["question"]]
    assert as_it_is(appeal) == ("received", "claimed")
    assert not Question.objects.exists()


def test_only_who_holds_the_case_may_ask_and_nobody_who_took_part(
    held: tuple[Appeal, User, uuid.UUID],
) -> None:
    appeal, colleague, token = held
    with pytest.raises(LeaseLost):
        questions.ask(appeal, colleague, uuid.uuid4(), QUESTION)
    with pytest.raises(LeaseLost):
        questions.ask(appeal, make_reader("en"), token, QUESTION)
    Exclusion.objects.create(case=appeal.case, moderator=colleague, reason=Exclusion.Reason.TOOK_PART)
    with pytest.raises(TookPart):
        questions.ask(appeal, colleague, token, QUESTION)


def test_the_answer_brings_the_case_back_to_its_place_and_it_can_be_decided(
    held: tuple[Appeal, User, uuid.UUID],
) -> None:
    appeal, colleague, token = held
    before = Case.objects.get(pk=appeal.case_id)
    questions.ask(appeal, colleague, token, QUESTION)
    question = questions.answer(appeal, ANSWER)
    assert (question.status, question.answer) == ("answered", ANSWER)
    assert as_it_is(appeal) == ("received", "queued")
    after = Case.objects.get(pk=appeal.case_id)
    for name in ("queue_id", "language", "priority", "due_at", "queued_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert told("appeal.answered").payload["data"]["appeal_id"] == str(appeal.pk)
    assert ANSWER not in str(told("appeal.answered").payload)
    assert Event.objects.get(kind="appeal.question_answered").actor == Event.Actor.APPELLANT
    again = claimed_by(colleague, appeal)
    assert again.lease_token is not None
    review.conclude(appeal, colleague, again.lease_token, review.Answer("overturned", "They had ordered."))
    assert as_it_is(appeal) == ("decided", "decided")


def test_an_answer_that_nobody_waits_for_is_not_taken(held: tuple[Appeal, User, uuid.UUID]) -> None:
    appeal, colleague, token = held
    with pytest.raises(questions.NotAsked):
        questions.answer(appeal, ANSWER)
    questions.ask(appeal, colleague, token, QUESTION)
    questions.answer(appeal, ANSWER)
    with pytest.raises(questions.NotAsked):
        questions.answer(appeal, "Another one")
    assert Question.objects.get().answer == ANSWER


def test_without_an_answer_in_time_the_case_goes_on(
    held: tuple[Appeal, User, uuid.UUID], settings: Settings
) -> None:
    appeal, colleague, token = held
    settings.QUESTION_DAYS = 3
    question = questions.ask(appeal, colleague, token, QUESTION)
    assert questions.lapse_due() == 0
    # Her last day ends later than ours: so long an answer is taken.
    Question.objects.update(answer_by=timezone.now() - timedelta(hours=23))
    assert questions.lapse_due() == 0
    Question.objects.update(answer_by=timezone.now() - timedelta(hours=25))
    assert questions.lapse_due() == 1
    assert questions.lapse_due() == 0
    question.refresh_from_db()
    assert question.status == "lapsed"
    assert as_it_is(appeal) == ("received", "queued")
    with pytest.raises(questions.NotAsked):
        questions.answer(appeal, ANSWER)
    assert claimed_by(colleague, appeal).pk == appeal.case_id


def test_a_letter_tells_her_that_there_is_a_question_and_not_which(
    held: tuple[Appeal, User, uuid.UUID], settings: Settings
) -> None:
    appeal, colleague, token = held
    settings.EMAIL_URL = "smtp://localhost"
    Appeal.objects.filter(pk=appeal.pk).update(contact="she@example.org")
    appeal.refresh_from_db()
    questions.ask(appeal, colleague, token, QUESTION)
    letter = Letter.objects.get()
    assert (letter.kind, letter.to) == ("question", "she@example.org")
    assert QUESTION not in letter.body
    assert "Please answer by" in letter.body
