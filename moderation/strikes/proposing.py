"""The stronger action that is proposed to a moderator once enough stands against an account. Only she takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from moderation.actions import ACTIONS, Action, Place, TerminateAccount, refusal
from moderation.models import Case, Enforcement, Item, Policy, StrikeThreshold
from moderation.strikes.standing import account_of, counting, points_within, strongest_first
from moderation.strikes.weights import weight_of

# How an account is restricted when a threshold proposes to: the one way that is about accounts alone.
PROPOSED_RESTRICTION: Final = "limit_visibility"


@dataclass(frozen=True)
class Proposal:
    """An action that a moderator may choose, because a threshold would be reached by this breach.

    ``action`` and ``parameters`` (JSON) are what a JudgedAction on the author takes. ``points`` are those that count
    within the threshold's window already, ``weighs`` what this breach adds.
    """

    threshold: StrikeThreshold
    action: Action
    parameters: dict[str, Any]
    points: int
    weighs: int

    @property
    def on(self) -> str:
        return Place.AUTHOR.value

    @property
    def total(self) -> int:
        return self.points + self.weighs


def proposable() -> list[Action]:
    """The actions that a threshold may propose: those that hold something against an account, by the platform."""
    return [
        action
        for action in ACTIONS.values()
        if Place.AUTHOR in action.places and action.restricts and action.enforced
    ]


def proposal(case: Case, policy: Policy | None = None, severity: int | None = None) -> Proposal | None:
    """The strongest action whose threshold the account would reach by this breach; None where it reaches none.

    ``policy`` defaults to the case's, ``severity`` to the policy's. Only what may be chosen on this case under the
    policy is proposed. Nothing is where the breach weighs nothing, on an appeal, where the author is not known, or
    where just that is in force for as long already. A decision that is made anew does not count twice.
    """
    account = account_of(case.item)
    policy = policy or case.policy
    if account is None or case.origin == Case.Origin.APPEAL:
        return None
    weighs = weight_of(policy, severity or policy.severity).points
    thresholds = list(strongest_first()) if weighs else []
    strikes = list(counting(account).exclude(decision=case.revises_id)) if thresholds else []
    for threshold in thresholds:
        points = points_within(strikes, threshold.window_days)
        action = ACTIONS.get(threshold.action)
        if (
            action is not None
            and points + weighs >= threshold.points
            and action.target(case.item, Place.AUTHOR) == account
            and not refusal(action, case, policy)
        ):
            parameters = parameters_of(action, threshold.days)
            # What is weaker than that is no news either.
            if _in_force(case, account, action, parameters):
                return None
            return Proposal(threshold, action, parameters, points, weighs)
    return None


def parameters_of(action: Action, days: int | None) -> dict[str, Any]:
    """What a proposed action is told: until when (``days`` from now; None: for good), and a restriction how."""
    parameters: dict[str, Any] = {}
    if "how" in action.parameters.model_fields:
        parameters["how"] = PROPOSED_RESTRICTION
    if "until" in action.parameters.model_fields:
        ends = timezone.now() + timedelta(days=days) if days else None
        parameters["until"] = ends.isoformat(timespec="seconds") if ends else None
    return parameters


def _in_force(case: Case, account: Item, action: Action, parameters: dict[str, Any]) -> bool:
    """Whether this is done to the account already, for as long at least; or it is closed, which leaves nothing to do.

    Not what the decision did that is made anew in this case.
    """
    until = parse_datetime(parameters.get("until") or "")
    as_long = Q(ends_at__isnull=True) | Q(ends_at__gte=until) if until else Q(ends_at__isnull=True)
    same = Q(action=action.slug) & as_long
    if how := parameters.get("how"):
        same &= Q(parameters__how=how)
    closed = Q(action=TerminateAccount.slug)
    standing = Enforcement.objects.filter(
        item=account, status__in=(Enforcement.Status.HELD, *Enforcement.IN_FORCE)
    ).exclude(rests_on=case.revises_id)
    return standing.filter(same | closed if action.lasts else closed).exists()
