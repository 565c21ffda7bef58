"""The purge: once a day everything that has been kept for as long as it must be goes, in small batches.

Each batch is a short transaction that counts itself in the run's PurgeReport and says in it where to go on: a run that
is killed anywhere is gone on with, and its counts are true. One batch at a time, whichever worker makes it.

Content is looked at once when it may have come of age, in the order of its capture; what must stay for longer gets a
row of KeptLonger and is looked at again when that says so. So no run looks at all that is kept.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from moderation import audit, bells, partitions
from moderation.models import KeptLonger, PurgeReport
from moderation.retention import leftovers, rules
from moderation.retention.content import Redacted, redact
from moderation.retention.judging import periods_of
from moderation.retention.rules import BELL, Kind, Rules

BATCH: Final = 200
# One call works this long, in seconds, and then lets another job have the worker.
MOST_SECONDS: Final = 30.0
# What is held or open may be free at any time; what somebody was at work on, soon.
LOOK_AGAIN: Final = timedelta(days=1)
# The lock under which a batch is made.
PURGING: Final = 8_520_340

COMING_OF_AGE: Final = """
SELECT id, captured_at FROM moderation_snapshot
WHERE purged_at IS NULL AND (captured_at, id) > (%s, %s) AND captured_at <= %s
ORDER BY captured_at, id LIMIT %s
"""
DUE_AGAIN: Final = """
SELECT snapshot_id FROM moderation_keptlonger WHERE look_again_at <= %s ORDER BY look_again_at LIMIT %s
"""
FIRST: Final = ["0001-01-01T00:00:00+00:00", 0]
STAGES: Final = ("content", "again", *leftovers.DELETE, "partitions")


def purge_due() -> int:
    """Begin a run, or go on with the one that was begun, until it is finished or MOST_SECONDS have passed.

    How many batches were made. Rung for when the rules change, and daily (config/cron.py).
    """
    until = time.monotonic() + MOST_SECONDS
    batches = 0
    if not _begin():
        return batches
    while _batch():
        batches += 1
        if time.monotonic() > until:
            bells.work_waits(BELL)
            break
    return batches


@transaction.atomic
def _begin() -> bool:
    """See that there is a run to work on; False where another worker is at it."""
    if not _my_turn():
        return False
    if not PurgeReport.objects.filter(finished_at=None).exists():
        last = PurgeReport.objects.order_by("-pk").values_list("position", flat=True).first() or {}
        PurgeReport.objects.create(position=last | {"stage": STAGES[0]})
    return True


@transaction.atomic
def _batch() -> bool:
    """Make one batch of the run that was begun; False where there is none, or another worker is at it."""
    report = PurgeReport.objects.filter(finished_at=None).order_by("pk").first() if _my_turn() else None
    if report is None:
        return False
    stage, in_force = report.position["stage"], rules.in_force()
    if stage == "content":
        more = _content(report, in_force)
    elif stage == "again":
        more = _again(report, in_force)
    elif stage == "partitions":
        partitions.drop_empty("moderation_deliveryattempt", leftovers.limit_of(Kind.DELIVERIES, in_force))
        more = False
    else:
        more = _leftovers(report, Kind(stage), in_force)
    if not more:
        _next_stage(report, stage)
    report.save()
    return True


def _my_turn() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [PURGING])
        return bool(cursor.fetchone()[0])


def _next_stage(report: PurgeReport, stage: str) -> None:
    if stage == STAGES[-1]:
        report.finished_at = timezone.now()
        audit.record("retention.run_finished", audit.SYSTEM, report=report.pk, **_told(report))
    else:
        report.position["stage"] = STAGES[STAGES.index(stage) + 1]


def _content(report: PurgeReport, in_force: Rules) -> bool:
    """What may have come of age since the last run; all there is, where the rules have changed since."""
    position = report.position
    after = where_to_go_on(position, in_force)
    position |= {"rules": in_force.version, "after": after}
    limit = timezone.now() - timedelta(days=in_force.least_content_days)
    with connection.cursor() as cursor:
        cursor.execute(COMING_OF_AGE, [*after, limit, BATCH])
        found: list[tuple[int, datetime]] = cursor.fetchall()
    if found:
        _redact(report, [pk for pk, _ in found], in_force)
        last, captured_at = found[-1]
        position["after"] = [captured_at.isoformat(), last]
    return len(found) == BATCH


def where_to_go_on(position: Mapping[str, Any], in_force: Rules) -> list[Any]:
    """The capture (when, id) that was looked at last under the rules in force."""
    return list(position["after"]) if position.get("rules") == in_force.version else list(FIRST)


def _again(report: PurgeReport, in_force: Rules) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(DUE_AGAIN, [timezone.now(), BATCH])
        found = [pk for (pk,) in cursor.fetchall()]
    if found:
        _redact(report, found, in_force)
    # Accounts may have become due with the last of their works, in this batch too.
    return bool(found)


def _redact(report: PurgeReport, snapshots: list[int], in_force: Rules) -> None:
    done = redact(snapshots, periods_of(in_force))
    _keep(done, snapshots)
    _count(report, done.counts, {"content": done.held(timezone.now())})


def _keep(done: Redacted, asked: list[int]) -> None:
    """Note when to look again at what stays."""
    tomorrow = timezone.now() + LOOK_AGAIN
    look_again = {each.snapshot: max(each.until, tomorrow) for each in done.kept}
    look_again |= dict.fromkeys(done.busy, tomorrow)
    KeptLonger.objects.bulk_create(
        [KeptLonger(snapshot_id=pk, look_again_at=at) for pk, at in look_again.items()],
        update_conflicts=True,
        unique_fields=["snapshot"],
        update_fields=["look_again_at"],
    )
    # An account is shown for as long as something it wrote is: look at it again in this run.
    KeptLonger.objects.filter(pk__in=done.authors).update(look_again_at=timezone.now())
    # The rest is gone: in this batch, or by an erasure.
    KeptLonger.objects.filter(pk__in=set(asked) - look_again.keys()).delete()


def _leftovers(report: PurgeReport, kind: Kind, in_force: Rules) -> bool:
    done = leftovers.delete(kind, in_force)
    _count(report, {kind.value: done.gone}, {kind.value: done.held})
    return done.more


def _count(report: PurgeReport, purged: Mapping[str, int], held: Mapping[str, int]) -> None:
    report.purged = dict(Counter(report.purged) + Counter(purged))
    report.held = dict(Counter(report.held) + Counter(held))
    if gone := {name: count for name, count in purged.items() if count}:
        audit.record("retention.purged", audit.SYSTEM, report=report.pk, purged=gone)


def _told(report: PurgeReport) -> dict[str, Any]:
    return {"purged": report.purged, "held": report.held}
