"""Decisions that give strikes: where tests of strikes start from."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from moderation import strikes
from moderation.models import Case, Decision, Item, Policy, Strike, StrikeThreshold
from tests.factories import make_case, make_item, make_policy, make_user


def make_account() -> Item:
    return make_item(kind="account", text="")


def breach(account: Item, *, severity: int = 3, policy: Policy | None = None) -> Decision:
    """A decision against something by this account, as a row: nothing has followed from it yet."""
    policy = policy or make_policy()
    case = make_case(item=make_item(author=account), policy=policy, status=Case.Status.DECIDED)
    return Decision.objects.create(
        case=case,
        item=case.item,
        decided_by=make_user(),
        policy=policy,
        policy_version=policy.version,
        severity=severity,
        actions=[{"action": "remove", "parameters": {}, "territories": []}],
        reasoning="It breaks this rule.",
    )


def strike(account: Item, *, days_ago: float = 0, severity: int = 3, policy: Policy | None = None) -> Strike:
    """A strike that the account was given so many days ago."""
    given = strikes.give(breach(account, severity=severity, policy=policy), account)
    assert given is not None
    at = timezone.now() - timedelta(days=days_ago)
    expires = given.expires_at and given.expires_at - timedelta(days=days_ago)
    Strike.objects.filter(pk=given.pk).update(given_at=at, expires_at=expires)
    given.refresh_from_db()
    return given


def threshold(
    points: int, action: str = "lock_account", days: int | None = 7, window: int = 365
) -> StrikeThreshold:
    return StrikeThreshold.objects.create(points=points, window_days=window, action=action, days=days)


def case_of(account: Item, **changes: object) -> Case:
    """A case about something else that this account published, in a language that those who decide do not read."""
    return make_case(**{"item": make_item(author=account), "language": "th"} | changes)  # type: ignore[arg-type]
