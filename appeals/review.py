"""The review of an appeal: by somebody else, who says whether the decision stands, and why."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from appeals import effects, letters, links
from appeals.models import Appeal
from appeals.taking_part import took_part
from moderation import audit, languages, notices, outbox, reopening
from moderation.actions import NoViolation
from moderation.decisions import InvalidJudgement, JudgedAction, Judgement, decide
from moderation.hookspecs import hookimpl
from moderation.judgements import Reading
from moderation.models import Case, Decision
from moderation.outbox.posting import iso, name_of

Outcome = Appeal.Outcome


@dataclass(frozen=True)
class Answer:
    """What a moderator answers to an appeal. ``reasoning`` is what the person reads, ``note`` what colleagues do.

    ``actions``: what takes the decision's place, where it is overturned in part, or where somebody who sent a notice
    was right. ``policy`` (a slug) is the decision's own unless given, and so are the others. ``ground`` is an
    Appeal.Ground, where the appeal is inadmissible.
    """

    outcome: str
    reasoning: str
    note: str = ""
    ground: str = ""
    policy: str = ""
    actions: Sequence[JudgedAction] = ()
    severity: int | None = None
    legal_basis: str = ""
    legal_ground: str = ""


@transaction.atomic
def conclude(appeal: Appeal, moderator: User, token: uuid.UUID, answer: Answer) -> Decision:
    """Decide the appeal's case. All that follows for the appeal is ``decided``, below.

    Overturned: everything that the decision did and that is in force is reversed. Partially: what the new actions
    contain stays, the rest is reversed. Upheld and inadmissible: nothing changes on the platform.
    Raises what ``decide`` raises: LeaseLost, AlreadyDecided, TookPart, InvalidJudgement; then nothing is written.
    """
    return decide(appeal.case_id, moderator, token, judgement_of(appeal, answer))


def judgement_of(appeal: Appeal, answer: Answer) -> Judgement:
    """The answer as a judgement on the appeal's case. Raises InvalidJudgement where it is none."""
    standing = reopening.in_force_now(appeal.decision)
    actions = _actions(appeal, standing, answer)
    return Judgement(
        policy=answer.policy or standing.policy.slug,
        actions=actions,
        reasoning=answer.reasoning,
        note=answer.note,
        overrides=standing if actions else None,
        severity=answer.severity,
        ground=answer.legal_basis,
        legal_ground=answer.legal_ground,
        inadmissible=answer.ground if answer.outcome == Outcome.INADMISSIBLE else "",
    )


def may_be(appeal: Appeal) -> list[Appeal.Outcome]:
    """The outcomes that an appeal can have: nothing can be partly undone where nothing was done."""
    return [each for each in Outcome if each != Outcome.PARTIALLY_OVERTURNED or not appeal.by_notifier]


def _actions(appeal: Appeal, standing: Decision, answer: Answer) -> list[JudgedAction]:
    if answer.outcome not in may_be(appeal):
        raise _wrong("outcome", gettext("Say whether the decision stands, is taken back or changed"))
    if answer.outcome == Outcome.INADMISSIBLE and answer.ground not in Appeal.Ground.values:
        raise _wrong("ground", gettext("Say on which ground it is not looked into"))
    if answer.outcome not in Appeal.CHANGING:
        return []
    if answer.outcome == Outcome.OVERTURNED and not appeal.by_notifier:
        return [JudgedAction(NoViolation.slug)]
    chosen = list(answer.actions)
    if not chosen or any(each.action == NoViolation.slug for each in chosen):
        raise _wrong("actions", gettext("Choose what is to be done instead"))
    if _is_the_same(appeal, standing, answer):
        raise _wrong("actions", gettext("This is what was decided before: say that the decision stands"))
    return chosen


def _is_the_same(appeal: Appeal, standing: Decision, answer: Answer) -> bool:
    """Whether it would be decided again what was decided, as far as it can be read: the rest is refused anyway."""
    judgement = Judgement(
        policy=answer.policy or standing.policy.slug,
        actions=list(answer.actions),
        reasoning=answer.reasoning,
        severity=answer.severity,
        ground=answer.legal_basis,
        legal_ground=answer.legal_ground,
    )
    reading = Reading(appeal.case, judgement)
    after = (reading.policy, reading.severity, reading.ground, reading.legal_ground)
    before = (standing.policy, standing.severity, standing.ground, standing.legal_ground)
    measures = [measure.as_json() for measure in reading.measures]
    return before == after and sorted(standing.actions, key=str) == sorted(measures, key=str)


def _wrong(field: str, message: str) -> InvalidJudgement:
    return InvalidJudgement([{"loc": [field], "msg": message}])


@hookimpl
def decided(decision: Decision) -> None:
    """Whichever way an appeal's case was decided, the appeal has its outcome, and the platform and the person hear.

    Whoever made another decision anew has a part in what is appealed about it.
    """
    if decision.case.origin != Case.Origin.APPEAL:
        if decision.decided_by is not None and decision.case.revises is not None:
            took_part(decision.case, decision.decided_by)
        return
    appeal = Appeal.objects.select_related("decision__item", "reply__flag").get(case=decision.case_id)
    appeal.status = Appeal.Status.DECIDED
    appeal.outcome = _outcome(appeal, decision)
    appeal.ground = decision.inadmissible
    appeal.outcome_reasons = decision.reasoning
    appeal.decided_at = decision.decided_at
    appeal.save(update_fields=["status", "outcome", "ground", "outcome_reasons", "decided_at"])
    by = audit.person(decision.decided_by) if decision.decided_by else audit.SYSTEM
    audit.record(
        "appeal.decided",
        by,
        case=decision.case,
        appeal_id=appeal.pk,
        decision_id=appeal.decision_id,
        outcome=appeal.outcome,
        ground=appeal.ground,
    )
    replies = notices.write(decision) if appeal.outcome in Appeal.CHANGING else []
    first, more = replies[: notices.MOST_AT_ONCE], replies[notices.MOST_AT_ONCE :]
    outbox.post("appeal.decided", appeal.decision.item, _told(appeal, decision, first))
    notices.post(decision, more)
    letters.write(appeal, letters.Kind.DECIDED)


def _outcome(appeal: Appeal, decision: Decision) -> Appeal.Outcome:
    if decision.inadmissible:
        return Outcome.INADMISSIBLE
    if decision.overrides_id is None:
        return Outcome.UPHELD
    nothing_left = [each["action"] for each in decision.actions] == [NoViolation.slug]
    return Outcome.OVERTURNED if nothing_left or appeal.by_notifier else Outcome.PARTIALLY_OVERTURNED


def _told(appeal: Appeal, decision: Decision, replies: Sequence[notices.Reply]) -> dict[str, Any]:
    notice = appeal.reply.flag if appeal.reply else None
    return {
        "appeal_id": str(appeal.pk),
        "decision_id": str(appeal.decision_id),
        "new_decision_id": str(decision.pk) if decision.overrides_id else None,
        "item": name_of(appeal.decision.item),
        "level": appeal.level,
        "flag_id": notice.flag_id if notice else None,
        "outcome": appeal.outcome,
        "ground": appeal.ground or None,
        "reasons": appeal.outcome_reasons,
        "language": appeal.language,
        "direction": languages.direction(appeal.language),
        "decided_at": iso(decision.decided_at),
        "notices": notices.as_json(replies),
        "flags": effects.as_json(appeal),
        "status_url": links.status_link_for(appeal.decision_id, notice.pk if notice else None),
    }


@hookimpl
def case_page(case: Case) -> str | None:
    return reverse("appeal-review", args=[case.pk]) if case.origin == Case.Origin.APPEAL else None
