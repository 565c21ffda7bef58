"""What the next run of the purge would take away: counted by the same indexes, and never further than a limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from moderation.models import PurgeReport
from moderation.retention import leftovers
from moderation.retention.judging import Keeper, judge, periods_of
from moderation.retention.purging import COMING_OF_AGE, DUE_AGAIN, where_to_go_on
from moderation.retention.rules import Kind, Rules

MOST_COUNTED: Final = 1000
# As in leftovers.DELETE.
COUNT: Final = {
    Kind.DELIVERIES: "FROM moderation_message WHERE status IN ('delivered', 'withdrawn') AND created_at < %s"
    " AND NOT is_held(item_id)",
    Kind.IDEMPOTENCY_KEYS: "FROM moderation_idempotencykey WHERE created_at < %s",
    Kind.FORESIGHTS: "FROM moderation_foresight WHERE status IN ('done', 'failed') AND asked_at < %s",
    Kind.DRAFTS: "FROM moderation_draft d WHERE d.saved_at < %s"
    " AND (SELECT c.status FROM moderation_case c WHERE c.id = d.case_id) = 'decided'",
}


@dataclass(frozen=True)
class Due:
    """How many of a kind would go now. ``more``: not all were counted."""

    kind: Kind
    count: int
    more: bool


def due_now(rules: Rules) -> list[Due]:
    """Eight statements at most, none of which looks at more than MOST_COUNTED of what is due."""
    content = _content(rules)
    return [content, *(_leftover(kind, leftovers.limit_of(kind, rules)) for kind in leftovers.DELETE)]


def _content(rules: Rules) -> Due:
    last = PurgeReport.objects.order_by("-pk").values_list("position", flat=True).first() or {}
    after = where_to_go_on(last, rules)
    now = timezone.now()
    limit = now - timedelta(days=rules.least_content_days)
    with connection.cursor() as cursor:
        cursor.execute(COMING_OF_AGE, [*after, limit, MOST_COUNTED])
        found = {pk for pk, _ in cursor.fetchall()}
        cursor.execute(DUE_AGAIN, [now, MOST_COUNTED])
        found |= {pk for (pk,) in cursor.fetchall()}
    keepers: list[Keeper | None] = [each.keeper(now) for each in judge(found, periods_of(rules))]
    return Due(Kind.CONTENT, keepers.count(None), more=len(found) >= MOST_COUNTED)


def _leftover(kind: Kind, before: datetime) -> Due:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 {COUNT[kind]} LIMIT %s) x", [before, MOST_COUNTED])  # noqa: S608
        count = int(cursor.fetchone()[0])
    return Due(kind, count, more=count == MOST_COUNTED)
