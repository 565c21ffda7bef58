"""What a second person must agree to waits for her; everything else of the decision does not."""

from __future__ import annotations

import pytest

from accounts.models import User
from moderation import approvals, enforcement, revisions
from moderation.decisions import InvalidJudgement, JudgedAction, decide
from moderation.models import Approval, Case, Decision, Enforcement, Event, Message, Statement, Strike
from moderation.outbox.endpoints import create_endpoint
from tests.deciding import REASONS, hold, in_force, judgement
from tests.factories import make_platform, make_policy, make_queue, make_reader, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def desk() -> None:
    make_queue("appeals", clearances=("appeals",))
    make_policy(allowed_actions=["remove", "lock_account", "terminate_account"], severity=4)
    create_endpoint(make_platform(), "http://127.0.0.1:9/hook")


def terminated(*more: str) -> Decision:
    case, moderator, token = hold()
    return decide(case.pk, moderator, token, judgement("terminate_account", *more))


def second(language: str = "en") -> User:
    return make_reader({language: 5}, ("approval",))


def told() -> list[tuple[str, str]]:
    """What was posted: type and action."""
    return [(m.type, m.payload["data"].get("action", "")) for m in Message.objects.order_by("pk")]


def test_what_is_held_is_not_asked_of_the_platform_and_the_rest_is() -> None:
    decision = terminated("remove")
    assert decision.approval.status == Approval.Status.WAITING
    assert told() == [("enforcement.requested", "remove"), ("case.closed", "")]
    closed = Message.objects.get(type="case.closed").payload["data"]
    assert (closed["actions"], closed["awaiting_approval"]) == (["remove"], ["terminate_account"])
    assert decision.item.author is not None
    assert in_force(decision.item.author) == []
    assert "closed your account" not in decision.statement.text


def test_approved_it_goes_out_with_a_statement_and_a_code_of_its_own() -> None:
    decision = terminated("remove")
    approvals.approve(decision.approval.pk, second())
    assert told()[-1] == ("enforcement.requested", "terminate_account")
    first, later = Statement.objects.filter(decision=decision).order_by("pk")
    assert "We closed your account." in later.text
    assert first.appeal_code != later.appeal_code
    row = decision.enforcements.get(action="terminate_account")
    assert (row.status, row.statement) == (Enforcement.Status.REQUESTED, later)
    assert Message.objects.latest("pk").payload["data"]["statement"]["appeal_code"] == later.appeal_code


def test_a_decision_that_is_held_whole_strikes_only_when_it_is_approved() -> None:
    decision = terminated()
    assert not Strike.objects.exists()
    assert not Statement.objects.exists()
    approvals.approve(decision.approval.pk, second())
    assert Strike.objects.get().decision == decision


def test_rejected_nothing_of_it_goes_out_and_the_rest_stands_until_it_is_decided_anew() -> None:
    decision = terminated("remove")
    case = approvals.reject(decision.approval.pk, second(), "A first offence.")
    assert (case.status, case.origin, case.revises) == (Case.Status.QUEUED, "revision", decision)
    assert in_force(decision.item) == ["remove"]
    row = decision.enforcements.get(action="terminate_account")
    assert (row.status, row.ended) == ("withdrawn", "rejected")
    decision.approval.refresh_from_db()
    assert decision.approval.reasons == "A first offence."


@pytest.mark.parametrize("reasons", ["", "  ", "x" * 5001, "a\0b", "\ud800"])
def test_a_rejection_without_reasons_that_can_be_kept_is_refused(reasons: str) -> None:
    decision = terminated()
    with pytest.raises(InvalidJudgement, match="reasons"):
        approvals.reject(decision.approval.pk, second(), reasons)
    decision.approval.refresh_from_db()
    assert decision.approval.status == Approval.Status.WAITING


def test_decided_otherwise_her_decision_takes_its_place_and_is_the_answer() -> None:
    decision = terminated("remove")
    other = second()
    case = approvals.amend(decision.approval.pk, other)
    assert case.lease_token is not None
    made = decide(case.pk, other, case.lease_token, judgement("remove", JudgedAction("lock_account")))
    decision.approval.refresh_from_db()
    assert (decision.approval.status, decision.approval.answered_by) == ("amended", other)
    assert made.overrides == decision
    # It was removed already and stays so, without being asked for again.
    assert [pair for pair in told() if pair[1]] == [
        ("enforcement.requested", "remove"),
        ("enforcement.requested", "lock_account"),
    ]
    assert decision.enforcements.get(action="remove").rests_on == made


def test_what_is_amended_with_something_held_waits_for_a_third_answer() -> None:
    decision = terminated()
    first = decision.decided_by
    assert first is not None
    other = second()
    case = approvals.amend(decision.approval.pk, other)
    assert case.lease_token is not None
    made = decide(case.pk, other, case.lease_token, judgement("terminate_account"))
    assert made.approval.status == Approval.Status.WAITING
    assert not approvals.may_answer(other, made.approval)


def test_only_who_may_see_the_case_and_has_the_right_answers() -> None:
    other, thai, without = second(), second("th"), make_user(en=5)
    approval = terminated().approval
    assert approval.decided_by is not None
    approval.decided_by.clearances.add(*other.clearances.all())
    assert approvals.may_answer(other, approval)
    for each in (without, thai, approval.decided_by):
        assert not approvals.may_answer(each, approval)
        assert approvals.waiting_for(each) == []
        with pytest.raises(approvals.NotYours):
            approvals.approve(approval.pk, each)
    assert approvals.waiting_for(other) == [approval]


def test_an_answer_is_given_once() -> None:
    approval = terminated().approval
    approvals.approve(approval.pk, second())
    for answer in (
        lambda: approvals.approve(approval.pk, second()),
        lambda: approvals.reject(approval.pk, second(), REASONS),
        lambda: approvals.amend(approval.pk, second()),
    ):
        with pytest.raises(approvals.AlreadyAnswered):
            answer()
    assert told().count(("enforcement.requested", "terminate_account")) == 1


def test_each_answer_is_an_event_with_who_gave_it() -> None:
    decision, other = terminated(), second()
    approvals.approve(decision.approval.pk, other)
    asked, approved = Event.objects.filter(kind__startswith="approval.", case_id=decision.case_id).order_by(
        "id"
    )
    assert (asked.kind, asked.actor_id) == ("approval.asked", decision.decided_by_id)
    assert (approved.kind, approved.actor_id) == ("approval.approved", other.pk)


def test_gone_already_the_strike_is_void_unless_something_else_holds() -> None:
    case, moderator, token = hold()
    decision = decide(case.pk, moderator, token, judgement("remove"))
    message = decision.messages.get(type=enforcement.REQUESTED)
    assert message.enforcement_id is not None
    enforcement.already_gone(message, message.enforcement_id)
    assert Strike.objects.get().status == Strike.Status.VOID
    case, moderator, token = hold()
    decision = decide(case.pk, moderator, token, judgement("remove", "lock_account"))
    message = decision.messages.get(payload__data__action="remove")
    assert message.enforcement_id is not None
    enforcement.already_gone(message, message.enforcement_id)
    assert Strike.objects.get(decision=decision).status == Strike.Status.ACTIVE


def test_a_decision_that_only_keeps_and_lifts_sends_its_statement_with_the_closing() -> None:
    case, moderator, token = hold()
    decision = decide(case.pk, moderator, token, judgement("remove", "lock_account"))
    anew = revisions.reconsider(decision.pk, moderator)
    assert anew.lease_token is not None
    made = decide(anew.pk, moderator, anew.lease_token, judgement("remove"))
    assert told()[-2:] == [("enforcement.reversed", "lock_account"), ("case.closed", "")]
    closed = Message.objects.latest("pk").payload["data"]
    assert (closed["case_id"], closed["overrides"]) == (case.pk, str(decision.pk))
    assert closed["statement"]["appeal_code"] == made.statement.appeal_code
