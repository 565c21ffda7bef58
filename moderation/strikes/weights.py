"""What a breach weighs, from how many points on a stronger action is proposed, and how an admin changes both.

They have no versions: a strike keeps the weight and the day that it was given with. A change is saved only over what
the admin was shown (``StrikeRules.digest``), so nobody's change is lost to another's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from accounts.models import User
from moderation import audit
from moderation.models import Policy, StrikeThreshold, StrikeWeight

SEVERITIES: Final = range(1, 6)
MOST_POINTS: Final = 1_000
MOST_DAYS: Final = 3_650


@dataclass(frozen=True)
class Weight:
    """How many points a breach weighs, and for how many days they count (None: for good). No points: no strike."""

    points: int
    days: int | None

    def until(self, given: datetime) -> datetime | None:
        return None if self.days is None else given + timedelta(days=self.days)


# Severity → weight, where an admin has set none for the policy. The least of breaches is a matter of a warning.
DEFAULT_WEIGHTS: Final = {
    1: Weight(0, None),
    2: Weight(1, 90),
    3: Weight(2, 180),
    4: Weight(4, 365),
    5: Weight(8, 730),
}


@dataclass(frozen=True, order=True)
class Threshold:
    """From ``points`` within ``window_days`` on, ``action`` (a slug) is proposed, for ``days`` (None: for good)."""

    points: int
    window_days: int
    action: str
    days: int | None


@dataclass(frozen=True)
class StrikeRules:
    """All of it. ``weights`` has what an admin set, by policy (slug) and severity; the rest is DEFAULT_WEIGHTS."""

    weights: dict[tuple[str, int], Weight]
    thresholds: tuple[Threshold, ...]

    @property
    def digest(self) -> str:
        """The same for the same rules, whatever order they came in."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """``{"weights": {"spam 2": [points, days]}, "thresholds": [{…}, …]}``, for the audit trail."""
        return {
            "weights": {
                f"{policy} {severity}": [weight.points, weight.days]
                for (policy, severity), weight in sorted(self.weights.items())
            },
            "thresholds": [asdict(each) for each in sorted(self.thresholds, reverse=True)],
        }


class RulesChanged(Exception):
    """Somebody else has changed the rules since they were shown. Nothing was saved."""


def weight_of(policy: Policy, severity: int) -> Weight:
    """What a breach of this policy weighs at this severity (1 to 5)."""
    own = StrikeWeight.objects.filter(policy=policy, severity=severity).first()
    return Weight(own.weight, own.days) if own else DEFAULT_WEIGHTS[severity]


def current() -> StrikeRules:
    """The rules as they are. Two statements."""
    weights = {
        (row.policy.slug, row.severity): Weight(row.weight, row.days)
        for row in StrikeWeight.objects.select_related("policy")
    }
    rows = StrikeThreshold.objects.order_by("-points", "-window_days")
    return StrikeRules(
        weights, tuple(Threshold(row.points, row.window_days, row.action, row.days) for row in rows)
    )


@transaction.atomic
def change(rules: StrikeRules, shown: str, by: User) -> bool:
    """Make the rules what they are to be, one Event for all that differs. False where nothing does.

    ``shown`` is the digest of the rules that she changed. Raises RulesChanged. Strikes given before stay as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('strike rules', 0))")
    before = current()
    if before.digest != shown:
        raise RulesChanged
    if before.digest == rules.digest:
        return False
    policies = {policy.slug: policy for policy in Policy.objects.all()}
    StrikeWeight.objects.all().delete()
    StrikeWeight.objects.bulk_create(
        StrikeWeight(policy=policies[policy], severity=severity, weight=weight.points, days=weight.days)
        for (policy, severity), weight in rules.weights.items()
    )
    StrikeThreshold.objects.all().delete()
    StrikeThreshold.objects.bulk_create(StrikeThreshold(**asdict(each)) for each in rules.thresholds)
    old, new = before.as_json(), rules.as_json()
    audit.record("strike_rules.changed", audit.person(by), before=old, after=new)
    return True
