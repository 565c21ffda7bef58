"""Cases that a moderator holds, and judgements on them: where tests of decisions start from."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from appeals.filing import file_appeal
from appeals.models import Appeal
from appeals.opening import affected
from moderation import audit, enforcement
from moderation.decisions import JudgedAction, Judgement, decide
from moderation.models import Case, Decision, Enforcement, Event, Item, Message, Statement
from moderation.queueing.claim import claim_next
from tests.factories import make_case, make_item, make_user

REASONS = "It attacks people for who they are."


def hold(moderator: User | None = None, **case: Any) -> tuple[Case, User, uuid.UUID]:
    """A case that a moderator has claimed, she, and the lease's token."""
    language = case.setdefault("language", "en")
    # Well before the test's transaction began, whose time is the claim's "now".
    case.setdefault("queued_at", timezone.now() - timedelta(minutes=5))
    reads: dict[str, Any] = {language.replace("-", "_"): 5}
    moderator = moderator or make_user(**reads)
    return claim(moderator, make_case(**case))


def claim(moderator: User, waiting: Case) -> tuple[Case, User, uuid.UUID]:
    claimed = claim_next(moderator)
    assert claimed is not None
    assert claimed.pk == waiting.pk
    assert claimed.lease_token is not None
    return claimed, moderator, claimed.lease_token


def hold_appeal(original: Decision) -> tuple[Case, User, uuid.UUID]:
    """The decision was appealed, and another moderator has claimed the appeal's case."""
    appeal = file_appeal(
        affected(original), "I only greeted my friends.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT
    )
    Case.objects.filter(pk=appeal.case_id).update(queued_at=timezone.now() - timedelta(minutes=5))
    return claim(make_user(en=5), appeal.case)


def judgement(*actions: str | JudgedAction, reasoning: str = REASONS, **more: Any) -> Judgement:
    chosen = [JudgedAction(each) if isinstance(each, str) else each for each in actions]
    return Judgement(policy=more.pop("policy", "hate-speech"), actions=chosen, reasoning=reasoning, **more)


def decided(*actions: str | JudgedAction, **case: Any) -> Decision:
    """A decision that was made on a case of its own."""
    held, moderator, token = hold(**case)
    return decide(held.pk, moderator, token, judgement(*actions))


def take_back(original: Decision) -> Decision:
    """The original decision is appealed, and another moderator takes it back."""
    case, moderator, token = hold_appeal(original)
    return decide(case.pk, moderator, token, judgement("no_violation", overrides=original))


def account() -> Item:
    return make_item(kind=Item.Kind.ACCOUNT, text="")


def written() -> dict[str, int]:
    """How many rows there are of what a decision writes."""
    return {
        model.__name__: model.objects.count() for model in (Decision, Statement, Enforcement, Message, Event)
    }


def in_force(item: Item) -> list[str]:
    return [each.action for each in enforcement.in_force(item)]
