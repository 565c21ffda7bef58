"""POST /appeals: filed by the platform for a person, under the same rules as if she had come herself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Platform, Scope
from appeals import links, review
from appeals.filing import MOST_CHARACTERS
from appeals.models import Appeal, Misuse
from moderation import approvals, revisions
from moderation.decisions import decide
from moderation.models import Case, Decision, Event, Flag, Message
from moderation.outbox.endpoints import create_endpoint
from tests.appealing import WHY, Told, an_hour_ago, appealed, make_appeal_queue, make_told
from tests.calling import Caller, key_of, problem
from tests.deciding import claim, hold, judgement
from tests.factories import make_flag, make_item, make_platform, make_policy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Told:
    return make_told("th")


@pytest.fixture
def caller(told: Told) -> Caller:
    return Caller(key_of(told.account.platform, Scope.APPEALS_WRITE))


def body(told: Told, **changes: Any) -> dict[str, Any]:
    return {"decision_id": str(told.decision.pk), "text": WHY, "language": "pt_br"} | changes


def test_an_appeal_is_taken_and_answered_with_where_it_stands(caller: Caller, told: Told) -> None:
    answer = caller.post("appeals", body(told, background="Ask Anna."))
    assert answer.status_code == 202
    appeal = Appeal.objects.get()
    assert answer.json() == {
        "appeal_id": str(appeal.pk),
        "level": 1,
        "status_url": f"http://127.0.0.1:8000{told.status_path}",
    }
    assert (appeal.text, appeal.background, appeal.language) == (WHY, "Ask Anna.", "pt-BR")
    assert (appeal.filed_by, appeal.case.language) == (Appeal.FiledBy.PLATFORM, "en")
    event = Event.objects.get(kind="appeal.filed", case_id=appeal.case_id)
    assert (event.actor, event.actor_id) == (Event.Actor.PLATFORM, told.account.platform_id)
    assert caller.client.get(told.status_path).status_code == 200


def test_without_a_language_she_is_answered_in_her_statements(caller: Caller, told: Told) -> None:
    caller.post("appeals", {"decision_id": str(told.decision.pk), "text": WHY})
    assert Appeal.objects.get().language == "th"


def test_the_same_call_with_its_key_is_one_appeal_and_one_answer(caller: Caller, told: Told) -> None:
    first = caller.post("appeals", body(told), idempotency_key="a-1")
    again = caller.post("appeals", body(told), idempotency_key="a-1")
    assert (again.status_code, again.json()) == (202, first.json())
    other = caller.post("appeals", body(told, text="Something else"), idempotency_key="a-1")
    problem(other, 409, "idempotency-conflict")
    assert Appeal.objects.get().text == WHY


def test_a_decision_that_was_appealed_is_not_appealed_again(caller: Caller, told: Told) -> None:
    appealed(told)
    problem(caller.post("appeals", body(told)), 409, "already-appealed")
    problem(caller.post("appeals", body(told, language=None)), 409, "already-appealed")


def test_after_the_last_moment_it_is_too_late_for_the_platform_too(caller: Caller) -> None:
    late = make_told(until=timedelta(seconds=-1))
    details = problem(caller.post("appeals", body(late)), 409, "not-appealable")
    assert late.statement.appeal_until.isoformat() in details["detail"]


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"decision_id": "999999"}, ["decision_id"]),
        ({"decision_id": "9" * 19}, ["decision_id"]),
        ({"decision_id": 1}, ["decision_id"]),
        ({"decision_id": "1 OR 1=1"}, ["decision_id"]),
        ({"text": " \n "}, ["text"]),
        ({"text": "\u0007"}, ["text"]),
        ({"text": "x" * (MOST_CHARACTERS + 1)}, ["text"]),
        ({"text": "a\0b"}, ["text"]),
        ({"text": "half \ud83d"}, ["text"]),
        ({"background": "x" * (MOST_CHARACTERS + 1)}, ["background"]),
        ({"language": "klingonish"}, ["language"]),
        ({"mood": "angry"}, ["mood"]),
        ({"contact": "not an address"}, ["contact"]),
        ({"contact": ""}, ["contact"]),
        ({"contact": "x" * 250 + "@example.org"}, ["contact"]),
        ({"flag_id": "nobody-sent-this"}, ["flag_id"]),
        ({"flag_id": 7}, ["flag_id"]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    caller: Caller, told: Told, changes: dict[str, Any], loc: list[str]
) -> None:
    details = problem(caller.post("appeals", body(told, **changes)), 422, "invalid")
    assert [error["loc"] for error in details["errors"]] == [loc]
    assert not Appeal.objects.exists()
    assert not Case.objects.filter(origin=Case.Origin.APPEAL).exists()


def test_a_decision_about_another_platform_is_as_unknown_as_one_that_is_not(told: Told) -> None:
    stranger = Caller(key_of(make_platform("elsewhere"), Scope.APPEALS_WRITE))
    theirs = problem(stranger.post("appeals", body(told)), 422, "invalid")
    none = problem(stranger.post("appeals", body(told, decision_id="999999")), 422, "invalid")
    assert theirs == none


def test_a_key_without_the_scope_files_nothing(told: Told, platform: Platform) -> None:
    caller = Caller(key_of(told.account.platform, Scope.FLAGS_WRITE, Scope.CASES_READ))
    problem(caller.post("appeals", body(told)), 403, "forbidden")
    assert not Appeal.objects.exists()


def test_the_api_says_that_appeals_can_be_filed(caller: Caller) -> None:
    document = caller.get("openapi.json").json()
    operation = document["paths"]["/api/v1/appeals"]["post"]
    assert operation["operationId"] == "file_appeal"
    assert {"202", "401", "403", "409", "422"} <= set(operation["responses"])


def test_an_address_for_news_is_kept_with_the_appeal_and_told_to_nobody(
    caller: Caller, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    create_endpoint(told.account.platform, "http://127.0.0.1:1/webhooks")
    answer = caller.post("appeals", body(told, contact="noor@example.org"))
    assert Appeal.objects.get().contact == "noor@example.org"
    refused = caller.post("appeals", body(told, contact="noor@example"))
    for said in (
        answer.text,
        refused.text,
        caplog.text,
        str(list(Message.objects.values_list("payload", flat=True))),
        str(list(Event.objects.values())),
    ):
        assert "noor@" not in said


def noticed(*actions: str, language: str = "de") -> tuple[Flag, Decision]:
    """A notice that somebody sent, and the decision that answers it."""
    make_appeal_queue()
    case, moderator, token = hold()
    notifier = make_item(kind="account", text="", display_name="Noor")
    notice = make_flag(
        case,
        source=Flag.Source.USER_NOTICE,
        detector="",
        notifier=notifier,
        notifier_language=language,
    )
    return notice, decide(case.pk, moderator, token, judgement(*actions))


def test_whoever_sent_a_notice_that_led_to_nothing_appeals_with_its_flag_id(platform: Platform) -> None:
    notice, decision = noticed("no_violation")
    caller = Caller(key_of(platform, Scope.APPEALS_WRITE))
    sent = {"decision_id": str(decision.pk), "flag_id": notice.flag_id, "text": WHY}
    answer = caller.post("appeals", sent)
    assert answer.status_code == 202, answer.text
    appeal = Appeal.objects.get()
    assert appeal.reply is not None
    assert (appeal.reply.flag, appeal.language) == (notice, "de")
    assert answer.json() == {
        "appeal_id": str(appeal.pk),
        "level": 1,
        "status_url": links.status_link_for(decision.pk, notice.pk),
    }
    path = answer.json()["status_url"].removeprefix("http://127.0.0.1:8000")
    assert caller.client.get(path).status_code == 200
    problem(caller.post("appeals", sent), 409, "already-appealed")
    # Nothing was held against anybody: for the person affected there is nothing to appeal.
    problem(
        caller.post("appeals", {name: sent[name] for name in ("decision_id", "text")}), 409, "not-appealable"
    )


def test_where_we_acted_whoever_reported_it_has_nothing_to_appeal(platform: Platform) -> None:
    notice, decision = noticed("remove")
    caller = Caller(key_of(platform, Scope.APPEALS_WRITE))
    sent = {"decision_id": str(decision.pk), "flag_id": notice.flag_id, "text": WHY}
    problem(caller.post("appeals", sent), 409, "not-appealable")
    other, _ = noticed("no_violation")
    details = problem(caller.post("appeals", sent | {"flag_id": other.flag_id}), 422, "invalid")
    assert [error["loc"] for error in details["errors"]] == [["flag_id"]]


def test_a_decision_that_was_replaced_says_by_which(platform: Platform) -> None:
    notice, decision = noticed("no_violation")
    assert decision.decided_by is not None
    again = revisions.reconsider(decision.pk, decision.decided_by)
    assert again.lease_token is not None
    newer = decide(again.pk, decision.decided_by, again.lease_token, judgement("remove"))
    caller = Caller(key_of(platform, Scope.APPEALS_WRITE))
    sent = {"decision_id": str(decision.pk), "flag_id": notice.flag_id, "text": WHY}
    details = problem(caller.post("appeals", sent), 409, "decision-replaced")
    assert str(newer.pk) in details["detail"]


def test_while_her_appeals_are_not_looked_at_none_is_taken(caller: Caller, told: Told) -> None:
    until = timezone.now() + timedelta(days=30)
    Misuse.objects.create(
        account=told.account,
        of=Misuse.Of.COMPLAINTS,
        measure=Misuse.Measure.SUSPENSION,
        reasons="Seven without any reason behind them",
        by=told.decider,
        until=until,
    )
    details = problem(caller.post("appeals", body(told)), 409, "appeals-suspended")
    assert until.isoformat() in details["detail"]
    assert not Appeal.objects.exists()


def test_where_an_account_stays_closed_for_good_she_may_appeal_once_more() -> None:
    make_policy("bulk-messaging", allowed_actions=["terminate_account"])
    case, moderator, token = hold(policy=make_policy("bulk-messaging"))
    decision = decide(case.pk, moderator, token, judgement("terminate_account", policy="bulk-messaging"))
    approvals.approve(decision.approval.pk, make_user(en=5, clearances=("approval",)))
    caller = Caller(key_of(case.item.platform, Scope.APPEALS_WRITE))
    sent = {"decision_id": str(decision.pk), "text": WHY}
    assert caller.post("appeals", sent).json()["level"] == 1
    first = Appeal.objects.get()
    Case.objects.filter(pk=first.case_id).update(queued_at=an_hour_ago())
    _, reviewer, lease = claim(make_user(en=5), first.case)
    review.conclude(first, reviewer, lease, review.Answer("upheld", "It stays closed."))
    assert caller.post("appeals", sent).json()["level"] == 2
    problem(caller.post("appeals", sent), 409, "already-appealed")
