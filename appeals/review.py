"""The review of an appeal: by somebody else, who says whether the decision stands, and why."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from appeals import links
from appeals.models import Appeal
from moderation import audit, languages, outbox
from moderation.actions import NoViolation
from moderation.decisions import InvalidJudgement, JudgedAction, Judgement, decide
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
    """Decide the appeal's case. All that follows for the appeal is ``decided``, below.

    Overturned: everything that the decision did and that is in force is reversed. Upheld: nothing changes on the
    platform. ``reasoning`` is what the person reads; ``policy`` (a slug) is the decision's own unless given.
    Raises what ``decide`` raises: LeaseLost, AlreadyDecided, TookPart, InvalidJudgement; then nothing is written.
    """
    if outcome not in Appeal.Outcome.values:
        message = gettext("Say whether the decision stands or is taken back")
        raise InvalidJudgement([{"loc": ["outcome"], "msg": message}])
    overturned = outcome == Appeal.Outcome.OVERTURNED
    judgement = Judgement(
        policy=policy or appeal.decision.policy.slug,
        actions=[JudgedAction(NoViolation.slug)] if overturned else [],
        reasoning=reasoning,
        note=note,
        overrides=appeal.decision if overturned else None,
    )
    return decide(appeal.case_id, moderator, token, judgement)


@hookimpl
def decided(decision: Decision) -> None:
    """Whichever way an appeal's case was decided, the appeal has its outcome, and the platform and the person hear."""
    if decision.case.origin != Case.Origin.APPEAL:
        return
    appeal = Appeal.objects.select_related("decision__item").get(case=decision.case_id)
    appeal.status = Appeal.Status.DECIDED
    appeal.outcome = Appeal.Outcome.OVERTURNED if decision.overrides_id else Appeal.Outcome.UPHELD
    appeal.outcome_reasons = decision.reasoning
    appeal.decided_at = decision.decided_at
    appeal.save(update_fields=["status", "outcome", "outcome_reasons", "decided_at"])
    by = audit.person(decision.decided_by) if decision.decided_by else audit.SYSTEM
    audit.record(
        "appeal.decided",
        by,
        case=decision.case,
        appeal_id=appeal.pk,
        decision_id=appeal.decision_id,
        outcome=appeal.outcome,
    )
    outbox.post(
        "appeal.decided",
        appeal.decision.item,
        {
            "appeal_id": str(appeal.pk),
            "decision_id": str(appeal.decision_id),
            "item": name_of(appeal.decision.item),
            "outcome": appeal.outcome,
            "reasons": appeal.outcome_reasons,
            "language": appeal.language,
            "direction": languages.direction(appeal.language),
            "decided_at": iso(decision.decided_at),
            "status_url": links.status_link_for(appeal.decision_id),
        },
    )


@hookimpl
def case_page(case: Case) -> str | None:
    return reverse("appeal-review", args=[case.pk]) if case.origin == Case.Origin.APPEAL else None
