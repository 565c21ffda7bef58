"""Decisions: the only code that makes one, and the escalation that leaves it to others."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from moderation import (
    approvals,
    audit,
    bells,
    closing,
    consequences,
    enforcement,
    notices,
    outbox,
    plugins,
    reopening,
    revisions,
    statements,
    strikes,
)
from moderation.judgements import InvalidJudgement, JudgedAction, Judgement, Measure, Reading, check
from moderation.lifecycle import Status, move_to
from moderation.models import Case, Decision, Draft, Enforcement, Exclusion, Lane, Queue
from moderation.queueing.lease import LeaseLost, held_case, leave_to_others
from moderation.referrals import making
from moderation.routing import requirements

__all__ = [
    "AlreadyDecided",
    "InvalidJudgement",
    "JudgedAction",
    "Judgement",
    "LeaseLost",
    "TookPart",
    "decide",
    "escalate",
]


class AlreadyDecided(Exception):
    """The case has its decision: hers of a moment ago, or somebody else's."""


class TookPart(Exception):
    """She took part in the decision that is appealed here, and may not judge it again."""


@transaction.atomic
def decide(case_id: int, moderator: User, token: uuid.UUID, judgement: Judgement) -> Decision:
    """Make the decision on a case that she holds with this token, and all that follows from it.

    Nothing of it goes out before the time in which she can undo it is over; what needs a second person waits for one.
    Raises LeaseLost, AlreadyDecided, TookPart, InvalidJudgement, Case.DoesNotExist; then nothing is written, and
    what she typed is still her Draft.
    """
    by = audit.person(moderator)
    reopening.wait_for_turn(case_id, judgement.overrides)
    if judgement.overrides is not None:
        reopening.settle(judgement.overrides, by)
    case = _held(case_id, moderator, token)
    reading = check(case, judgement)
    after = revisions.undo_until(case)
    decision = _write(case, moderator, judgement, reading)
    left = _replace(decision, reading, by, after)
    strikes.note(decision, case, reading.measures)
    told = statements.write(decision, case, reading.at_once) if reading.restricts_at_once else None
    enforcement.request(decision, left, by, told, after=after)
    consequences.draw(decision, reading.at_once)
    approvals.ask(decision, reading.measures, by)
    move_to(case, Status.DECIDED, by, why=_in_short(decision))
    Draft.objects.filter(case=case, moderator=moderator).delete()
    if case.origin != Case.Origin.APPEAL and judgement.actions:
        replies = notices.write(decision)
        first, more = replies[: notices.MOST_AT_ONCE], replies[notices.MOST_AT_ONCE :]
        data = closing.told(decision, told, first)
        outbox.post("case.closed", case.item, data, decision=decision, after=after)
        notices.post(decision, more, after)
    plugins.manager().hook.decided(decision=decision)
    return decision


def _replace(decision: Decision, reading: Reading, by: audit.Actor, after: datetime | None) -> list[Measure]:
    """Let the decision take the place of the one that it overrides, if any. The measures still to be requested."""
    before = decision.overrides
    if decision.case.revised == Case.Revised.AMENDED and decision.case.revises is not None:
        approvals.amended(decision.case.revises, decision)
    if before is None:
        return reading.measures
    if reopening.is_replaced(before, besides=decision):
        message = gettext("Another decision took its place meanwhile: look at that one")
        raise InvalidJudgement([{"loc": ["overrides"], "msg": message}])
    appeal = decision.case.origin == Case.Origin.APPEAL
    ended = Enforcement.Ended.APPEAL if appeal else Enforcement.Ended.OVERRIDDEN
    left = enforcement.take_over(before, decision, reading.measures, by, ended=ended, after=after)
    approvals.withdraw(before, by)
    strikes.take_back(before, by)
    if appeal and not reading.restricts:
        making.withdrawn(before)
    return left


@transaction.atomic
def escalate(case_id: int, moderator: User, token: uuid.UUID, queue: Queue, why: str) -> None:
    """Leave a case that she holds with this token to another queue. What she typed stays her Draft.

    The other queue must ask for at least the clearances of this one: a case never leaves those who are cleared.
    Raises LeaseLost, AlreadyDecided, TookPart, InvalidJudgement, Case.DoesNotExist.
    """
    case = _held(case_id, moderator, token)
    _check_escalation(case.queue, queue, why)
    here = case.queue.slug if case.queue else ""
    asked = requirements.without_steps(case.requirements)
    Lane.objects.get_or_create(queue=queue, language=case.language, requirements=asked)
    # Others are asked to decide: it must not come straight back to her, who may take from that queue as well.
    leave_to_others(case, moderator, why)
    move_to(
        case,
        Status.QUEUED,
        audit.person(moderator),
        why={"how": "escalated", "from": here, "queue": queue.slug, "why": why.strip()},
        queue=queue,
        requirements=asked,
        reasons=case.reasons | {"escalated": f"from “{here}”: {why.strip()}"},
    )
    bells.lane_changed(queue.pk, case.language)


def _held(case_id: int, moderator: User, token: uuid.UUID) -> Case:
    """The case, its row locked, with all that a decision needs to know of it."""
    try:
        held_case(case_id, moderator, token)
    except LeaseLost:
        if Case.objects.filter(pk=case_id, status=Status.DECIDED).exists():
            raise AlreadyDecided from None
        raise
    if Exclusion.objects.filter(
        case=case_id, moderator=moderator, reason=Exclusion.Reason.TOOK_PART
    ).exists():
        raise TookPart
    return Case.objects.select_related(
        "item__author", "item__platform", "snapshot__author", "policy", "queue", "revises__overrides"
    ).get(pk=case_id)


def _write(case: Case, moderator: User, judgement: Judgement, reading: Reading) -> Decision:
    revision = case.origin == Case.Origin.REVISION and bool(judgement.actions)
    return Decision.objects.create(
        case=case,
        item=case.item,
        decided_by=moderator,
        policy=reading.policy,
        policy_version=reading.policy.version,
        severity=reading.severity,
        ground=reading.ground,
        legal_ground=reading.legal_ground,
        actions=[measure.as_json() for measure in reading.measures],
        reasoning=judgement.reasoning.strip(),
        note=judgement.note.strip(),
        inadmissible=judgement.inadmissible,
        overrides=reopening.replaced_by(case) if revision else judgement.overrides,
    )


def _check_escalation(here: Queue | None, there: Queue, why: str) -> None:
    errors: list[dict[str, Any]] = []
    if not why.strip():
        errors.append({"loc": ["why"], "msg": gettext("Say why others should decide")})
    if there == here:
        errors.append({"loc": ["queue"], "msg": gettext("The case is in this queue already")})
    needed = set(here.required_clearances.values_list("name", flat=True)) if here else set()
    if missing := needed - set(there.required_clearances.values_list("name", flat=True)):
        message = gettext("People there need no clearance for %(clearances)s, and this case asks for it")
        errors.append({"loc": ["queue"], "msg": message % {"clearances": ", ".join(sorted(missing))}})
    if errors:
        raise InvalidJudgement(errors)


def _in_short(decision: Decision) -> dict[str, Any]:
    """For the audit trail."""
    return {
        "decision_id": decision.pk,
        "policy": decision.policy.slug,
        "policy_version": decision.policy_version,
        "actions": decision.actions,
        "severity": decision.severity,
        "ground": decision.ground,
        "overrides": decision.overrides_id,
    } | ({"inadmissible": decision.inadmissible} if decision.inadmissible else {})
