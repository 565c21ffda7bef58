"""A decided case and whoever takes part in its appeal, made by the stages themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import LanguageSkill, User
from appeals import filing, links
from appeals.models import Appeal
from appeals.opening import affected
from moderation import audit
from moderation.decisions import JudgedAction, Judgement, decide
from moderation.models import Case, Decision, Item, RoutingRule, Statement
from moderation.queueing.claim import claim_next
from tests.factories import make_case, make_flag, make_item, make_policy, make_queue, make_user

WHY = "I was only greeting my friends, nothing else."


@dataclass
class Told:
    """Somebody whose account was locked, and who was told."""

    decision: Decision
    statement: Statement
    decider: User
    account: Item

    @property
    def path(self) -> str:
        return reverse("appeal", args=[links.token_for(self.decision.pk)])

    @property
    def status_path(self) -> str:
        return reverse("appeal-status", args=[links.token_for(self.decision.pk)])


def make_appeal_queue() -> None:
    """The appeals' queue, for people who are cleared for it, and the rule that leads there."""
    queue = make_queue("appeals", clearances=("appeals",))
    RoutingRule.objects.get_or_create(
        position=1, defaults={"name": "Appeals", "conditions": {"origin": ["appeal"]}, "queue": queue}
    )


def make_told(language: str = "en", *, post: str = "", until: timedelta | None = None, **judged: Any) -> Told:
    """An account that was locked by a moderator, with its statement in ``language`` where we speak it.

    With ``post`` its text is what was judged, and the account is its author's.
    """
    make_appeal_queue()
    account = make_item(
        kind="account",
        text="",
        display_name="Somchai Ltd",
        metadata={"language": language},
        disclosure="metadata_only",
    )
    item = make_item(author=account, text=post) if post else account
    policy = make_policy("bulk-messaging")
    case = make_case(item=item, language=language, policy=policy, queued_at=an_hour_ago())
    decider = make_reader(language)
    claimed = claim_next(decider)
    assert claimed is not None
    assert claimed.pk == case.pk
    assert claimed.lease_token is not None
    judgement = {
        "policy": policy.slug,
        "actions": [JudgedAction("lock_account", {"until": None})],
        "reasoning": "This account sent the same message to 900 people.",
    }
    decision = decide(case.pk, decider, claimed.lease_token, Judgement(**judgement | judged))
    statement = decision.statement
    if until is not None:
        Statement.objects.filter(pk=statement.pk).update(appeal_until=timezone.now() + until)
        statement.refresh_from_db()
    return Told(decision, statement, decider, account)


def answered(
    outcome: str,
    language: str = "en",
    policy: str = "hate-speech",
    *,
    detector: str = "",
    ground: str = "abusive",
    item: Item | None = None,
    case: Case | None = None,
) -> Appeal:
    """A decided appeal, made of rows alone, where only the record counts."""
    by = make_user()
    case = case or make_case(
        language=language, status=Case.Status.DECIDED, policy=make_policy(policy), item=item
    )
    if detector:
        make_flag(case, detector=detector)
    decision = Decision.objects.create(
        case=case,
        item=case.item,
        decided_by=by,
        policy=case.policy,
        policy_version=1,
        severity=3,
        actions=[{"action": "remove", "parameters": {}, "territories": []}],
        reasoning="It attacks.",
    )
    review = make_case(
        item=case.item, origin=Case.Origin.APPEAL, status=Case.Status.DECIDED, language=language
    )
    return Appeal.objects.create(
        decision=decision,
        case=review,
        text="No",
        language=language,
        filed_by="person",
        status=Appeal.Status.DECIDED,
        outcome=outcome,
        ground=ground if outcome == "inadmissible" else "",
        outcome_reasons="Because",
        decided_at=timezone.now(),
    )


def make_reader(language: str) -> User:
    """Somebody who reads it and is cleared for appeals."""
    user = make_user(clearances=("appeals",))
    LanguageSkill.objects.create(moderator=user, tag=language, level=5)
    return user


def appealed(told: Told, text: str = WHY, language: str = "en") -> Appeal:
    appeal = filing.file_appeal(
        affected(told.decision), text, language, Appeal.FiledBy.PERSON, audit.APPELLANT
    )
    # The claim goes by the transaction's clock, which stands still in a test that is one transaction.
    Case.objects.filter(pk=appeal.case_id).update(queued_at=an_hour_ago())
    return appeal


def claimed_by(moderator: User, appeal: Appeal) -> Case:
    """The appeal's case, claimed by this moderator."""
    case = claim_next(moderator)
    assert case is not None
    assert case.pk == appeal.case_id
    return case


def an_hour_ago() -> datetime:
    return timezone.now() - timedelta(hours=1)
