"""One person can never both decide and approve: through the pages, two sessions, the API, direct calls, and SQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.models import User
from moderation import approvals
from moderation.models import Approval, Enforcement, Message
from moderation.outbox.endpoints import create_endpoint
from tests.console import post
from tests.deciding import decided, hold
from tests.factories import make_platform, make_policy, make_user

pytestmark = pytest.mark.django_db

ALLOWED = ["remove", "terminate_account", "refer_to_law_enforcement"]
RIGHTS = ("approval", "law_enforcement")


@pytest.fixture
def both() -> User:
    """Somebody who may decide and who may approve."""
    make_policy(allowed_actions=ALLOWED)
    create_endpoint(make_platform(), "http://127.0.0.1:9/hook")
    return make_user(en=5, clearances=RIGHTS)


@pytest.fixture
def hers(both: User) -> Approval:
    """What she decided and what waits for somebody else."""
    return decided("terminate_account", moderator=both).approval


def nothing_went_out(approval: Approval) -> bool:
    approval.refresh_from_db()
    assert (approval.status, approval.answered_by) == (Approval.Status.WAITING, None)
    assert not Message.objects.filter(type="enforcement.requested").exists()
    return Enforcement.objects.get().status == Enforcement.Status.HELD


@pytest.mark.parametrize("how", ["approve", "reject", "amend"])
def test_not_through_the_page(both: User, hers: Approval, client: Client, how: str) -> None:
    client.force_login(both)
    assert 'class="submit-bar answers"' not in client.get(f"/approvals/{hers.pk}/").content.decode()
    refused = client.post(f"/approvals/{hers.pk}/{how}/", {"reasons": "I agree with myself."})
    assert refused.status_code == 409
    assert "You decided this: it waits for somebody else." in refused.content.decode()
    assert nothing_went_out(hers)


def test_not_in_a_second_session_of_hers(both: User) -> None:
    here, there = Client(), Client()
    here.force_login(both)
    there.force_login(both)
    case, _, _ = hold(moderator=both)
    post(here, case, "decide", actions="terminate_account")
    approval = Approval.objects.get(decision__case=case)
    assert there.post(f"/approvals/{approval.pk}/approve/").status_code == 409
    assert nothing_went_out(approval)


@pytest.mark.parametrize(
    "answer",
    [
        lambda approval, user: approvals.approve(approval.pk, user),
        lambda approval, user: approvals.reject(approval.pk, user, "No."),
        lambda approval, user: approvals.amend(approval.pk, user),
    ],
    ids=["approve", "reject", "amend"],
)
def test_not_by_calling_the_stage(
    both: User, hers: Approval, answer: Callable[[Approval, User], Any]
) -> None:
    with pytest.raises(approvals.NotYours), transaction.atomic():
        answer(hers, both)
    assert nothing_went_out(hers)


def test_not_as_the_admin_who_decided(hers: Approval, both: User) -> None:
    both.role, both.is_superuser = "admin", True
    both.save()
    assert approvals.waiting_for(both) == []
    with pytest.raises(approvals.NotYours):
        approvals.approve(hers.pk, both)


def test_not_through_the_models(both: User, hers: Approval) -> None:
    hers.status, hers.answered_by, hers.answered_at = Approval.Status.APPROVED, both, timezone.now()
    with pytest.raises(DatabaseError, match="nobody_approves_her_own_decision"), transaction.atomic():
        hers.save()
    enforcement = Enforcement.objects.get()
    enforcement.status = Enforcement.Status.REQUESTED
    with pytest.raises(DatabaseError, match="waits for a second person"), transaction.atomic():
        enforcement.save()
    assert nothing_went_out(hers)


ANSWER = "UPDATE moderation_approval SET status = 'approved', answered_by_id = %(her)s, answered_at = now()"
STATEMENTS = {
    "she answers": (ANSWER, "nobody_approves_her_own_decision"),
    "nobody answers": (
        "UPDATE moderation_approval SET status = 'approved', answered_at = now()",
        "an_answer_has_somebody_behind_it",
    ),
    "somebody else is said to have decided": (
        "UPDATE moderation_approval SET decided_by_id = %(other)s",
        "names who decided",
    ),
    "nobody is said to have decided": (
        "UPDATE moderation_approval SET decided_by_id = NULL",
        "names who decided",
    ),
    "somebody else is said to have decided, and she answers": (
        f"{ANSWER}, decided_by_id = %(other)s",
        "names who decided",
    ),
    "the approval goes": ("DELETE FROM moderation_approval", "is never changed"),
    "the decision becomes somebody else's": (
        "UPDATE moderation_decision SET decided_by_id = %(other)s WHERE id = %(decision)s",
        "is never changed",
    ),
    "what is held goes on": (
        "UPDATE moderation_enforcement SET status = 'requested'",
        "waits for a second person",
    ),
    "what is held needs nobody": (
        "UPDATE moderation_enforcement SET needs_approval = false, status = 'requested'",
        "never changed",
    ),
    "the enforcement becomes another decision's": (
        "UPDATE moderation_enforcement SET decision_id = %(approved)s, status = 'requested'",
        "never changed",
    ),
    "the approval becomes another decision's": (
        "UPDATE moderation_approval SET decision_id = %(approved)s WHERE decision_id = %(decision)s",
        "answered once",
    ),
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_not_by_sql(both: User, hers: Approval, what: str) -> None:
    other = make_user(en=5, clearances=RIGHTS)
    approved = decided("terminate_account", moderator=other).approval
    approvals.approve(approved.pk, make_user(en=5, clearances=RIGHTS))
    statement, why = STATEMENTS[what]
    known = {
        "her": both.pk,
        "other": other.pk,
        "approved": approved.decision_id,
        "decision": hers.decision_id,
    }
    if "WHERE" not in statement:
        statement += " WHERE decision_id = %(decision)s"
    with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, known)
    hers.refresh_from_db()
    assert hers.status == Approval.Status.WAITING
    held = Enforcement.objects.get(decision=hers.decision_id)
    assert (held.status, held.needs_approval) == (Enforcement.Status.HELD, True)


def test_she_cannot_answer_again_for_what_she_decides_otherwise(both: User, hers: Approval) -> None:
    """Who amends decides: what is held of her own decision waits for a third, or for the first."""
    second = make_user(en=5, clearances=RIGHTS)
    case = approvals.amend(hers.pk, second)
    client = Client()
    client.force_login(second)
    post(client, case, "decide", actions=["remove", "terminate_account"])
    again = Approval.objects.get(decision__case=case)
    with pytest.raises(approvals.NotYours):
        approvals.approve(again.pk, second)
    assert Enforcement.objects.get(decision=again.decision_id, action="terminate_account").status == "held"


def test_the_api_has_no_way_to_answer() -> None:
    """Whatever a key may do, approving is not among it: no route of the API names an approval."""

    def routes(resolver: Any, path: str = "") -> list[str]:
        here = f"{path}{resolver.pattern}"
        inner = getattr(resolver, "url_patterns", None)
        return [here] if inner is None else [each for below in inner for each in routes(below, here)]

    api = [each for each in routes(get_resolver()) if "api/" in each]
    assert api
    assert not [each for each in api if "approv" in each or "amend" in each or "reject" in each]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_does() -> None:
    make_policy(allowed_actions=ALLOWED)
    approval = decided("terminate_account").approval
    two = [make_user(en=5, clearances=RIGHTS) for _ in range(2)]
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def answer(user: User) -> None:
        together.wait(10)
        try:
            approvals.approve(approval.pk, user)
            outcomes.append("approved")
        except approvals.AlreadyAnswered:
            outcomes.append("too late")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=answer, args=(user,)) for user in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["approved", "too late"]
    approval.refresh_from_db()
    assert approval.answered_by in two
