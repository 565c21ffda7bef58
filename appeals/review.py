"""The review of an appeal: by somebody else, who says whether the decision stands, and why."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from appeals import links
from appeals.models import Appeal
from moderation import audit, languages, outbox
from moderation.actions import NoViolation
from moderation.decisions import JudgedAction, Judgement, decide
from moderation.hookspecs import hookimpl
from moderation.models import Case, Decision
from moderation.outbox.posting import iso, name_of


@transaction.atomic
def conclude(
    appeal: Appeal,
    moderator: User,
    token: uuid.UUID,
    outcome: str,
    *,
    reasoning: str,
    note: str = "",
    policy: str | None = None,
) -> Decision:
    """Decide the appeal's case, tell the platform, and let the person read the outcome on her status page.

    Overturned: everything that the decision did and that is in force is reversed. Upheld: nothing changes on the
    platform. ``reasoning`` is what the person reads; ``policy`` (a slug) is the decision's own unless given.
    Raises what ``decide`` raises: LeaseLost, AlreadyDecided, TookPart, InvalidJudgement; then nothing is written.
    """
    appealed = appeal.decision
    overturned = Appeal.Outcome(outcome) == Appeal.Outcome.OVERTURNED
    decision = decide(
        appeal.case_id,
        moderator,
        token,
        Judgement(
            policy=policy or appealed.policy.slug,
            actions=[JudgedAction(NoViolation.slug)] if overturned else [],
            reasoning=reasoning,
            note=note,
            overrides=appealed if overturned else None,
        ),
    )
    appeal.status = Appeal.Status.DECIDED
    appeal.outcome = outcome
    appeal.outcome_reasons = decision.reasoning
    appeal.decided_at = timezone.now()
    appeal.save(update_fields=["status", "outcome", "outcome_reasons", "decided_at"])
    audit.record(
        "appeal.decided",
        audit.person(moderator),
        case=decision.case,
        appeal_id=appeal.pk,
        decision_id=appealed.pk,
        outcome=outcome,
    )
    outbox.post("appeal.decided", appealed.item, _decided(appeal))
    return decision


@hookimpl
def case_page(case: Case) -> str | None:
    return reverse("appeal-review", args=[case.pk]) if case.origin == Case.Origin.APPEAL else None


def _decided(appeal: Appeal) -> dict[str, object]:
    """What the platform is told, to tell the person in its own way as well (docs/webhooks.md)."""
    return {
        "appeal_id": str(appeal.pk),
        "decision_id": str(appeal.decision_id),
        "item": name_of(appeal.decision.item),
        "outcome": appeal.outcome,
        "reasons": appeal.outcome_reasons,
        "language": appeal.language,
        "direction": languages.direction(appeal.language),
        "decided_at": iso(appeal.decided_at) if appeal.decided_at else None,
        "status_url": links.status_link_for(appeal.decision_id),
    }
