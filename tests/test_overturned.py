"""What a decision that was taken back leaves: what is told of it, and everything else that it had set in motion."""

from __future__ import annotations

import threading

import pytest
from django.db import connections, transaction
from pytest_django import Settings

from accounts.models import User
from appeals import review
from moderation import approvals, revisions
from moderation.decisions import InvalidJudgement, JudgedAction, Judgement, decide
from moderation.models import Decision, Enforcement, Item, Referral
from moderation.routing.facts import facts_of
from tests.appealing import appealed, claimed_by, make_reader, make_told
from tests.calling import Caller, key_of
from tests.deciding import REASONS, account, decided, hold, hold_appeal, judgement, take_back
from tests.factories import make_case, make_item, make_platform, make_policy
from tests.referring import PARAMETERS, cleared, policy, threat
from transparency.sor import payload

pytestmark = pytest.mark.django_db

ALLOWED = ["remove", "restrict", "warn", "lock_account", "terminate_account"]


def breaches(author: Item) -> int:
    return facts_of(make_case(item=make_item(author=author), language="th")).author_breaches


def remade(decision: Decision, *actions: str | JudgedAction) -> Decision:
    """Its own moderator decides it anew."""
    user = decision.decided_by
    assert user is not None
    case = revisions.reconsider(decision.pk, user)
    assert case.lease_token is not None
    return decide(case.pk, user, case.lease_token, judgement(*actions))


def test_the_platform_reads_that_it_was_taken_back_and_that_nothing_of_it_is_in_force() -> None:
    caller = Caller(key_of(make_platform(), "cases:read"))
    decision = decided("remove")
    path = f"items/content/{decision.item.external_id}"
    (shown,) = caller.get(path).json()["decisions"]
    assert (shown["overridden_by"], shown["overturned"]) == (None, False)

    after = take_back(decision)

    body = caller.get(path).json()
    new, old = body["decisions"]
    assert (old["overridden_by"], old["overturned"]) == (str(after.pk), True)
    assert (new["overridden_by"], new["overturned"]) == (None, False)
    assert body["enforcements"] == []


def test_what_was_decided_anew_without_an_appeal_is_not_overturned() -> None:
    caller = Caller(key_of(make_platform(), "cases:read"))
    decision = decided("remove")
    newer = remade(decision, "warn")
    new, old = caller.get(f"items/content/{decision.item.external_id}").json()["decisions"]
    assert (new["decision_id"], new["overturned"]) == (str(newer.pk), False)
    assert (old["overridden_by"], old["overturned"]) == (str(newer.pk), False)


def test_a_breach_counts_once_however_often_she_was_told_of_it_and_only_while_it_stands() -> None:
    make_policy(allowed_actions=ALLOWED)
    author = account()
    decision = decided("remove", "terminate_account", item=make_item(author=author))
    assert breaches(author) == 1
    approvals.approve(decision.approval.pk, cleared())
    assert decision.statements.count() == 2
    assert breaches(author) == 1
    take_back(decision)
    assert breaches(author) == 0


def test_what_was_undone_is_no_breach_and_what_it_had_replaced_is_one_again(settings: Settings) -> None:
    settings.UNDO_SECONDS = 3600.0
    author = account()
    first = decided("remove", item=make_item(author=author))
    second = remade(first, "warn")
    assert breaches(author) == 1
    assert second.decided_by is not None
    revisions.undo(second.pk, second.decided_by)
    assert breaches(author) == 1
    take_back(first)
    assert breaches(author) == 0


def test_what_the_database_was_told_of_it_stays_as_it_was() -> None:
    decision = decided("remove")
    before = payload(decision.statement)
    assert before is not None
    take_back(decision)
    assert payload(decision.statement) == before


def test_what_is_taken_back_leaves_neither_it_nor_what_it_had_replaced() -> None:
    author = account()
    first = decided(JudgedAction("lock_account", {"until": None}), item=make_item(author=author))
    second = remade(first, "warn")
    take_back(second)
    in_force = Enforcement.objects.filter(
        decision__in=[first, second], status__in=(*Enforcement.IN_FORCE, "held")
    )
    assert not in_force.exists()
    assert set(author.strikes.values_list("status", flat=True)) == {"taken_back"}


@pytest.mark.parametrize("approved", [False, True])
def test_a_referral_that_was_not_sent_is_not_sent(approved: bool) -> None:
    case, moderator, token = hold(item=threat(), policy=policy())
    chosen = [JudgedAction("remove"), JudgedAction("refer_to_law_enforcement", PARAMETERS)]
    decision = decide(case.pk, moderator, token, Judgement("violence", chosen, REASONS))
    if approved:
        approvals.approve(decision.approval.pk, cleared())
    held, reviewer, token = hold_appeal(decision)
    decide(held.pk, reviewer, token, judgement("no_violation", policy="violence", overrides=decision))
    assert Referral.objects.get().status == Referral.Status.WITHDRAWN


def test_one_that_was_approved_is_sent_where_only_something_else_was_wrong() -> None:
    case, moderator, token = hold(item=threat(), policy=policy())
    chosen = [JudgedAction("remove"), JudgedAction("refer_to_law_enforcement", PARAMETERS)]
    decision = decide(case.pk, moderator, token, Judgement("violence", chosen, REASONS))
    approvals.approve(decision.approval.pk, cleared())
    held, reviewer, token = hold_appeal(decision)
    remove = JudgedAction("remove", {}, ["DE"])
    decide(held.pk, reviewer, token, judgement(remove, policy="violence", overrides=decision))
    assert Referral.objects.get().status == Referral.Status.APPROVED


@pytest.mark.django_db(transaction=True)
def test_of_two_who_replace_the_same_decision_at_once_the_second_is_told() -> None:
    """Who decides anew is a moment ahead of who answers the appeal."""
    told = make_told("en")
    decider = told.decider
    revision = revisions.reconsider(told.decision.pk, decider)
    appeal, reviewer = appealed(told), make_reader("en")
    held = claimed_by(reviewer, appeal)
    assert revision.lease_token is not None
    assert held.lease_token is not None
    decided_anew, may_commit, answered = threading.Event(), threading.Event(), threading.Event()
    refused: list[InvalidJudgement] = []

    def anew(user: User) -> None:
        try:
            with transaction.atomic():
                assert revision.lease_token is not None
                lock = JudgedAction("lock_account", {"until": "2090-01-01T00:00:00Z"})
                decide(revision.pk, user, revision.lease_token, judgement(lock, policy="bulk-messaging"))
                decided_anew.set()
                assert may_commit.wait(30)
        finally:
            decided_anew.set()
            connections.close_all()

    def overturn(user: User) -> None:
        try:
            assert held.lease_token is not None
            review.conclude(appeal, user, held.lease_token, review.Answer("overturned", "We were wrong."))
        except InvalidJudgement as error:
            refused.append(error)
        finally:
            answered.set()
            connections.close_all()

    first = threading.Thread(target=anew, args=(decider,))
    second = threading.Thread(target=overturn, args=(reviewer,))
    first.start()
    assert decided_anew.wait(30)
    second.start()
    # She waits for the other: nothing is answered while that is not committed.
    assert not answered.wait(0.5)
    may_commit.set()
    first.join(30)
    second.join(30)
    assert [each.errors[0]["loc"] for each in refused] == [["overrides"]]
    # Told so, she answers about the decision that stands now.
    review.conclude(appeal, reviewer, held.lease_token, review.Answer("overturned", "We were wrong."))
    assert not Enforcement.objects.filter(item=told.account, status__in=Enforcement.IN_FORCE).exists()
