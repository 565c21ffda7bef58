"""Whoever took part in a decision is never offered an appeal against it, and can never open it.

Random histories of decide, reconsider, approve, reject, amend, consult, escalate, skip, appeal (twice, where an account
was closed), hand over and answer, against a record kept beside them of who did what. After each step nobody in that
record has, sees or may take an open appeal; at the end everybody asks for work until nothing is left.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from django.db import transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from appeals import filing, opening, review
from appeals.models import Appeal
from moderation import access, approvals, audit, consulting, revisions
from moderation.decisions import InvalidJudgement, JudgedAction, Judgement, TookPart, decide, escalate
from moderation.eligibility import loading
from moderation.models import Approval, Case, Consultation, Decision, Policy, Queue
from moderation.queueing import lease
from moderation.queueing.claim import claim_next
from moderation.queueing.reclaim import claim_again
from tests.factories import make_case, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db

HISTORIES = int(os.environ.get("HISTORIES", "400")) // 16
STEPS = 45
PEOPLE = 7
# Everything that one person alone can order, and what waits for a second one.
ACTIONS = ("remove", "lock_account", "terminate_account", "no_violation")


class History:
    """One desk with its people, and who took part in what (``parts``, by the case in which it all began)."""

    def __init__(self, chance: Random, people: list[User], policy: Policy, queues: list[Queue]) -> None:
        self.chance, self.people, self.policy, self.queues = chance, people, policy, queues
        self.parts: defaultdict[int, set[int]] = defaultdict(set)
        self.done: set[str] = set()

    def step(self) -> None:
        what: Callable[[], object] = self.chance.choice(
            [
                self.a_new_case,
                self.somebody_takes_work,
                self.somebody_takes_work,
                self.she_decides,
                self.she_decides,
                self.she_consults,
                self.she_leaves_it_to_others,
                self.a_second_person_answers,
                self.a_second_person_answers,
                self.somebody_thinks_better_of_it,
                self.somebody_appeals,
                self.somebody_appeals,
                self.she_answers_the_appeal,
                self.she_answers_the_appeal,
                self.somebody_wants_it_back,
            ]
        )
        what()
        self.wait()
        self.see_that_nobody_judges_herself()

    def an_account_is_closed_and_stays_closed(self) -> None:
        """What seldom comes about by chance: the way to a second appeal."""
        self.a_new_case()
        self.wait()
        decider, second, third = self.people[:3]
        case = claim_next(decider)
        assert case is not None
        self.decides(case, Judgement(self.policy.slug, [JudgedAction("terminate_account")], "It attacks."))
        approvals.approve(case.decision.approval.pk, second)
        self.took_part(case, second, "approve")
        self.somebody_appeals()
        self.wait()
        appealed = claim_next(third)
        assert appealed is not None
        assert appealed.lease_token is not None
        answer = review.Answer("upheld", "We looked at it again.")
        review.conclude(appealed.appeal, third, appealed.lease_token, answer)
        self.took_part(appealed, third, "answered")

    def wait(self) -> None:
        Case.objects.filter(status="queued").update(queued_at=timezone.now() - timedelta(minutes=9))

    # What happens

    def a_new_case(self) -> None:
        item = make_item(author=make_item(kind="account", text=""))
        make_case(item=item, policy=self.policy, queue=self.queues[0])

    def somebody_takes_work(self) -> None:
        person = self.chance.choice(self.people)
        if not Case.objects.filter(claimed_by=person).exists():
            self.offered(claim_next(person), person)

    def she_decides(self) -> None:
        case = self.held(Case.Origin.FLAG, Case.Origin.REVISION)
        if case is None or case.claimed_by is None:
            return
        actions = self.chance.sample(ACTIONS, self.chance.choice([1, 2, 3]))
        if actions[0] == "no_violation":
            actions = ["no_violation"]
        actions = [each for each in actions if len(actions) == 1 or each != "no_violation"]
        self.decides(
            case, Judgement(self.policy.slug, [JudgedAction(each) for each in actions], "It attacks.")
        )

    def she_consults(self) -> None:
        case = self.held(*Case.Origin)
        if case is None or case.claimed_by is None or case.lease_token is None:
            return
        colleague = self.one_of_us()
        try:
            asked = consulting.ask(
                case.pk, case.claimed_by, case.lease_token, colleague, "What do you think?"
            )
        except InvalidJudgement:
            assert colleague == case.claimed_by or self.may_refuse(case, colleague)
            return
        # Whoever judged before must not be asked about the appeal either.
        assert case.origin != Case.Origin.APPEAL or colleague.pk not in self.parts[self.root(case)]
        self.took_part(case, colleague, "consulted")
        if self.chance.random() < 0.5:
            consulting.answer(asked.pk, colleague, "It is a joke.")

    def she_leaves_it_to_others(self) -> None:
        case = self.held(*Case.Origin)
        if case is None or case.claimed_by is None or case.lease_token is None:
            return
        how = self.chance.choice(["skip", "release", "escalate"])
        if how == "skip":
            lease.skip(case.pk, case.claimed_by, case.lease_token, "Not mine")
        elif how == "release" or case.origin == Case.Origin.APPEAL or case.queue == self.queues[1]:
            lease.release(case.pk, case.claimed_by, case.lease_token)
        else:
            escalate(case.pk, case.claimed_by, case.lease_token, self.queues[1], "Too hard")
            self.took_part(case, case.claimed_by, "escalated")

    def a_second_person_answers(self) -> None:
        waiting = list(Approval.objects.filter(status="waiting").select_related("decision__case"))
        if not waiting:
            return
        # Most of all where the decision is appealed meanwhile, and by whoever judges that.
        appealed = [each for each in waiting if each.decision.appeals.exclude(status="decided").exists()]
        approval, person = self.chance.choice(appealed or waiting), self.one_of_us()
        answer = self.chance.choice(["approve", "approve", "approve", "reject", "amend"])
        try:
            if answer == "approve":
                approvals.approve(approval.pk, person)
            elif answer == "reject":
                approvals.reject(approval.pk, person, "Not grave enough")
            else:
                approvals.amend(approval.pk, person)
                return  # she has a part once she has decided
        except (approvals.NotYours, revisions.BeingRevised):
            return
        case = approval.decision.case
        assert case.origin != Case.Origin.APPEAL or person.pk not in self.parts_before(case)
        self.took_part(case, person, answer)

    def somebody_thinks_better_of_it(self) -> None:
        decisions = list(Decision.objects.filter(decided_by__isnull=False))
        if not decisions:
            return
        decision, person = self.chance.choice(decisions), self.chance.choice(self.people)
        if Case.objects.filter(claimed_by=person).exists():
            return
        try:
            revisions.reconsider(decision.pk, person)
        except (revisions.NotYours, revisions.BeingRevised, revisions.TooLate):
            return
        self.done.add("reconsider")

    def somebody_appeals(self) -> None:
        decisions = [each for each in Decision.objects.all() if each.statements.exists()]
        if not decisions:
            return
        for_good = [each for each in decisions if "terminate_account" in str(each.actions)]
        decision = self.chance.choice(for_good if for_good and self.chance.random() < 0.5 else decisions)
        try:
            appeal = filing.file_appeal(
                opening.affected(decision), "It was a joke.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT
            )
        except (opening.AlreadyAppealed, opening.AppealClosed, opening.Replaced):
            return
        self.done.add(f"appealed {appeal.level}")

    def she_answers_the_appeal(self) -> None:
        case = self.held(Case.Origin.APPEAL)
        if case is None or case.claimed_by is None or case.lease_token is None:
            return
        outcome = self.chance.choice(
            ["upheld", "upheld", "overturned", "partially_overturned", "inadmissible"]
        )
        answer = review.Answer(
            outcome,
            "We looked at it again.",
            ground="abusive",
            actions=[JudgedAction(self.chance.choice(["remove", "terminate_account"]))],
        )
        person = case.claimed_by
        try:
            review.conclude(case.appeal, person, case.lease_token, answer)
        except InvalidJudgement:
            return  # the same as before
        self.done.add(outcome)
        self.took_part(case, person, "answered")

    def somebody_wants_it_back(self) -> None:
        waiting = list(Case.objects.filter(status="queued", origin="appeal"))
        if waiting:
            person = self.chance.choice(self.people)
            self.offered(claim_again(person, self.chance.choice(waiting).pk), person)

    # What must hold

    def see_that_nobody_judges_herself(self) -> None:
        for case in Case.objects.filter(origin="appeal", status__in=["queued", "claimed", "paused"]):
            for person in self.those_who_took_part(case):
                assert case.claimed_by_id != person.pk
                with pytest.raises(Http404):
                    access.case_for(person, case.pk)
                assert person not in consulting.colleagues_for(case, self.people[0])
                with transaction.atomic():
                    assert claim_again(person, case.pk) is None

    def see_that_nobody_is_offered_it(self) -> None:
        for person in self.people:
            loading.forget()
            while (case := claim_next(person)) is not None:
                self.offered(case, person)
                self.done.add("offered")

    def see_that_no_page_opens_it(self) -> None:
        case = Case.objects.filter(origin="appeal", status__in=["queued", "claimed"]).first()
        if case is None:
            return
        for person in self.those_who_took_part(case):
            client = Client()
            client.force_login(person)
            for page in ("appeal-review", "case", "explain-case"):
                assert client.get(reverse(page, args=[case.pk])).status_code == 404, page
            fields = {
                "token": "00000000-0000-0000-0000-000000000000",
                "outcome": "upheld",
                "reasoning": "Yes",
            }
            assert client.post(reverse("appeal-conclude", args=[case.pk]), fields).status_code == 404
            self.done.add("pages")

    # Means

    def one_of_us(self) -> User:
        """As often as not somebody who is judging an appeal now."""
        judging = list(User.objects.filter(claimed_cases__origin="appeal", claimed_cases__status="claimed"))
        return self.chance.choice(judging if judging and self.chance.random() < 0.5 else self.people)

    def held(self, *origins: str) -> Case | None:
        found = list(
            Case.objects.filter(status="claimed", origin__in=origins).select_related("claimed_by", "queue")
        )
        return self.chance.choice(found) if found else None

    def offered(self, case: Case | None, person: User) -> None:
        if case is not None and case.origin == Case.Origin.APPEAL:
            assert person not in self.those_who_took_part(case)

    def decides(self, case: Case, judgement: Judgement) -> None:
        assert case.claimed_by is not None
        assert case.lease_token is not None
        try:
            decide(case.pk, case.claimed_by, case.lease_token, judgement)
        except InvalidJudgement:
            return
        except TookPart:
            pytest.fail("She held what she may not judge")
        self.took_part(case, case.claimed_by, f"decided {case.origin}")

    def took_part(self, case: Case, person: User, how: str) -> None:
        """In an appeal that is open: a part in that appeal, and in what comes after it; else in the decision."""
        self.done.add(how)
        self.parts[self.root(case) if how in DECIDING or case.origin != "appeal" else -case.pk].add(person.pk)
        if how in DECIDING and case.origin == "appeal":
            self.parts[self.root(case)] |= self.parts.pop(-case.pk, set())

    def those_who_took_part(self, case: Case) -> list[User]:
        """Whoever judged before; not who is judging this appeal."""
        return [each for each in self.people if each.pk in self.parts_before(case)]

    def parts_before(self, case: Case) -> set[int]:
        return self.parts[self.root(case)] if case.status != "decided" else set()

    def may_refuse(self, case: Case, colleague: User) -> bool:
        return (
            colleague.pk in self.parts[self.root(case)]
            or case.exclusions.filter(moderator=colleague).exists()
            or Consultation.objects.filter(case=case, asked=colleague).exists()
        )

    def root(self, case: Case) -> int:
        """The case that came from flags, at the beginning of it all."""
        while case.origin != Case.Origin.FLAG:
            before = case.appeal.decision if case.origin == Case.Origin.APPEAL else case.revises
            assert before is not None
            case = before.case
        return case.pk


# What gives a part in the decision itself, also when it was done in an appeal's case.
DECIDING = {"answered", "approve", "reject"}
WANTED = {
    "consulted",
    "escalated",
    "approve",
    "reject",
    "reconsider",
    "appealed 1",
    "appealed 2",
    "upheld",
    "overturned",
    "partially_overturned",
    "inadmissible",
    "offered",
    "pages",
}


def test_nobody_who_took_part_is_ever_offered_or_able_to_open_the_appeal() -> None:
    done: set[str] = set()
    policy = make_policy(allowed_actions=["remove", "lock_account", "terminate_account"], severity=4)
    clearances = ("appeals", "approval")
    people = [make_user(en=5, clearances=clearances) for _ in range(PEOPLE - 1)]
    people.append(make_user(en=5, clearances=clearances, role=Role.ADMIN))
    queues = [make_queue(), make_queue("second-look")]
    loading.forget()
    for number in range(HISTORIES):
        with transaction.atomic():
            history = History(Random(number), people, policy, queues)
            if number % 4 == 0:
                history.an_account_is_closed_and_stays_closed()
            for _ in range(STEPS):
                history.step()
            history.see_that_no_page_opens_it()
            history.see_that_nobody_is_offered_it()
            transaction.set_rollback(True)
        done |= history.done
    # A test that never came to it would see nothing.
    assert done >= WANTED
