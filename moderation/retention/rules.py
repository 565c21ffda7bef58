"""For how many days each kind of data is kept, and how an admin changes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext

from moderation import audit, bells
from moderation.audit import Actor
from moderation.models import Policy, RetentionRule
from moderation.models.retention import LEAST_CONTENT_DAYS

Kind = RetentionRule.Kind

BELL: Final = "moderation.retention.purging.purge_due"
# Where nobody said otherwise.
DEFAULT_DAYS: Final = {
    Kind.CONTENT: 365,
    Kind.DELIVERIES: 90,
    Kind.IDEMPOTENCY_KEYS: 30,
    Kind.FORESIGHTS: 90,
    Kind.DRAFTS: 30,
}
# Webhooks are tried for three days, and an admin must be able to send one again after a weekend.
LEAST_DAYS: Final = {
    Kind.CONTENT: LEAST_CONTENT_DAYS,
    Kind.DELIVERIES: 7,
    Kind.IDEMPOTENCY_KEYS: 1,
    Kind.FORESIGHTS: 1,
    Kind.DRAFTS: 1,
}
MOST_DAYS: Final = 36_525
# Beyond a statement's time to appeal the content stays so much longer, whatever the rules say.
AFTER_APPEALS_DAYS: Final = 30
# The lock under which rules are changed, one change at a time.
CHANGING: Final = 8_520_341


@dataclass(frozen=True)
class Rules:
    """Days by kind, and for content by policy (its id) where that differs."""

    general: Mapping[Kind, int]
    policies: Mapping[int, int] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """A digest: what a form was filled in against, and what a run went by."""
        written = [sorted(self.general.items()), sorted(self.policies.items())]
        return hashlib.sha256(json.dumps(written).encode()).hexdigest()[:16]

    @property
    def least_content_days(self) -> int:
        """No content is looked at before."""
        return min(self.general[Kind.CONTENT], *self.policies.values(), MOST_DAYS)


class RulesChanged(Exception):
    """Somebody else has changed the rules since this form was opened."""


class NotKeptLongEnough(Exception):
    """``errors``: what is wrong, in words, by (kind, policy id or None)."""

    def __init__(self, errors: dict[tuple[Kind, int | None], str]) -> None:
        super().__init__(errors)
        self.errors = errors


def in_force() -> Rules:
    """One statement."""
    general = dict(DEFAULT_DAYS)
    policies = {}
    for kind, policy, days in RetentionRule.objects.values_list("kind", "policy_id", "days"):
        if policy is None:
            general[Kind(kind)] = days
        else:
            policies[policy] = days
    return Rules(general, policies)


def check(rules: Rules) -> None:
    """Raises NotKeptLongEnough."""
    asked: list[tuple[Kind, int | None, int]] = [
        *((kind, None, days) for kind, days in rules.general.items()),
        *((Kind.CONTENT, policy, days) for policy, days in rules.policies.items()),
    ]
    errors = {(kind, policy): wrong for kind, policy, days in asked if (wrong := _wrong(kind, days))}
    if errors:
        raise NotKeptLongEnough(errors)


def change(rules: Rules, version: str, by: Actor) -> Rules:
    """Save all of them; each one that differs is an Event. ``version``: of the rules that were changed.

    Raises NotKeptLongEnough, RulesChanged; nothing is saved then.
    """
    check(rules)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHANGING])
        before = in_force()
        if before.version != version:
            raise RulesChanged
        for kind in Kind:
            if rules.general[kind] != before.general[kind]:
                _write(kind, None, rules.general[kind], before.general[kind], by)
        for policy in Policy.objects.filter(pk__in={*rules.policies, *before.policies}).order_by("slug"):
            days, was = rules.policies.get(policy.pk), before.policies.get(policy.pk)
            if days != was:
                _write(Kind.CONTENT, policy, days, was, by)
        bells.work_waits(BELL)
    return rules


def _write(kind: Kind, policy: Policy | None, days: int | None, was: int | None, by: Actor) -> None:
    if days is None:
        RetentionRule.objects.filter(kind=kind, policy=policy).delete()
    else:
        RetentionRule.objects.update_or_create(kind=kind, policy=policy, defaults={"days": days})
    slug = policy.slug if policy else None
    audit.record("retention.changed", by, of=kind.value, policy=slug, days=days, before=was)


def _wrong(kind: Kind, days: int) -> str | None:
    if days < LEAST_DAYS[kind]:
        if kind == Kind.CONTENT:
            return gettext(
                "At least %(days)s days: people may appeal for six months, and what they appeal about must still be "
                "there then and a month longer."
            ) % {"days": LEAST_DAYS[kind]}
        return gettext("At least %(days)s days.") % {"days": LEAST_DAYS[kind]}
    if days > MOST_DAYS:
        return gettext("At most %(days)s days: nothing is kept for ever.") % {"days": MOST_DAYS}
    return None
