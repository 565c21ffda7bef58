"""POST /appeals: filed by the platform for a person, under the same rules as if she had come herself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Platform, Scope
from appeals.filing import MOST_CHARACTERS
from appeals.models import Appeal
from moderation.models import Case, Event
from tests.appealing import WHY, Told, appealed, make_told
from tests.calling import Caller, key_of, problem
from tests.factories import make_platform

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
