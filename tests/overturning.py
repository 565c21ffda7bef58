"""A desk and Harbour that live a history twice: with a decision that an appeal takes back, and without it.

What happens is a list of steps. Each names its *chain*: everything that is decided about one flagging of one item, the
first decision and those in its place. Nothing of one chain depends on another, so it can be left out.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from appeals import review
from appeals.filing import file_appeal
from appeals.models import Appeal
from appeals.opening import AlreadyAppealed, AppealClosed, Party, Replaced, affected, terminates
from demo import standing
from demo.store import Account, Post, account, add_account, add_post, delete_post
from moderation import approvals, audit, enforcement, reopening, revisions, strikes
from moderation.decisions import InvalidJudgement, JudgedAction, Judgement, decide
from moderation.lifecycle import OPEN
from moderation.models import (
    Approval,
    Case,
    Decision,
    Enforcement,
    Item,
    Message,
    Policy,
    ProposalTaken,
    Strike,
)
from moderation.outbox import signing
from moderation.outbox.delivery import take
from moderation.outbox.rotation import live
from moderation.outbox.sending import ALREADY_GONE, HEADERS, Answer
from moderation.outbox.writing_down import write_down
from moderation.routing.facts import facts_of
from tests.factories import make_case, make_item
from tests.harbour import Harbour

FAR = "2090-01-01T00:00:00+00:00"
ON_CONTENT = ("remove", "demote", "warn", "limit_visibility", "lock_account", "terminate_account")
ON_ACCOUNT = ("demonetise", "warn", "limit_visibility", "lock_account", "terminate_account")
# The desk's items: two posts of one account, one of another, and the first account itself.
PLACES = 4
POSTS = 3
OF_NO_CHAIN = ("deliver", "delete")


@dataclass(frozen=True)
class Step:
    """One thing that happens: ``what`` to ``chain``, by a person (a number), with these choices."""

    what: str
    chain: int
    by: int = 0
    at: int = 0
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """What happens, and what becomes of the chain that is appealed. ``instead``: none where it is taken back."""

    before: tuple[Step, ...]
    after: tuple[Step, ...]
    appealed: int
    instead: tuple[str, ...] = ()
    twice: bool = False
    meanwhile: tuple[str, ...] = ()


def history(seed: int) -> History:
    """A history by chance."""
    chance = random.Random(seed)
    partial = chance.random() < 0.25

    def chosen(at: int) -> tuple[str, ...]:
        ways = ON_ACCOUNT if at == PLACES - 1 else ON_CONTENT
        return tuple(chance.sample(ways, chance.choice([1, 1, 2, 3])))

    places: dict[int, int] = {}

    def steps(count: int, left_out: int | None) -> tuple[Step, ...]:
        made = []
        for _ in range(count):
            chains = [each for each in places if each != left_out]
            what = chance.choices(
                ["decide", "answer", "anew", "undo", "over", "deliver", "delete"], [5, 4, 2, 1, 2, 3, 1]
            )[0]
            if what == "delete" and partial:
                # Deleted between two decisions, what the second one does can never be what it would have been.
                what = "deliver"
            if what == "decide" or not chains:
                chain = len(places)
                places[chain] = chance.randrange(PLACES)
                made.append(Step("decide", chain, chance.randrange(8), places[chain], chosen(places[chain])))
                continue
            chain = chance.choice(chains)
            if what == "answer":
                what = chance.choice(["approve", "approve", "reject", "reject", "amend"])
            if what == "anew" and chance.random() < 0.3:
                what = "begin anew"
            made.append(
                Step(what, chain, chance.randrange(8), chance.randrange(POSTS), chosen(places[chain]))
            )
        return tuple(made)

    before: tuple[Step, ...] = ()
    if chance.random() < 0.4:
        # The second decision takes what the strike of the first proposes.
        places |= {0: 0, 1: 1}
        before = (Step("decide", 0, 0, 0, ("remove", "warn")), Step("decide", 1, 1, 1, ("lock_account",)))
    rests_on_the_first = bool(before)
    before += steps(chance.randint(1, 6), None)
    appealed = 0 if rests_on_the_first else chance.choice(list(places))
    instead = (
        tuple(each for each in chosen(places[appealed]) if each != "terminate_account") if partial else ()
    )
    meanwhile = chosen(places[appealed]) if not partial and chance.random() < 0.2 else ()
    return History(
        before, steps(chance.randint(0, 4), appealed), appealed, instead, chance.random() < 0.7, meanwhile
    )


def judged(choice: str) -> JudgedAction:
    match choice:
        case "demote":
            return JudgedAction("restrict", {"how": "demote"})
        case "limit_visibility":
            return JudgedAction("restrict", {"how": "limit_visibility"}, on="author")
        case "lock_account" | "demonetise":
            return JudgedAction(choice, {"until": FAR})
    return JudgedAction(choice)


def counts_from_the_first(lived: History, chain: int) -> bool:
    """Whether the strike of what stands in the end counts from the chain's first decision: what was undone never gave
    one, and nor has what still waits for a second person.
    """
    steps = [step for step in lived.before if step.chain == chain]
    first = next(step for step in steps if step.what == "decide")
    return first.chosen != ("terminate_account",) and all(step.what != "undo" for step in steps)


class NotAppealable(Exception):
    """Nobody was told anything that could be appealed, or the outcome would be what was decided before."""


@dataclass
class Life:
    """One run of a history, on items of its own, at a real desk with Harbour as its platform."""

    harbour: Harbour
    people: list[User]
    policy: Policy
    endpoint: int
    authors: list[Item] = field(default_factory=list)
    places: list[Item] = field(default_factory=list)
    chains: dict[int, Decision] = field(default_factory=dict)
    # Case → chain, for what waits and what counts.
    of_case: dict[int, int] = field(default_factory=dict)
    # The chain that is appealed: the one wanted, or the next that can be.
    appealed: int = -1

    def begin(self) -> None:
        """Two people on Harbour and what they wrote."""
        self.authors = [make_item(kind="account", text="") for _ in range(2)]
        posts = [make_item(author=self.authors[0 if at < 2 else 1]) for at in range(POSTS)]
        self.places = [*posts, self.authors[0]]
        with self.harbour.store.changing() as db:
            for each in self.authors:
                add_account(db, Account(each.external_id, "Somebody", "en", "DE", "", "2026-11-22", None))
            for post in posts:
                assert post.author is not None
                add_post(
                    db, Post(post.external_id, post.author.external_id, "Hi", "en", "DE", 1, "2026-11-22")
                )

    # The history

    def live(self, lived: History) -> None:
        """With the appeal. Raises NotAppealable."""
        for step in lived.before:
            self.do(step)
        self.appeal(lived)
        for step in lived.after:
            if step.chain != self.appealed or step.what in OF_NO_CHAIN:
                self.do(step)
        self.deliver()

    def live_without(self, lived: History, appealed: int) -> None:
        """As if the decision had never been made, or had been made as it was after the appeal."""
        for step in (*lived.before, *lived.after):
            if step.chain != appealed or step.what in OF_NO_CHAIN:
                self.do(step)
            elif step.what == "decide" and lived.instead:
                self.do(Step("decide", step.chain, step.by, step.at, lived.instead))
        self.deliver()

    def do(self, step: Step) -> None:
        known = self.chains.get(step.chain)
        try:
            with transaction.atomic():
                getattr(self, step.what.replace(" ", "_"))(step, known)
        except (revisions.TooLate, revisions.NotYours, revisions.BeingRevised):
            return
        except (approvals.NotYours, approvals.AlreadyAnswered, InvalidJudgement):
            return

    def decide(self, step: Step, known: Decision | None) -> None:
        at = self.places[step.at]
        case = make_case(item=at, policy=self.policy, queued_at=timezone.now() - timedelta(minutes=5))
        self.judge(step, reopening.take(case, self.person(step.by)))

    def anew(self, step: Step, known: Decision) -> None:
        self.judge(step, revisions.reconsider(known.pk, self.decider(known)))

    def begin_anew(self, step: Step, known: Decision) -> None:
        """She thinks better of it, and has not decided yet when the appeal is."""
        self.of_case[revisions.reconsider(known.pk, self.decider(known)).pk] = step.chain

    def undo(self, step: Step, known: Decision) -> None:
        self.judge(step, revisions.undo(known.pk, self.decider(known)))

    def approve(self, step: Step, known: Decision) -> None:
        approvals.approve(self.waiting(known), self.person(step.by))

    def reject(self, step: Step, known: Decision) -> None:
        """What was held goes, and others are to decide anew: nobody has yet."""
        self.of_case[approvals.reject(self.waiting(known), self.person(step.by), "Too much.").pk] = step.chain

    def amend(self, step: Step, known: Decision) -> None:
        self.judge(step, approvals.amend(self.waiting(known), self.person(step.by)))

    def over(self, step: Step, known: Decision) -> None:
        """The time of what it did is over."""
        lasting = Enforcement.objects.filter(
            rests_on=known, ends_at__isnull=False, status__in=Enforcement.IN_FORCE
        )
        lasting.update(ends_at=timezone.now())
        enforcement.expire_due()

    def delete(self, step: Step, known: Decision) -> None:
        """Whoever wrote it deletes it: Harbour answers that it is gone already."""
        with self.harbour.store.changing() as db:
            delete_post(db, self.places[step.at].external_id)

    def deliver(self, step: Step | None = None, known: Decision | None = None) -> None:
        """Everything that is owed, signed and posted to Harbour, and its answers written down."""
        Message.objects.filter(status=Message.Status.PENDING).update(next_attempt_at=timezone.now())
        while messages := take(self.endpoint):
            for message in messages:
                write_down(message, self.post(message))
        assert not Message.objects.filter(status=Message.Status.PENDING).exists()

    def post(self, message: Message) -> Answer:
        body, now = json.dumps(message.payload), timezone.now()
        signed = signing.headers(live(message.endpoint, now), str(message.webhook_id), body, now)
        answer = self.harbour.http.post("/webhooks/fairlead", content=body.encode(), headers=signed | HEADERS)
        assert answer.status_code == 200, answer.text
        return Answer(200, "", 1, already_gone=answer.json().get("result") == ALREADY_GONE)

    def appeal(self, lived: History) -> None:
        """Against the chain that is wanted, or else the first that can be. Raises NotAppealable."""
        for chain in sorted(self.chains, key=lambda each: (each != lived.appealed, each)):
            decision = self.chains[chain]
            try:
                party = affected(decision)
                if lived.twice and terminates(decision) and not lived.instead:
                    self.answered(party, chain, review.Answer("upheld", "It stays."))
                outcome = "partially_overturned" if lived.instead else "overturned"
                answer = review.Answer(
                    outcome, "We were wrong.", actions=[judged(each) for each in lived.instead]
                )
                made = self.answered(party, chain, answer, lived.meanwhile)
            except (AlreadyAppealed, AppealClosed, Replaced, InvalidJudgement):
                continue
            self.chains[chain], self.of_case[made.case_id], self.appealed = made, chain, chain
            return
        raise NotAppealable

    def answered(
        self, party: Party, chain: int, answer: review.Answer, meanwhile: tuple[str, ...] = ()
    ) -> Decision:
        with transaction.atomic():
            appeal = file_appeal(party, "I greeted them.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
            if meanwhile:
                self.do(Step("anew", chain, chosen=meanwhile))
            excluded = set(appeal.case.exclusions.values_list("moderator", flat=True))
            person = next(each for each in self.people if each.pk not in excluded)
            case = reopening.take(appeal.case, person)
            assert case.lease_token is not None
            return review.conclude(appeal, person, case.lease_token, answer)

    # What is to be the same

    def state(self) -> dict[str, Any]:
        """Everything that holds, by places and chains, and what a new case of each author would find."""
        cases = [make_case(item=make_item(author=each), policy=self.policy) for each in self.authors]
        return {
            "Harbour": self.at_harbour(),
            "in force": self.in_force(),
            "strikes": self.strikes(),
            "points": [strikes.standing(each).short.points for each in self.authors],
            "breaches": [facts_of(case).author_breaches for case in cases],
            "proposed": [self.proposed(case) for case in cases],
            "waits": self.waits(),
        }

    def at_harbour(self) -> list[Any]:
        """What people see of each account and post."""
        seen = []
        with self.harbour.store.reading() as db:
            for each in self.places:
                found = standing.of(db, each.kind, each.external_id)
                whose = each.author or each
                all_of_it = found.with_restrictions_of(standing.of(db, "account", whose.external_id))
                seen.append(
                    (
                        Counter(one.words for one in found.in_force),
                        all_of_it.hidden_from("DE"),
                        bool(found.shut_out),
                        account(db, whose.external_id),
                    )
                )
        return [(words, hidden, out, known and known.name) for words, hidden, out, known in seen]

    def in_force(self) -> list[Counter[str]]:
        return [
            Counter(f"{one.action} {one.parameters.get('how', '')}" for one in enforcement.in_force(each))
            for each in [*self.places, self.authors[1]]
        ]

    def strikes(self) -> list[tuple[int, int, str]]:
        """Those that count, in the order in which they do so from."""
        rows = Strike.objects.filter(account__in=self.authors, status=Strike.Status.ACTIVE)
        return [
            (self.of_case[row.decision.case_id], row.weight, row.policy.slug)
            for row in rows.select_related("decision", "policy").order_by("given_at")
        ]

    def proposed(self, case: Case) -> tuple[str, int] | None:
        found = strikes.proposal(case, severity=3)
        return (found.action.slug, found.total) if found else None

    def waits(self) -> set[tuple[str, int]]:
        """What somebody has still to do."""
        open_cases = Case.objects.filter(item__in=self.places, status__in=OPEN)
        approvals_ = Approval.objects.filter(decision__item__in=self.places, status=Approval.Status.WAITING)
        held = Enforcement.objects.filter(decision__item__in=self.places, status=Enforcement.Status.HELD)
        return (
            {("case", self.of_case[each]) for each in open_cases.values_list("pk", flat=True)}
            | {
                ("approval", self.of_case[each])
                for each in approvals_.values_list("decision__case", flat=True)
            }
            | {("held", self.of_case[each]) for each in held.values_list("decision__case", flat=True)}
        )

    def taken(self) -> dict[int, bool]:
        """The chains whose latest decision took what strikes proposed: whether that is sound."""
        latest = {each.pk: chain for chain, each in self.chains.items()}
        return {
            latest[row.decision_id]: row.status == ProposalTaken.Status.SOUND
            for row in ProposalTaken.objects.filter(decision__in=latest)
        }

    # Means

    def judge(self, step: Step, case: Case) -> None:
        assert case.lease_token is not None
        assert case.claimed_by is not None
        actions = [judged(each) for each in step.chosen]
        judgement = Judgement(self.policy.slug, actions, "It is against our rules.")
        made = decide(case.pk, case.claimed_by, case.lease_token, judgement)
        self.chains[step.chain] = made
        self.of_case[case.pk] = step.chain

    def waiting(self, decision: Decision) -> int:
        found = Approval.objects.filter(decision=decision, status=Approval.Status.WAITING).first()
        if found is None:
            raise approvals.AlreadyAnswered
        return found.pk

    def decider(self, decision: Decision) -> User:
        assert decision.decided_by is not None
        return decision.decided_by

    def person(self, by: int) -> User:
        return self.people[by % len(self.people)]
