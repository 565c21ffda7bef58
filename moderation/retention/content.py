"""Redacting content: the snapshots' text, media and metadata, and all that hangs on it. Digests and decisions stay.

What is about to go is locked first, so that a legal hold that is being placed is either seen or waits; the database
refuses it once more (migration 0015).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from moderation import plugins
from moderation.models import DetectorRun, Draft, Flag, Snapshot
from moderation.retention.judging import Judged, Keeper, Periods, judge

# FOR UPDATE keeps out a hold (migration 0022) and a new flag on the item. What somebody has locked is left.
LOCK: Final = """
SELECT id FROM moderation_item
WHERE id IN (SELECT item_id FROM moderation_snapshot WHERE id = ANY(%s))
ORDER BY id FOR UPDATE SKIP LOCKED
"""
EMPTY: Final[dict[str, Any]] = {
    "text": "",
    "url": "",
    "media": [],
    "display_name": "",
    "metadata": {},
    "parent": None,
}


@dataclass
class Redacted:
    """What a batch took away, by name, and what it had to leave. ``busy``: snapshots that somebody was at work on."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: list[Judged] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)
    # The captures of the accounts that wrote what went.
    authors: set[int] = field(default_factory=set)

    def held(self, now: datetime) -> int:
        return sum(each.keeper(now) == Keeper.HOLD for each in self.kept)


def redact(snapshots: Iterable[int], periods: Periods) -> Redacted:
    """Redact those of these snapshots that may go. Call it in a short transaction of its own.

    A dozen statements, and those of the hook ``purge``.
    """
    asked = set(snapshots)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(asked)])
        free = {pk for (pk,) in cursor.fetchall()}
    now = timezone.now()
    # Judged only now: what was committed before the lock was ours is seen.
    judged = judge(asked, periods)
    done = Redacted(busy={each.snapshot for each in judged if each.item not in free})
    mine = [each for each in judged if each.item in free]
    done.kept = [each for each in mine if each.keeper(now) is not None]
    going = [each for each in mine if each.keeper(now) is None]
    done.authors = {each.author for each in going if each.author}
    if going:
        _redact(going, now, done.counts)
    return done


def _redact(going: list[Judged], now: datetime, counts: Counter[str]) -> None:
    snapshots = [each.snapshot for each in going]
    cases = sorted({case for each in going for case in each.cases})
    counts["content"] += Snapshot.objects.filter(pk__in=snapshots).update(**EMPTY, purged_at=now)
    written = Flag.objects.filter(snapshot__in=snapshots).exclude(Q(evidence={}) & Q(metadata={}))
    counts["flags"] += written.update(evidence={}, metadata={})
    DetectorRun.objects.filter(snapshot__in=snapshots).update(saw={}, error="")
    counts["drafts"] += Draft.objects.filter(case__in=cases).delete()[0]
    for told in plugins.manager().hook.purge(cases=cases):
        counts.update(told)
