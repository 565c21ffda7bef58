"""What is deleted once it is old enough: webhooks that went out, idempotency keys, simulations, drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from moderation.retention.rules import Kind, Rules

# Each is found oldest first by an index on its age: what is older than the first parameter, so many at a time.
DELIVERIES: Final = """
WITH gone AS (
    DELETE FROM moderation_message WHERE id IN (
        SELECT id FROM moderation_message
        WHERE status IN ('delivered', 'withdrawn') AND created_at < %s AND NOT is_held(item_id)
        ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING id
), attempts AS (
    DELETE FROM moderation_deliveryattempt WHERE message_id IN (SELECT id FROM gone)
)
SELECT count(*) FROM gone
"""
IDEMPOTENCY_KEYS: Final = """
WITH gone AS (
    DELETE FROM moderation_idempotencykey WHERE id IN (
        SELECT id FROM moderation_idempotencykey WHERE created_at < %s
        ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING id
)
SELECT count(*) FROM gone
"""
FORESIGHTS: Final = """
WITH gone AS (
    DELETE FROM moderation_foresight WHERE id IN (
        SELECT id FROM moderation_foresight WHERE status IN ('done', 'failed') AND asked_at < %s
        ORDER BY asked_at LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING id
)
SELECT count(*) FROM gone
"""
# Of decided cases, asked one by one: a join would let the planner begin with all cases. What is typed on a case that
# waits is kept for whoever comes back to it.
DRAFTS: Final = """
WITH gone AS (
    DELETE FROM moderation_draft WHERE id IN (
        SELECT d.id FROM moderation_draft d
        WHERE d.saved_at < %s AND (SELECT c.status FROM moderation_case c WHERE c.id = d.case_id) = 'decided'
        ORDER BY d.saved_at LIMIT %s FOR UPDATE OF d SKIP LOCKED
    ) RETURNING id
)
SELECT count(*) FROM gone
"""
# What stays because of a hold, counted once it is alone.
HELD_DELIVERIES: Final = """
SELECT count(*) FROM moderation_message
WHERE status IN ('delivered', 'withdrawn') AND created_at < %s AND is_held(item_id)
"""

DELETE: Final = {
    Kind.DELIVERIES: DELIVERIES,
    Kind.IDEMPOTENCY_KEYS: IDEMPOTENCY_KEYS,
    Kind.FORESIGHTS: FORESIGHTS,
    Kind.DRAFTS: DRAFTS,
}
BATCH: Final = 500


@dataclass(frozen=True)
class Deleted:
    """How many rows went in a batch; ``more``: there may be others; ``held``: how many a legal hold kept."""

    gone: int
    more: bool
    held: int = 0


def delete(kind: Kind, rules: Rules) -> Deleted:
    """One batch of a kind. Two statements at most."""
    before = limit_of(kind, rules)
    gone = _number(DELETE[kind], [before, BATCH])
    if gone == BATCH:
        return Deleted(gone, more=True)
    held = _number(HELD_DELIVERIES, [before]) if kind == Kind.DELIVERIES else 0
    return Deleted(gone, more=False, held=held)


def limit_of(kind: Kind, rules: Rules) -> datetime:
    """What is older goes."""
    return timezone.now() - timedelta(days=rules.general[kind])


def _number(statement: str, parameters: Sequence[datetime | int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0])
