"""Thousands of histories of decide, undo, reconsider, approve, reject, amend, expire, appeal, deliver and replay.

After each the platform, which hears only webhooks, has in force exactly what the plain reckoning of decision_model.py
says, and the strikes that count are exactly those: every reversal restores the state from before.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from accounts.models import User
from appeals.filing import file_appeal
from appeals.models import Appeal
from appeals.opening import AlreadyAppealed, AppealClosed, affected
from moderation import approvals, audit, enforcement, revisions
from moderation.decisions import JudgedAction, Judgement, decide
from moderation.models import Case, Decision, Enforcement, Item, Message, Policy, Strike
from moderation.outbox.endpoints import create_endpoint
from moderation.queueing.claim import claim_next
from tests.decision_model import Decided, Done, Model
from tests.factories import make_case, make_item, make_platform, make_policy, make_queue, make_user
from tests.receiver_model import Platform

pytestmark = pytest.mark.django_db

FAR = "2090-01-01T00:00:00+00:00"
HELD = {"terminate_account"}
CHOICES = ("remove", "demote", "limit_visibility", "warn", "demonetise", "lock_account", "terminate_account")
ALLOWED = ["remove", "restrict", "warn", "demonetise", "lock_account", "terminate_account"]
# Some of them with every test run; `make histories` runs thousands.
HISTORIES = int(os.environ.get("HISTORIES", "240"))
some = st.lists(st.sampled_from(CHOICES), min_size=1, max_size=3, unique=True)
number = st.integers(0, 1000)


def judged(choice: str) -> JudgedAction:
    if choice == "demote":
        return JudgedAction("restrict", {"how": "demote"})
    if choice == "limit_visibility":
        return JudgedAction("restrict", {"how": "limit_visibility"}, on="author")
    if choice in ("lock_account", "demonetise"):
        return JudgedAction(choice, {"until": FAR})
    return JudgedAction(choice)


def excluded_from(case: Case) -> set[int]:
    return set(case.exclusions.values_list("moderator", flat=True))


class Desk(RuleBasedStateMachine):
    """The real desk, its platform as told by webhook, and the model beside them."""

    policy: Policy
    author: Item
    items: list[Item]
    people: list[User]

    @initialize(at=number, by=number, chosen=some)
    def begin(self, at: int, by: int, chosen: list[str]) -> None:
        """With a decision, at the same desk as every history; the transaction is rolled back after it."""
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.model = Model()
        self.platform = Platform()
        self.decide(at, by, chosen)

    def teardown(self) -> None:
        if not hasattr(self, "platform"):
            return  # given up before it began
        try:
            self.see_that_all_is_as_reckoned()
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # What people do

    @rule(at=number, by=number, chosen=some)
    def decide(self, at: int, by: int, chosen: list[str]) -> None:
        item, person = self.items[at % 2], self.person(by)
        if Case.objects.filter(item=item, origin="flag").exclude(status="decided").exists():
            return
        case = make_case(item=item, policy=self.policy, queued_at=timezone.now() - timedelta(minutes=5))
        self.judge(self.held(case, person), person, chosen)

    @precondition(lambda self: self.model.with_effect())
    @rule(which=number, chosen=st.none() | some)
    def reconsider(self, which: int, chosen: list[str] | None) -> None:
        """Decide anew; None: it turns out to be no violation."""
        known = self.pick(self.model.with_effect(), which)
        decision, person = self.row(known), User.objects.get(pk=known.by)
        if decision.case.origin == "appeal" or decision.revisions.exclude(status="decided").exists():
            return
        try:
            case = revisions.reconsider(decision.pk, person)
        except (revisions.NotYours, revisions.BeingRevised, revisions.TooLate):
            return
        self.judge(case, person, chosen or ["no_violation"], before=known)

    @precondition(lambda self: self.model.with_effect())
    @rule(which=number, chosen=some)
    def undo_and_decide_anew(self, which: int, chosen: list[str]) -> None:
        known = self.pick(self.model.with_effect(), which)
        person = User.objects.get(pk=known.by)
        try:
            case = revisions.undo(known.pk, person)
        except revisions.TooLate:
            return
        self.model.undo(known)
        self.judge(case, person, chosen, before=known.before)

    @precondition(lambda self: any(each.waits for each in self.model.decisions))
    @rule(which=number, by=number, answer=st.sampled_from(["approve", "reject", "amend"]), chosen=some)
    def answer(self, which: int, by: int, answer: str, chosen: list[str]) -> None:
        known = self.pick([each for each in self.model.decisions if each.waits], which)
        approval, person = self.row(known).approval, self.person(by)
        if person.pk == known.by or person.pk in excluded_from(approval.decision.case):
            with pytest.raises(approvals.NotYours):
                approvals.approve(approval.pk, person)
            return
        if answer == "approve":
            approvals.approve(approval.pk, person)
            self.model.approve(known)
            return
        try:
            if answer == "reject":
                case = approvals.reject(approval.pk, person, "Not grave enough.")
                self.model.reject(known)
                with transaction.atomic():
                    held = claim_next(person)
                assert held is not None
                assert held.pk == case.pk
                case = held
            else:
                case = approvals.amend(approval.pk, person)
        except revisions.BeingRevised:
            return
        self.judge(case, person, chosen, before=known)

    @precondition(lambda self: self.model.with_effect())
    @rule(which=number, by=number, won=st.booleans())
    def appeal(self, which: int, by: int, won: bool) -> None:
        known = self.pick(self.model.with_effect(), which)
        decision = self.row(known)
        try:
            case = file_appeal(
                affected(decision), "I greeted my friends.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT
            ).case
        except (AlreadyAppealed, AppealClosed):
            return
        Case.objects.filter(pk=case.pk).update(queued_at=timezone.now() - timedelta(minutes=5))
        took_part = excluded_from(case)
        assert known.by in took_part
        person = next(each for each in self.people if each.pk not in took_part)
        held = self.held(case, person)
        judgement = Judgement(
            self.policy.slug,
            [JudgedAction("no_violation")] if won else [],
            "We looked at it again.",
            overrides=decision if won else None,
        )
        assert held.lease_token is not None
        made = decide(held.pk, person, held.lease_token, judgement)
        if won:
            self.model.decide(made.pk, person.pk, decision.item_id, [], HELD, before=known).struck = False

    # What time and the platform do

    @precondition(lambda self: self.model.in_force())
    @rule(which=number)
    def time_passes(self, which: int) -> None:
        lasting = [
            (decision, measure)
            for decision in self.model.with_effect()
            for measure in decision.measures
            if measure.in_force and measure.done[1] in ("lock_account", "demonetise")
        ]
        if not lasting:
            return
        decision, measure = lasting[which % len(lasting)]
        row = (
            Enforcement.objects.filter(
                rests_on=decision.pk,
                item=measure.done[0],
                action=measure.done[1],
                status__in=Enforcement.IN_FORCE,
            )
            .order_by("created_at")
            .first()
        )
        assert row is not None
        Enforcement.objects.filter(pk=row.pk).update(ends_at=timezone.now())
        assert enforcement.expire_due() == 1
        measure.over = True

    @precondition(lambda self: Message.objects.filter(status="pending").exists())
    @rule(how_many=st.integers(1, 4))
    def deliver_some(self, how_many: int) -> None:
        for _ in range(how_many):
            self.platform.take_next()

    @precondition(lambda self: self.model.in_force())
    @rule(which=number)
    def it_was_gone_already(self, which: int) -> None:
        waiting = Message.objects.filter(status="pending", type="enforcement.requested")
        first = [each for each in waiting.order_by("pk") if self.platform.is_next(each)]
        if not first:
            return
        message = self.pick(first, which)
        row = Enforcement.objects.get(pk=message.enforcement_id)
        if row.status != Enforcement.Status.REQUESTED:
            return
        self.platform.answer_gone(message)
        known = next(each for each in self.model.decisions if each.pk == row.rests_on_id)
        done = (row.item_id, row.action, row.parameters.get("how", ""))
        measure = next(m for m in known.measures if m.done == done and m.in_force)
        measure.gone = True
        if not any(each.in_force or (each.held and not each.over) for each in known.measures):
            known.void = True

    @precondition(lambda self: Message.objects.filter(status="delivered").exists())
    @rule()
    def the_platform_asks_for_everything_again(self) -> None:
        self.platform.hear_everything_again()

    # What must hold

    def see_that_all_is_as_reckoned(self) -> None:
        while self.platform.take_next():
            pass
        assert self.platform.in_force() == self.model.in_force()
        here = Enforcement.objects.filter(status__in=Enforcement.IN_FORCE)
        assert (
            Counter((e.item_id, e.action, e.parameters.get("how", "")) for e in here) == self.model.in_force()
        )
        counting = set(Strike.objects.filter(status="active").values_list("decision", flat=True))
        assert counting == self.model.strikes()

    # Means

    def judge(self, case: Case, person: User, chosen: list[str], before: Decided | None = None) -> None:
        assert case.lease_token is not None
        judgement = Judgement(self.policy.slug, [judged(each) for each in chosen], "It is against our rules.")
        made = decide(case.pk, person, case.lease_token, judgement)
        done = [self.done(each, case.item_id) for each in chosen if each != "no_violation"]
        self.model.decide(made.pk, person.pk, case.item_id, done, HELD, before)

    def done(self, choice: str, item: int) -> Done:
        action = judged(choice)
        on_author = choice in ("limit_visibility", "lock_account", "terminate_account")
        return (self.author.pk if on_author else item, action.action, action.parameters.get("how", ""))

    def held(self, case: Case, person: User) -> Case:
        with transaction.atomic():
            found = claim_next(person)
        assert found is not None
        assert found.pk == case.pk
        return found

    def person(self, by: int) -> User:
        return self.people[by % len(self.people)]

    def row(self, known: Decided) -> Decision:
        return Decision.objects.select_related("case").get(pk=known.pk)

    def pick(self, among: list[Any], which: int) -> Any:
        return among[which % len(among)]


@pytest.mark.parametrize("number", range(4))
def test_every_history_leaves_exactly_what_holds(number: int, settings: Settings) -> None:
    settings.UNDO_SECONDS = 3600.0
    make_queue("appeals", clearances=("appeals",))
    create_endpoint(make_platform(), "http://127.0.0.1:9/hook")
    author = make_item(kind=Item.Kind.ACCOUNT, text="")
    desk = {
        "policy": make_policy(allowed_actions=ALLOWED),
        "author": author,
        "items": [make_item(author=author) for _ in range(2)],
        "people": [make_user(en=5, clearances=("approval", "appeals")) for _ in range(4)],
    }
    histories = seed(number)(type("Desk", (Desk,), desk))
    run_state_machine_as_test(
        histories,
        settings=hypothesis.settings(
            max_examples=HISTORIES // 4,
            stateful_step_count=5,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.generate],
        ),
    )
