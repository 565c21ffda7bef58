"""Strikes: what stands against an account, and the stronger action that is proposed once enough has come together.

One strike per decision that holds something against somebody, given in the decision's transaction. It ends with its
decision: one that is reversed takes it back. An action whose time is over leaves it. It counts until it expires, which
is a comparison with the clock: no job ends it. What is proposed is never taken by itself (docs/strikes.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from moderation import audit
from moderation.actions import ACTIONS, Action, refusal
from moderation.models import Case, Decision, Item, Policy, Strike, StrikeThreshold, StrikeWeight


@dataclass(frozen=True)
class Weight:
    """How many points a breach weighs, and for how many days they count (None: for good). No points: no strike."""

    points: int
    days: int | None

    def until(self, given: datetime) -> datetime | None:
        return None if self.days is None else given + timedelta(days=self.days)


# Severity → weight, where an admin has set none for the policy. The least of breaches is a warning's matter.
DEFAULT_WEIGHTS: Final = {
    1: Weight(0, None),
    2: Weight(1, 90),
    3: Weight(2, 180),
    4: Weight(4, 365),
    5: Weight(8, 730),
}
# How an account is restricted when a threshold proposes to: the one way that is about accounts alone.
PROPOSED_RESTRICTION: Final = "limit_visibility"


@dataclass(frozen=True)
class Window:
    """The points that were given within the latest ``days`` days and still count."""

    days: int
    points: int


@dataclass(frozen=True)
class Standing:
    """What stands against an account now. ``strikes`` are those that count, newest first, with policy and decision."""

    account: Item
    strikes: list[Strike]
    taken_back: int
    void: int
    windows: list[Window]

    @property
    def points(self) -> int:
        return sum(strike.weight for strike in self.strikes)


@dataclass(frozen=True)
class Proposal:
    """An action that a moderator may choose: ``threshold`` was or would be reached. Nothing comes of it by itself.

    ``action`` with ``parameters`` (JSON) and ``on`` ("item" or "author") is what a JudgedAction takes; ``points`` are
    those that count within the threshold's window, ``weighs`` what this breach would add.
    """

    threshold: StrikeThreshold
    action: Action
    parameters: dict[str, Any]
    on: str
    points: int
    weighs: int

    @property
    def total(self) -> int:
        return self.points + self.weighs


def account_of(item: Item) -> Item | None:
    """Against whom a decision about this item counts; None where its author is not known."""
    return item if item.kind == Item.Kind.ACCOUNT else item.author


def weight_of(policy: Policy, severity: int) -> Weight:
    """What a breach of this policy weighs at this severity (1 to 5)."""
    own = StrikeWeight.objects.filter(policy=policy, severity=severity).first()
    return Weight(own.weight, own.days) if own else DEFAULT_WEIGHTS[severity]


def give(decision: Decision, account: Item) -> Strike | None:
    """Hold the decision against the account, in the decision's transaction. None where the breach weighs nothing.

    Giving the same decision's strike again changes nothing.
    """
    weight = weight_of(decision.policy, decision.severity)
    if not weight.points:
        return None
    strike, given = Strike.objects.get_or_create(
        decision=decision,
        defaults={
            "account": account,
            "policy": decision.policy,
            "severity": decision.severity,
            "weight": weight.points,
            "expires_at": weight.until(timezone.now()),
        },
    )
    if given:
        by = audit.person(decision.decided_by) if decision.decided_by else audit.SYSTEM
        _record("strike.given", by, strike)
    return strike


def take_back(decision: Decision, by: audit.Actor = audit.SYSTEM) -> None:
    """The decision holds no more, and nor does its strike. One that is void stays so."""
    _move(decision, Strike.Status.ACTIVE, Strike.Status.TAKEN_BACK, "strike.taken_back", by)


def restore(decision: Decision, by: audit.Actor = audit.SYSTEM) -> None:
    """What took the decision back was itself undone: its strike counts again, until the day that it always had."""
    _move(decision, Strike.Status.TAKEN_BACK, Strike.Status.ACTIVE, "strike.restored", by)


def void(decision: Decision, by: audit.Actor = audit.SYSTEM) -> None:
    """What the decision was about was gone before the platform heard of it: it is held against nobody."""
    _move(decision, Strike.Status.ACTIVE, Strike.Status.VOID, "strike.void", by)


def counting(account: Item, at: datetime | None = None) -> QuerySet[Strike]:
    """The strikes that count against the account at that moment (default: now), newest first."""
    not_expired = Q(expires_at__isnull=True) | Q(expires_at__gt=at or timezone.now())
    return Strike.objects.filter(not_expired, account=account, status=Strike.Status.ACTIVE).order_by(
        "-given_at", "-pk"
    )


def standing(account: Item) -> Standing:
    """What stands against the account now, with the points within each threshold's window. Three statements."""
    strikes = list(counting(account).select_related("policy", "decision__case"))
    ended = Strike.objects.filter(account=account).aggregate(
        taken_back=Count("pk", filter=Q(status=Strike.Status.TAKEN_BACK)),
        void=Count("pk", filter=Q(status=Strike.Status.VOID)),
    )
    days = sorted({threshold.window_days for threshold in StrikeThreshold.objects.all()})
    windows = [Window(each, points_within(strikes, each)) for each in days]
    return Standing(account, strikes, ended["taken_back"], ended["void"], windows)


def points_within(strikes: Iterable[Strike], days: int) -> int:
    """The points of those strikes that were given within the latest so many days."""
    since = timezone.now() - timedelta(days=days)
    return sum(strike.weight for strike in strikes if strike.given_at > since)


def proposal(case: Case, policy: Policy | None = None, severity: int | None = None) -> Proposal | None:
    """The strongest action whose threshold the account would reach by this breach; None where it reaches none.

    ``policy`` defaults to the case's, ``severity`` to the policy's. The more points a threshold asks, the stronger it
    is. Only what may be chosen on this case under the policy is proposed. Nothing is where the breach weighs nothing,
    on an appeal, or where the author is not known. A decision that is made anew does not count twice.
    """
    account = account_of(case.item)
    policy = policy or case.policy
    weighs = weight_of(policy, severity or policy.severity).points
    if account is None or not weighs or case.origin == Case.Origin.APPEAL:
        return None
    thresholds = StrikeThreshold.objects.order_by("-points", "-window_days")
    strikes = list(counting(account).exclude(decision=case.revises_id)) if thresholds else []
    for threshold in thresholds:
        points = points_within(strikes, threshold.window_days)
        action = ACTIONS.get(threshold.action)
        if action is None or points + weighs < threshold.points or refusal(action, case, policy):
            continue
        on = "item" if account == case.item else "author"
        return Proposal(threshold, action, parameters_of(threshold), on, points, weighs)
    return None


def parameters_of(threshold: StrikeThreshold) -> dict[str, Any]:
    """What the proposed action is told: until when, and for a restriction how."""
    action = ACTIONS[threshold.action]
    parameters: dict[str, Any] = {}
    if "how" in action.parameters.model_fields:
        parameters["how"] = PROPOSED_RESTRICTION
    if "until" in action.parameters.model_fields:
        ends = timezone.now() + timedelta(days=threshold.days) if threshold.days else None
        parameters["until"] = ends.isoformat() if ends else None
    return parameters


def _move(decision: Decision, before: str, after: str, kind: str, by: audit.Actor) -> None:
    strike = (
        Strike.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "policy", "decision__case")
        .filter(decision=decision, status=before)
        .first()
    )
    if strike is None:
        return
    strike.status = after
    strike.ended_at = None if after == Strike.Status.ACTIVE else timezone.now()
    strike.save(update_fields=["status", "ended_at"])
    _record(kind, by, strike)


def _record(kind: str, by: audit.Actor, strike: Strike) -> None:
    audit.record(
        kind,
        by,
        item=strike.account,
        strike_id=strike.pk,
        decision_id=strike.decision_id,
        policy=strike.policy.slug,
        severity=strike.severity,
        weight=strike.weight,
        expires_at=strike.expires_at.isoformat() if strike.expires_at else None,
    )
