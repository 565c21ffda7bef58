"""Taking an appeal back: at any time before it is decided, also while somebody holds it, and then perhaps anew."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from appeals import opening, questions, review
from appeals.models import Appeal, Letter, Question
from appeals.withdrawing import NotOpen, withdraw
from moderation import audit
from moderation.decisions import LeaseLost
from moderation.models import Case, Draft, Enforcement, Event, Message
from moderation.outbox.endpoints import create_endpoint
from moderation.queueing.claim import claim_next
from tests.appealing import Told, appealed, claimed_by, make_reader, make_told
from tests.factories import make_platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Told:
    create_endpoint(make_platform(), "https://harbour.example/hooks")
    return make_told()


def test_what_is_taken_back_is_looked_at_by_nobody_and_the_decision_stays(told: Told) -> None:
    appeal = appealed(told)
    done = withdraw(appeal, audit.APPELLANT)
    assert (done.status, done.outcome) == (Appeal.Status.WITHDRAWN, "")
    assert done.decided_at is not None
    assert Case.objects.get(pk=appeal.case_id).status == Case.Status.WITHDRAWN
    assert claim_next(make_reader("en")) is None
    assert Enforcement.objects.get().status == Enforcement.Status.REQUESTED
    data = Message.objects.get(type="appeal.withdrawn").payload["data"]
    assert (data["appeal_id"], data["decision_id"]) == (str(appeal.pk), str(told.decision.pk))
    event = Event.objects.get(kind="appeal.withdrawn")
    assert (event.actor, event.case_id) == (Event.Actor.APPELLANT, appeal.case_id)


def test_it_is_taken_back_once_and_never_after_it_was_decided(told: Told) -> None:
    appeal = appealed(told)
    withdraw(appeal, audit.APPELLANT)
    with pytest.raises(NotOpen):
        withdraw(appeal, audit.APPELLANT)
    second = appealed(told, "Once more, with reasons.")
    colleague = make_reader("en")
    token = claimed_by(colleague, second).lease_token
    assert token is not None
    review.conclude(second, colleague, token, review.Answer("upheld", "It stands."))
    with pytest.raises(NotOpen):
        withdraw(second, audit.APPELLANT)
    assert Message.objects.filter(type="appeal.withdrawn").count() == 1


def test_a_new_appeal_may_be_sent_while_there_is_time(told: Told) -> None:
    withdraw(appealed(told), audit.APPELLANT)
    assert opening.way_for(opening.affected(told.decision)).level == 1
    assert appealed(told, "I thought again.").level == 1


def test_a_question_that_waits_for_an_answer_ends_with_it(told: Told) -> None:
    appeal = appealed(told)
    colleague = make_reader("en")
    token = claimed_by(colleague, appeal).lease_token
    assert token is not None
    questions.ask(appeal, colleague, token, "Who were they?")
    withdraw(appeal, audit.APPELLANT)
    assert Question.objects.get().status == Question.Status.LAPSED
    with pytest.raises(questions.NotAsked):
        questions.answer(appeal, "Customers.")
    assert questions.lapse_due() == 0


def test_who_holds_it_is_told_when_she_submits_and_keeps_her_words(told: Told, client: Client) -> None:
    appeal = appealed(told)
    colleague = make_reader("en")
    token = claimed_by(colleague, appeal).lease_token
    assert token is not None
    withdraw(appeal, audit.APPELLANT)
    with pytest.raises(LeaseLost):
        review.conclude(appeal, colleague, token, review.Answer("upheld", "It stands."))
    client.force_login(colleague)
    page = client.post(
        f"/cases/{appeal.case_id}/appeal/conclude/",
        {"token": str(token), "outcome": "upheld", "reasoning": "A long and careful text."},
    )
    assert page.status_code == 409
    assert "The appeal was taken back" in page.text
    assert "A long and careful text." in page.text
    assert "Claim it again" not in page.text
    assert Draft.objects.get().fields["reasoning"] == ["A long and careful text."]


def test_a_letter_confirms_it(told: Told, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    appeal = appealed(told)
    Appeal.objects.filter(pk=appeal.pk).update(contact="she@example.org")
    withdraw(appeal, audit.APPELLANT)
    letter = Letter.objects.get(kind="withdrawn")
    assert letter.subject == f"Your appeal {appeal.reference} was taken back"
