"""Until when each snapshot must stay, and what keeps it.

Of content that came before somebody: until every case that it was used in has been decided for so many days, and until
a month after the last day to appeal that a statement names. Of content that came before nobody: so many days from its
capture. It stays for longer while a case, an appeal, a revision or an approval is open, while detectors have not looked
at it, while something written by the account it shows is still here, and while a legal hold lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection

from moderation.models.retention import LEAST_CONTENT_DAYS
from moderation.retention.rules import AFTER_APPEALS_DAYS, Kind, Rules

# One statement for a whole batch, each table asked by an index of its own.
JUDGE: Final = """
WITH asked AS MATERIALIZED (
    SELECT id, item_id, author_id, captured_at FROM moderation_snapshot
    WHERE id = ANY(%(snapshots)s) AND purged_at IS NULL
),
used AS (
    SELECT a.id AS snapshot_id, c.id AS case_id FROM asked a JOIN moderation_case c ON c.snapshot_id = a.id
    UNION
    SELECT a.id, f.case_id FROM asked a JOIN moderation_flag f ON f.snapshot_id = a.id
),
judged AS (
    SELECT u.snapshot_id, array_agg(c.id) AS cases,
        bool_or(
            c.status || '' NOT IN ('decided', 'withdrawn')
            OR EXISTS (SELECT 1 FROM moderation_approval p WHERE p.decision_id = d.id AND p.status || '' = 'waiting')
            OR EXISTS (SELECT 1 FROM moderation_enforcement e WHERE e.decision_id = d.id AND e.status || '' = 'held')
        ) AS open,
        max(greatest(
            c.decided_at + make_interval(days => coalesce(own.days, %(days)s)),
            greatest(
                (SELECT max(s.appeal_until) FROM moderation_statement s WHERE s.decision_id = d.id),
                (SELECT max(r.appeal_until) FROM moderation_noticereply r WHERE r.decision_id = d.id)
            ) + make_interval(days => %(after_appeals)s)
        )) AS until
    FROM used u
    JOIN moderation_case c ON c.id = u.case_id
    LEFT JOIN moderation_decision d ON d.case_id = c.id
    LEFT JOIN unnest(%(policies)s::bigint[], %(policy_days)s::int[]) AS own (policy_id, days)
        ON own.policy_id = coalesce(d.policy_id, c.policy_id)
    GROUP BY u.snapshot_id
)
SELECT a.id, a.item_id, a.author_id, coalesce(j.cases, '{}'),
    coalesce(j.until, a.captured_at + make_interval(days => %(unused_days)s)),
    coalesce(j.open, false)
        OR EXISTS (SELECT 1 FROM moderation_screening g WHERE g.snapshot_id = a.id AND g.status || '' = 'pending'),
    EXISTS (SELECT 1 FROM moderation_snapshot w WHERE w.author_id = a.id AND w.purged_at IS NULL),
    is_held(a.item_id)
FROM asked a LEFT JOIN judged j ON j.snapshot_id = a.id
ORDER BY a.id
"""


class Keeper(StrEnum):
    """What keeps a snapshot: the first of these that does."""

    HOLD = "hold"
    OPEN = "open"
    TIME = "time"
    WORKS = "works"


@dataclass(frozen=True)
class Periods:
    """Days from the decision, by policy where that differs; and, for what came before nobody, from the capture."""

    days: int
    unused_days: int
    policies: Mapping[int, int]


# What a person asks to have erased stays for as long as she could need it herself, and not a day longer.
SHORTEST: Final = Periods(LEAST_CONTENT_DAYS, 0, {})


@dataclass(frozen=True)
class Judged:
    """A snapshot, the cases that it was used in, and until when something other than a hold keeps it."""

    snapshot: int
    item: int
    author: int | None
    cases: tuple[int, ...]
    until: datetime
    open: bool
    works: bool
    held: bool

    def is_due(self, now: datetime) -> bool:
        """Whether it could go, were there no hold."""
        return not self.open and not self.works and self.until <= now

    def keeper(self, now: datetime) -> Keeper | None:
        if self.is_due(now):
            return Keeper.HOLD if self.held else None
        if self.open:
            return Keeper.OPEN
        return Keeper.TIME if self.until > now else Keeper.WORKS


def periods_of(rules: Rules) -> Periods:
    days = rules.general[Kind.CONTENT]
    return Periods(days, days, rules.policies)


def judge(snapshots: Iterable[int], periods: Periods) -> list[Judged]:
    """Those of these snapshots that are not purged yet. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            JUDGE,
            {
                "snapshots": list(snapshots),
                "days": periods.days,
                "unused_days": periods.unused_days,
                "policies": list(periods.policies.keys()),
                "policy_days": list(periods.policies.values()),
                "after_appeals": AFTER_APPEALS_DAYS,
            },
        )
        return [
            Judged(pk, item, author, tuple(cases), *rest)
            for pk, item, author, cases, *rest in cursor.fetchall()
        ]
