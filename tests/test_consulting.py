"""Asking a colleague: who may be asked, who may answer, and what it makes of her."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from appeals.filing import file_appeal
from appeals.models import Appeal
from appeals.opening import affected
from moderation import access, approvals, audit, consulting
from moderation.consulting import NotYours, Over
from moderation.decisions import InvalidJudgement, LeaseLost, decide
from moderation.lifecycle import lock, move_to
from moderation.models import Case, Consultation, Event, Exclusion
from moderation.queueing.claim import claim_next
from moderation.reopening import open_again, take
from tests.appealing import WHY, an_hour_ago, appealed, claimed_by, make_appeal_queue, make_reader, make_told
from tests.consulted import ANSWER, QUESTION, Held, held
from tests.deciding import judgement
from tests.factories import make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db


def fields(caught: pytest.ExceptionInfo[InvalidJudgement]) -> list[str]:
    return [error["loc"][0] for error in caught.value.errors]


def test_a_colleague_is_asked_and_answers() -> None:
    holding, colleague = held(), make_user()
    asked = holding.ask(colleague, f"  {QUESTION}\n")
    assert (asked.question, asked.status) == (QUESTION, "open")
    assert list(consulting.waiting_for(colleague)) == [asked]
    answered = consulting.answer(asked.pk, colleague, f"{ANSWER} ")
    assert (answered.answer, answered.status) == (ANSWER, "answered")
    assert list(consulting.waiting_for(colleague)) == []
    events = Event.objects.filter(case_id=holding.case.pk, kind__in=["case.consulted", "case.advised"])
    assert list(events.order_by("id").values_list("kind", "actor_id")) == [
        ("case.consulted", holding.moderator.pk),
        ("case.advised", colleague.pk),
    ]
    assert events.earliest("id").data == {"consultation_id": asked.pk, "person": colleague.pk}


def test_only_who_holds_the_case_asks() -> None:
    holding, colleague = held(), make_user(en=5)
    with pytest.raises(LeaseLost):
        consulting.ask(holding.case.pk, holding.moderator, uuid.uuid4(), colleague, QUESTION)
    with pytest.raises(LeaseLost):
        consulting.ask(holding.case.pk, colleague, holding.token, make_user(), QUESTION)
    Case.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(LeaseLost):
        holding.ask(colleague)
    assert not Consultation.objects.exists()


@pytest.mark.parametrize("question", ["", " \n", "x" * 2001, "a\0b", "\ud800"])
def test_a_question_that_is_none_is_refused(question: str) -> None:
    with pytest.raises(InvalidJudgement) as caught:
        held().ask(make_user(), question)
    assert fields(caught) == ["question"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidJudgement) as caught:
        held().ask(None, "")
    assert fields(caught) == ["colleague", "question"]


def test_nobody_is_asked_who_is_not_cleared_for_the_lane_or_cannot_sign_in() -> None:
    queue = make_queue("grave", clearances=("child_safety",))
    holding = held(make_user(en=5, clearances=("child_safety",)), queue=queue)
    cleared, gone = make_user(clearances=("child_safety",)), make_user(clearances=("child_safety",))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    make_user(en=5)
    assert consulting.colleagues_for(holding.case, holding.moderator) == [cleared]
    for other in (gone, make_user(en=5), holding.moderator):
        with pytest.raises(InvalidJudgement) as caught:
            holding.ask(other)
        assert fields(caught) == ["colleague"]
    holding.ask(cleared)


@pytest.mark.parametrize("reason", list(Exclusion.Reason))
def test_nobody_is_asked_who_is_kept_from_the_case(reason: Exclusion.Reason) -> None:
    holding, colleague = held(), make_user()
    Exclusion.objects.create(
        case=holding.case, moderator=colleague, reason=reason, until=timezone.now() + timedelta(hours=1)
    )
    with pytest.raises(InvalidJudgement):
        holding.ask(colleague)
    Exclusion.objects.update(until=timezone.now() - timedelta(seconds=1))
    holding.ask(colleague)


def test_a_colleague_is_asked_once_about_a_case() -> None:
    holding, colleague = held(), make_user()
    holding.ask(colleague)
    assert consulting.colleagues_for(holding.case, holding.moderator) == []
    with pytest.raises(InvalidJudgement) as caught:
        holding.ask(colleague)
    assert fields(caught) == ["colleague"]


def test_nobody_else_answers() -> None:
    holding = held()
    asked = holding.ask(make_user())
    for other in (holding.moderator, make_user(en=5)):
        with pytest.raises(NotYours):
            consulting.answer(asked.pk, other, ANSWER)


def test_an_answer_is_given_once_and_says_something() -> None:
    holding, colleague = held(), make_user()
    asked = holding.ask(colleague)
    with pytest.raises(InvalidJudgement) as caught:
        consulting.answer(asked.pk, colleague, " ")
    assert fields(caught) == ["answer"]
    consulting.answer(asked.pk, colleague, ANSWER)
    with pytest.raises(Over):
        consulting.answer(asked.pk, colleague, "On second thought")
    assert Consultation.objects.get().answer == ANSWER


def test_she_may_answer_after_the_hold_ran_out() -> None:
    holding, colleague = held(), make_user()
    asked = holding.ask(colleague)
    move_to(lock(holding.case.pk), Case.Status.QUEUED, audit.SYSTEM)
    consulting.answer(asked.pk, colleague, ANSWER)


def test_a_decision_ends_what_was_not_answered_and_leaves_what_was() -> None:
    holding, slow, quick = held(), make_user(), make_user()
    open_one, done = holding.ask(slow), holding.ask(quick)
    consulting.answer(done.pk, quick, ANSWER)
    decide(holding.case.pk, holding.moderator, holding.token, judgement("remove"))
    assert dict(Consultation.objects.values_list("pk", "status")) == {
        open_one.pk: "over",
        done.pk: "answered",
    }
    assert list(consulting.waiting_for(slow)) == []
    with pytest.raises(Over):
        consulting.answer(open_one.pk, slow, ANSWER)


def test_who_was_asked_may_see_the_case_for_good() -> None:
    holding, colleague = held(), make_user()
    with pytest.raises(Http404):
        access.case_for(colleague, holding.case.pk)
    holding.ask(colleague)
    assert access.case_for(colleague, holding.case.pk) == holding.case
    decide(holding.case.pk, holding.moderator, holding.token, judgement("remove"))
    assert access.case_for(colleague, holding.case.pk) == holding.case
    assert access.account_for(colleague, holding.case.item.author_id or 0)


def test_but_not_once_she_is_excluded_from_it() -> None:
    holding, colleague = held(), make_user()
    asked = holding.ask(colleague)
    Exclusion.objects.create(case=holding.case, moderator=colleague, reason=Exclusion.Reason.TOOK_PART)
    with pytest.raises(Http404):
        access.case_for(colleague, holding.case.pk)
    with pytest.raises(NotYours):
        consulting.answer(asked.pk, colleague, ANSWER)
    assert list(consulting.waiting_for(colleague)) == []


def test_being_asked_is_no_way_to_be_given_the_case() -> None:
    holding, colleague = held(language="th"), make_user(en=5)
    holding.ask(colleague)
    move_to(lock(holding.case.pk), Case.Status.QUEUED, audit.SYSTEM)
    assert claim_next(colleague) is None


def test_who_was_asked_is_not_the_second_person() -> None:
    policy = make_policy("threats", allowed_actions=["terminate_account"])
    holding = held(policy=policy)
    advisor, other = (make_user(en=5, clearances=("approval",)) for _ in range(2))
    holding.ask(advisor)
    decision = decide(
        holding.case.pk,
        holding.moderator,
        holding.token,
        judgement("terminate_account", policy="threats"),
    )
    assert approvals.waiting_for(advisor) == []
    with pytest.raises(approvals.NotYours):
        approvals.approve(decision.approval.pk, advisor)
    assert approvals.waiting_for(other) == [decision.approval]
    approvals.approve(decision.approval.pk, other)


def test_who_took_part_in_the_decision_is_not_asked_on_its_appeal() -> None:
    told = make_told()
    appeal = appealed(told)
    reviewer, third = make_reader("en"), make_reader("en")
    case = claimed_by(reviewer, appeal)
    assert consulting.colleagues_for(case, reviewer) == [third]
    assert case.lease_token is not None
    holding = Held(case, reviewer, case.lease_token)
    with pytest.raises(InvalidJudgement):
        holding.ask(told.decider)


def test_who_was_asked_before_the_decision_is_never_offered_its_appeal() -> None:
    make_appeal_queue()
    holding, advisor = held(), make_reader("en")
    holding.ask(advisor)
    decision = decide(holding.case.pk, holding.moderator, holding.token, judgement("remove"))
    appeal = file_appeal(affected(decision), WHY, "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    Case.objects.filter(pk=appeal.case_id).update(queued_at=an_hour_ago())
    assert claim_next(advisor) is None
    with pytest.raises(Http404):
        access.case_for(advisor, appeal.case_id)
    claimed_by(make_reader("en"), appeal)


def test_who_is_asked_while_it_is_made_anew_loses_the_appeal_that_she_holds() -> None:
    told = make_told()
    appeal, advisor = appealed(told), make_reader("en")
    claimed_by(advisor, appeal)
    by = audit.person(told.decider)
    revision = open_again(told.decision, told.decision.case, Case.Revised.RECONSIDERED, by)
    taken = take(revision, told.decider)
    assert taken.lease_token is not None
    Held(taken, told.decider, taken.lease_token).ask(advisor)
    case = Case.objects.get(pk=appeal.case_id)
    assert (case.status, case.claimed_by) == ("queued", None)
    with pytest.raises(Http404):
        access.case_for(advisor, appeal.case_id)
