"""The second person: who may answer for the actions that wait for one, and what comes of each answer.

The database refuses what this refuses (migration 0015): an answer by the one who decided, a second answer, and
anything held that goes on without being approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from moderation import access, audit, consequences, enforcement, notices, plugins, reopening, statements
from moderation.actions import ACTIONS, ReferToLawEnforcement
from moderation.judgements import MOST_CHARACTERS, InvalidJudgement, Measure
from moderation.models import Approval, Case, Consultation, Decision, Enforcement, Exclusion
from moderation.queueing.lanes import lane_of
from moderation.referrals import making

Status = Approval.Status

# The clearance that is the right to approve.
RIGHT: Final = "approval"
# Of what waits, so many are looked at for one person.
MOST_SHOWN: Final = 200


class NotYours(Exception):
    """She decided it herself, or has not the right to answer."""


class AlreadyAnswered(Exception):
    """Somebody answered, or it was taken back."""


def ask(decision: Decision, measures: Sequence[Measure], by: audit.Actor) -> Approval | None:
    """Let a decision's held measures wait for a second person, in its transaction; None where nothing is held."""
    held = [measure for measure in measures if measure.action.held]
    if not held:
        return None
    for measure in held:
        if isinstance(measure.action, ReferToLawEnforcement):
            making.make(decision, measure)
    approval = Approval.objects.create(decision=decision, decided_by=decision.decided_by)
    _record("approval.asked", by, approval, actions=[measure.action.slug for measure in held])
    return approval


def clearances_for(decision: Decision) -> set[str]:
    """The clearances (slugs) that an answer to this decision takes, besides those of its case."""
    held = (ACTIONS.get(each["action"]) for each in decision.actions)
    return {RIGHT}.union(
        *(action.approval_clearances for action in held if action is not None and action.held)
    )


def may_answer(user: User, approval: Approval) -> bool:
    """Whether she is a different person, was not asked for her opinion before, has the right, and may see the case."""
    if approval.decided_by_id == user.pk or not clearances_for(approval.decision) <= _clearances(user):
        return False
    if Consultation.objects.filter(case=approval.decision.case_id, asked=user).exists():
        return False
    try:
        access.case_for(user, approval.decision.case_id)
    except Http404:
        return False
    return True


def waiting_for(user: User) -> list[Approval]:
    """What she may answer, longest waiting first."""
    mine = _clearances(user)
    if RIGHT not in mine:
        return []
    lanes = access.lanes_of(user)
    she_was_asked = Consultation.objects.filter(case=OuterRef("decision__case"), asked=user)
    excluded = set(
        Exclusion.objects.filter(
            moderator=user, reason=Exclusion.Reason.TOOK_PART, case__decision__approval__status=Status.WAITING
        ).values_list("case", flat=True)
    )
    return [
        approval
        for approval in waiting().exclude(decided_by=user).filter(~Exists(she_was_asked))[:MOST_SHOWN]
        if clearances_for(approval.decision) <= mine
        and lane_of(approval.decision.case) in lanes
        and approval.decision.case_id not in excluded
    ]


def waiting() -> QuerySet[Approval]:
    """All that waits for a second person, longest waiting first."""
    return (
        Approval.objects.filter(status=Status.WAITING)
        .select_related(
            "decided_by",
            "decision__policy",
            "decision__item__author",
            "decision__case__queue",
            "decision__decided_by",
        )
        .order_by("asked_at", "pk")
    )


@transaction.atomic
def approve(approval_id: int, user: User) -> Decision:
    """Let what was held go out, with a statement of reasons of its own. Raises NotYours, AlreadyAnswered."""
    approval, case = _open(approval_id, user)
    decision, by = approval.decision, audit.person(user)
    _answer(approval, Status.APPROVED, user)
    plugins.manager().hook.took_part(case=case, moderator=user)
    _record("approval.approved", by, approval)
    held = _measures(decision.enforcements.filter(status=Enforcement.Status.HELD).select_related("item"))
    restricting = [measure for measure in held if measure.action.restricts]
    told = statements.write(decision, case, restricting) if restricting else None
    enforcement.release(decision, by, told)
    consequences.draw(decision, held)
    making.approved(decision)
    notices.answer_later(decision)
    return decision


@transaction.atomic
def reject(approval_id: int, user: User, reasons: str) -> Case:
    """Nothing of what was held goes out, and the item is to be decided anew by whoever takes it.

    The case in which that happens. What did not wait for anybody stays in force until then.
    Raises NotYours, AlreadyAnswered, InvalidJudgement.
    """
    check_reasons(reasons)
    approval, case = _open(approval_id, user)
    by = audit.person(user)
    _answer(approval, Status.REJECTED, user, reasons.strip())
    plugins.manager().hook.took_part(case=case, moderator=user)
    _record("approval.rejected", by, approval)
    held = approval.decision.enforcements.filter(status=Enforcement.Status.HELD)
    enforcement.withdraw(held, Enforcement.Ended.REJECTED, by)
    making.withdrawn(approval.decision)
    return reopening.open_again(approval.decision, case, Case.Revised.REJECTED, by)


@transaction.atomic
def amend(approval_id: int, user: User) -> Case:
    """Open the case anew for her, to decide otherwise. What is held goes on waiting until she has.

    Never for the one who decided first. Raises NotYours, AlreadyAnswered, reopening.BeingRevised.
    """
    approval, case = _open(approval_id, user)
    revision = reopening.open_again(approval.decision, case, Case.Revised.AMENDED, audit.person(user))
    if approval.decided_by_id is not None:
        Exclusion.objects.get_or_create(
            case=revision,
            moderator_id=approval.decided_by_id,
            defaults={"reason": Exclusion.Reason.TOOK_PART},
        )
    return reopening.take(revision, user)


def amended(decision: Decision, by_decision: Decision) -> None:
    """The second person decided otherwise; in the transaction of her decision. No answer where there is one."""
    approval = _waiting(decision)
    if approval is None or by_decision.decided_by is None:
        return
    by = audit.person(by_decision.decided_by)
    _answer(approval, Status.AMENDED, by_decision.decided_by)
    _record("approval.amended", by, approval, by_decision=by_decision.pk)
    making.withdrawn(decision)


def withdraw(decision: Decision, by: audit.Actor) -> None:
    """The decision is undone or overridden before anybody answered: there is nothing to answer any more."""
    approval = _waiting(decision)
    if approval is None:
        return
    _answer(approval, Status.WITHDRAWN, None)
    _record("approval.withdrawn", by, approval)
    making.withdrawn(decision)


def check_reasons(reasons: str) -> None:
    """Raises InvalidJudgement, naming the field ``reasons``."""
    wrong = ""
    if not reasons.strip():
        wrong = gettext("Say why: whoever decides next needs to know")
    elif len(reasons) > MOST_CHARACTERS:
        wrong = gettext("At most %(most)s characters") % {"most": MOST_CHARACTERS}
    elif any(character == "\0" or "\ud800" <= character <= "\udfff" for character in reasons):
        wrong = gettext("There is a character in it that cannot be stored")
    if wrong:
        raise InvalidJudgement([{"loc": ["reasons"], "msg": wrong}])


def _open(approval_id: int, user: User) -> tuple[Approval, Case]:
    """The approval with its row locked, if she may answer it now, and its case."""
    approval = (
        Approval.objects.select_for_update(of=("self",), no_key=True)
        .select_related("decision__policy", "decision__decided_by", "decision__item", "decision__overrides")
        .get(pk=approval_id)
    )
    if not may_answer(user, approval):
        raise NotYours
    if approval.status != Status.WAITING:
        raise AlreadyAnswered
    return approval, access.case_for(user, approval.decision.case_id)


def _waiting(decision: Decision) -> Approval | None:
    return (
        Approval.objects.select_for_update(of=("self",), no_key=True)
        .select_related("decision__item")
        .filter(decision=decision, status=Status.WAITING)
        .first()
    )


def _answer(approval: Approval, status: Approval.Status, user: User | None, reasons: str = "") -> None:
    approval.status = status
    approval.answered_by = user
    approval.answered_at = timezone.now()
    approval.reasons = reasons
    approval.save(update_fields=["status", "answered_by", "answered_at", "reasons"])


def _measures(enforcements: Iterable[Enforcement]) -> list[Measure]:
    return [
        Measure(ACTIONS[each.action], each.item, each.parameters, each.territories) for each in enforcements
    ]


def _clearances(user: User) -> set[str]:
    return set(user.clearances.values_list("slug", flat=True))


def _record(kind: str, by: audit.Actor, approval: Approval, **more: Any) -> None:
    audit.record(
        kind,
        by,
        case=approval.decision.case,
        approval_id=approval.pk,
        decision_id=approval.decision_id,
        **more,
    )
