"""The second person's pages: what waits for her, everything that she needs to answer, and her answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from moderation import approvals
from moderation.decisions import JudgedAction
from moderation.models import Approval, Case, Decision, Draft, Enforcement, Event
from moderation.queueing.claim import claim_next
from tests.console import TYPED, post
from tests.deciding import decided, hold
from tests.factories import make_policy, make_user

pytestmark = pytest.mark.django_db

ALLOWED = ["remove", "lock_account", "terminate_account", "refer_to_law_enforcement"]
REFERRAL = {
    "basis": "life_or_safety",
    "authority_written": "Harbour police",
    "country": "DE",
    "summary": "He says when.",
}


@pytest.fixture
def waiting() -> Approval:
    """A decision that removed something at once and waits for a second person to terminate the account."""
    make_policy(allowed_actions=ALLOWED, guidelines="What to look for.")
    return decided("remove", "terminate_account").approval


@pytest.fixture
def second(client: Client) -> User:
    """The client's: a different person with the right to approve."""
    user = make_user(en=5, clearances=("approval",))
    client.force_login(user)
    return user


def answer(client: Client, approval: Approval, how: str, reasons: str = "", htmx: bool = True) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/approvals/{approval.pk}/{how}/", {"reasons": reasons}, headers=headers)


def page_of(client: Client, approval: Approval) -> str:
    return client.get(f"/approvals/{approval.pk}/").content.decode()


def test_what_waits_is_listed_oldest_first_and_counted_in_the_navigation(
    waiting: Approval, client: Client, second: User
) -> None:
    later = decided("terminate_account").approval
    page = client.get("/approvals/").content.decode()
    assert page.index(f"/approvals/{waiting.pk}/") < page.index(f"/approvals/{later.pk}/")
    assert "Terminate account" in page
    assert "due in" in page
    assert '<span class="count">2</span>' in page


def test_without_the_right_there_is_no_way_there_and_nothing_to_answer(
    waiting: Approval, client: Client
) -> None:
    client.force_login(make_user(en=5))
    assert 'href="/approvals/"' not in client.get("/").content.decode()
    assert "Nothing waits for your answer." in client.get("/approvals/").content.decode()
    page = page_of(client, waiting)
    assert "It waits for a second person who has the right to approve it." in page
    assert 'class="submit-bar answers"' not in page
    refused = answer(client, waiting, "approve")
    assert (refused.status_code, "You have not the right" in refused.content.decode()) == (409, True)


def test_she_who_decided_sees_that_it_waits_for_somebody_else(waiting: Approval, client: Client) -> None:
    decider = waiting.decision.decided_by
    assert decider is not None
    client.force_login(decider)
    page = client.get("/approvals/").content.decode()
    assert "Yours, waiting for somebody else" in page
    assert "Nothing waits for your answer." in page
    page = page_of(client, waiting)
    assert "You decided this. It waits for somebody else." in page
    assert 'class="submit-bar answers"' not in page
    case = client.get(f"/cases/{waiting.decision.case_id}/").content.decode()
    assert "waits for a second person" in case


def test_her_page_shows_what_the_case_page_shows_and_that_she_looked_is_an_event(
    waiting: Approval, client: Client, second: User
) -> None:
    page = page_of(client, waiting)
    decision = waiting.decision
    for shown in (
        decision.case.snapshot.text,
        decision.reasoning,
        "What to look for.",
        "We closed your account.",
    ):
        assert shown in page
    assert "To approve: Terminate account" in page
    seen = Event.objects.get(kind="evidence.viewed", actor_id=second.pk)
    assert seen.case_id == decision.case_id


def test_a_case_of_other_lanes_is_not_there(waiting: Approval, client: Client) -> None:
    client.force_login(make_user(th=5, clearances=("approval",)))
    assert client.get(f"/approvals/{waiting.pk}/").status_code == 404
    assert answer(client, waiting, "approve").status_code == 404


def test_approved_it_goes_out_and_the_list_comes_back(
    waiting: Approval, client: Client, second: User
) -> None:
    assert answer(client, waiting, "approve").headers["HX-Redirect"] == "/approvals/"
    held = Enforcement.objects.get(action="terminate_account")
    assert held.status == Enforcement.Status.REQUESTED
    waiting.refresh_from_db()
    assert (waiting.status, waiting.answered_by) == (Approval.Status.APPROVED, second)
    page = client.get(f"/cases/{waiting.decision.case_id}/").content.decode()
    assert "approved" in page
    assert second.display_name in page


def test_it_works_without_a_script_too(waiting: Approval, client: Client, second: User) -> None:
    refused = answer(client, waiting, "reject", htmx=False)
    assert (refused.status_code, "Say why" in refused.content.decode()) == (422, True)
    gone = answer(client, waiting, "reject", "Too much for a first time.", htmx=False)
    assert (gone.status_code, gone.headers["Location"]) == (302, "/approvals/")


def test_a_rejection_needs_reasons_and_whoever_decides_anew_reads_them(
    waiting: Approval, client: Client, second: User
) -> None:
    assert answer(client, waiting, "reject", "  ").status_code == 422
    answer(client, waiting, "reject", "Too much for a first time.")
    assert Enforcement.objects.get(action="terminate_account").status == Enforcement.Status.WITHDRAWN
    third = make_user(en=5)
    case = claim_next(third)
    assert case is not None
    assert (case.revises, case.revised) == (waiting.decision, Case.Revised.REJECTED)
    client.force_login(third)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "A second person rejected what was decided." in page
    assert "Too much for a first time." in page
    old = client.get(f"/cases/{waiting.decision.case_id}/").content.decode()
    assert "withdrawn before it went out: the second person rejected it" in old


def test_deciding_otherwise_opens_it_for_her_filled_in_and_it_waits_until_she_submits(
    waiting: Approval, client: Client, second: User
) -> None:
    to = answer(client, waiting, "amend").headers["HX-Redirect"]
    revision = Case.objects.get(revises=waiting.decision)
    assert to == f"/cases/{revision.pk}/"
    assert answer(client, waiting, "amend").headers["HX-Redirect"] == to
    page = client.get(to).content.decode()
    assert "You decide otherwise." in page
    assert 'value="terminate_account" checked' in page
    waiting.refresh_from_db()
    assert waiting.status == Approval.Status.WAITING
    post(client, revision, "decide", actions=["remove", "lock_account"], **{"lock_account.until": "7"})
    waiting.refresh_from_db()
    assert (waiting.status, waiting.answered_by) == (Approval.Status.AMENDED, second)
    kept = Enforcement.objects.get(action="remove")
    assert kept.rests_on == Decision.objects.get(case=revision)


def test_answered_meanwhile_it_says_so_and_her_words_are_kept(
    waiting: Approval, client: Client, second: User
) -> None:
    approvals.approve(waiting.pk, make_user(en=5, clearances=("approval",)))
    late = answer(client, waiting, "reject", TYPED)
    page = late.content.decode()
    assert late.status_code == 409
    assert "This was answered meanwhile." in page
    assert TYPED in page


def test_a_right_that_was_lost_is_said_and_her_words_are_kept(
    waiting: Approval, client: Client, second: User
) -> None:
    second.clearances.clear()
    late = answer(client, waiting, "reject", TYPED)
    assert late.status_code == 409
    assert "You have not the right to answer this (any more)." in late.content.decode()
    assert TYPED in late.content.decode()


def test_a_second_click_answers_once(waiting: Approval, client: Client, second: User) -> None:
    answer(client, waiting, "approve")
    assert "This was answered meanwhile." in answer(client, waiting, "approve").content.decode()
    assert Event.objects.filter(kind="approval.approved").count() == 1


def test_a_referral_is_for_who_is_cleared_for_it(client: Client) -> None:
    make_policy(allowed_actions=ALLOWED)
    approval = decided(JudgedAction("refer_to_law_enforcement", REFERRAL)).approval
    client.force_login(make_user(en=5, clearances=("approval",)))
    assert client.get(f"/approvals/{approval.pk}/").status_code == 404
    assert "Refer" not in client.get(f"/cases/{approval.decision.case_id}/").content.decode()
    cleared = make_user(en=5, clearances=("approval", "law_enforcement"))
    client.force_login(cleared)
    page = page_of(client, approval)
    for shown in ("Harbour police", "He says when.", "The person concerned is not told of it."):
        assert shown in page
    assert Event.objects.filter(kind="referral.viewed", actor_id=cleared.pk).exists()
    answer(client, approval, "approve")
    approval.refresh_from_db()
    assert approval.status == Approval.Status.APPROVED


def test_undone_a_referral_comes_back_as_she_typed_it(client: Client, settings: Any) -> None:
    settings.UNDO_SECONDS = 60.0
    make_policy(allowed_actions=ALLOWED)
    case, user, _ = hold()
    client.force_login(user)
    fields = {f"refer_to_law_enforcement.{name}": value for name, value in REFERRAL.items()}
    post(client, case, "decide", actions="refer_to_law_enforcement", **fields)
    decision = Decision.objects.get(case=case)
    client.post(f"/decisions/{decision.pk}/undo/")
    typed = Draft.objects.get(case__revises=decision).fields
    assert {name: typed[name][0] for name in fields} == fields
    assert Approval.objects.get().status == Approval.Status.WITHDRAWN
