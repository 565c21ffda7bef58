"""What was decided and what has come of it, in words: for the page of a case, for approvals and for the history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, pgettext

from accounts.models import User
from moderation.actions import ACTIONS
from moderation.console.action_fields import CHOICE_LABELS
from moderation.models import Approval, Case, Decision, Enforcement

Status = Enforcement.Status
# What is said of a status in a few words, where its time or cause follows.
OVER = (Status.REVERSAL_REQUESTED, Status.REVERSED, Status.WITHDRAWN)


@dataclass(frozen=True)
class Done:
    """One action of a decision: how it is called, on which item, and what has come of it."""

    label: str
    on: str
    status: str = ""
    why: str = ""
    ends_at: datetime | None = None
    held: bool = False
    over: bool = False


@dataclass(frozen=True)
class Came:
    """All that has come of a decision. ``overridden_by`` and ``revises`` are decisions of other cases."""

    decision: Decision
    done: list[Done]
    approval: Approval | None
    overridden_by: Decision | None
    undone_in: Case | None
    revises: Decision | None
    revised: str


def in_words(slug: str, parameters: dict[str, Any], territories: Iterable[str] = ()) -> str:
    """An action with what matters of its parameters: ``Restrict: adults only (DE, TH)``."""
    action = ACTIONS.get(slug)
    words = str(action.label) if action else slug
    if how := parameters.get("how"):
        words = pgettext("an action and how", "%(action)s: %(how)s") % {
            "action": words,
            "how": CHOICE_LABELS.get(how, how),
        }
    codes = ", ".join(territories)
    return f"{words} ({codes})" if codes else words


def with_all(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """The decisions with everything that ``came_of`` asks for: a constant number of statements for all of them."""
    return decisions.select_related("approval__answered_by", "case__revises__case").prefetch_related(
        Prefetch("enforcements", Enforcement.objects.select_related("item", "rests_on", "reversed_by")),
        Prefetch("resting", Enforcement.objects.select_related("item")),
        Prefetch("overridden_by", Decision.objects.select_related("case", "decided_by")),
        Prefetch("revisions", Case.objects.filter(revised=Case.Revised.UNDONE)),
    )


def readable(decision: Decision, viewer: User) -> list[dict[str, Any]]:
    """The actions of a decision (as in ``Decision.actions``) of which she may know: not of other people's referrals
    unless she is cleared for them. No statement where there is nothing confidential.
    """
    confidential = [each for each in decision.actions if _confidential(each["action"])]
    if not confidential or decision.decided_by_id == viewer.pk:
        return list(decision.actions)
    hers = set(viewer.clearances.values_list("slug", flat=True))
    return [
        each
        for each in decision.actions
        if each not in confidential or ACTIONS[each["action"]].approval_clearances <= hers
    ]


def held(judged: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of these actions that wait for a second person."""
    return [each for each in judged if (action := ACTIONS.get(each["action"])) is not None and action.held]


def came_of(decision: Decision, viewer: User) -> Came:
    """What has come of a decision, as far as ``viewer`` may know. One from ``with_all`` needs no statement, mostly."""
    overridden = list(decision.overridden_by.all())
    undone = [each for each in decision.revisions.all() if each.revised == Case.Revised.UNDONE]
    actions = readable(decision, viewer)
    return Came(
        decision,
        [*_enforced(decision), *_else(actions)],
        getattr(decision, "approval", None) if held(actions) else None,
        overridden[-1] if overridden else None,
        undone[-1] if undone else None,
        decision.case.revises,
        str(Case.Revised(decision.case.revised).label) if decision.case.revised else "",
    )


def _enforced(decision: Decision) -> list[Done]:
    """Its own enforcements, and those of an earlier decision that it kept."""
    own = list(decision.enforcements.all())
    kept = [each for each in decision.resting.all() if each.decision_id != decision.pk]
    return [
        Done(
            in_words(each.action, each.parameters, each.territories),
            each.item.external_id,
            str(each.get_status_display()),
            _why(each, decision),
            None if each.status in OVER else _end(each),
            each.status == Status.HELD,
            each.status in OVER,
        )
        for each in sorted([*own, *kept], key=lambda each: (each.created_at, each.pk))
    ]


def _end(each: Enforcement) -> datetime | None:
    return each.ends_at if each.ends_at is not None and each.ends_at > timezone.now() else None


def _why(each: Enforcement, decision: Decision) -> str:
    if each.ended:
        return str(each.get_ended_display())
    if each.decision_id != decision.pk:
        return gettext("kept from the decision before")
    if each.rests_on_id != decision.pk:
        return gettext("kept by the decision that took its place")
    return ""


def _else(judged: list[dict[str, Any]]) -> list[Done]:
    """What the platform does not carry out: no violation, a referral."""
    return [
        Done(in_words(each["action"], {}), "", held=action is not None and action.held)
        for each in judged
        if (action := ACTIONS.get(each["action"])) is None or not action.enforced
    ]


def _confidential(slug: str) -> bool:
    action = ACTIONS.get(slug)
    return action is not None and action.confidential
