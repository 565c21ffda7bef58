"""The warning: a lane has work, and nobody could ever take it. Said once when that begins, and once when it ends.

A gap is a row (``CoverageGap``) while it lasts, which the admins' pages show; an Event ``lane.uncovered`` and then
``lane.covered``; and a webhook ``coverage.gap`` to each platform that has cases waiting there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from moderation import audit
from moderation.coverage.uncovered import Uncovered, uncovered
from moderation.coverage.waiting import lanes_as_arguments, waiting_in
from moderation.eligibility import loading
from moderation.eligibility.desk import LaneKey
from moderation.models import Case, CoverageGap, Item
from moderation.outbox import post
from moderation.outbox.posting import iso

# By the cases that wait longest in each lane: which platforms wait there, and the first case of each.
FIRST: Final = 100
PLATFORMS: Final = """
SELECT DISTINCT ON (lane.place, item.platform_id) lane.place, item.platform_id, first.id
FROM unnest(%s::bigint[], %s::text[], %s::text[]) WITH ORDINALITY AS lane (queue_id, language, asked, place)
CROSS JOIN LATERAL (
    SELECT c.id, c.item_id, c.queued_at FROM moderation_case c
    WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
      AND c.requirements = lane.asked
    ORDER BY c.queued_at LIMIT %s
) AS first
JOIN moderation_item item ON item.id = first.item_id
ORDER BY lane.place, item.platform_id, first.queued_at
"""


def open_gaps() -> list[CoverageGap]:
    """The gaps that are open, oldest first. One statement, by the partial index of the open ones."""
    return list(
        CoverageGap.objects.filter(closed_at=None).select_related("queue").order_by("opened_at", "pk")
    )


def lane_of(gap: CoverageGap) -> LaneKey:
    return LaneKey(gap.queue_id, gap.language, gap.requirements)


@transaction.atomic
def watch() -> int:
    """Open the gaps that there are, close those that are no more: a sweep (config/cron.py), and after each change
    of configuration. How many opened or closed; a constant number of statements where none does.
    """
    with connection.cursor() as cursor:
        # One at a time: two that look at once would both tell of the same.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('coverage', 0))")
    desk = loading.load(timezone.now())
    found = {each.lane: each for each in uncovered(desk, waiting_in(desk.lanes, most=1))}
    rows = {lane_of(gap): gap for gap in open_gaps()}
    closed = [rows.pop(lane) for lane in rows.keys() - found.keys()]
    for gap in closed:
        _close(gap)
    opened = [each for lane, each in found.items() if lane not in rows]
    rows |= {each.lane: _open(each) for each in opened}
    _tell_who_waits(rows, found)
    return len(closed) + len(opened)


def _open(found: Uncovered) -> CoverageGap:
    queue, language, requirements = found.lane
    gap = CoverageGap.objects.create(queue_id=queue, language=language, requirements=requirements)
    audit.record("lane.uncovered", audit.SYSTEM, **_in_short(gap), why=found.missing.why)
    return gap


def _close(gap: CoverageGap) -> None:
    gap.closed_at = timezone.now()
    gap.save(update_fields=["closed_at"])
    audit.record("lane.covered", audit.SYSTEM, **_in_short(gap))
    for item in Item.objects.filter(pk__in=gap.told).order_by("pk"):
        post("coverage.gap", item, _message(gap))


def _tell_who_waits(gaps: Mapping[LaneKey, CoverageGap], found: Mapping[LaneKey, Uncovered]) -> None:
    """Tell each platform with cases waiting in a gap, once: also one whose first case came while it was open."""
    if not gaps:
        return
    lanes = list(gaps)
    with connection.cursor() as cursor:
        cursor.execute(PLATFORMS, [*lanes_as_arguments(lanes), FIRST])
        waiting = [(gaps[lanes[place - 1]], platform, case) for place, platform, case in cursor.fetchall()]
    told_items = Item.objects.filter(pk__in=[item for gap in gaps.values() for item in gap.told])
    platform_of = dict(told_items.values_list("pk", "platform_id"))
    owed = [
        (gap, case)
        for gap, platform, case in waiting
        if platform not in {platform_of.get(item) for item in gap.told}
    ]
    cases = Case.objects.select_related("item").in_bulk([case for _, case in owed]) if owed else {}
    for gap, case_id in owed:
        case = cases[case_id]
        since = iso(found[lane_of(gap)].oldest)
        post("coverage.gap", case.item, _message(gap) | {"waiting_since": since, "case_id": case.pk})
        gap.told.append(case.item_id)
        gap.save(update_fields=["told"])


def _in_short(gap: CoverageGap) -> dict[str, Any]:
    """For the audit trail."""
    return {
        "gap": gap.pk,
        "queue": gap.queue.slug,
        "language": gap.language,
        "requirements": gap.requirements,
    }


def _message(gap: CoverageGap) -> dict[str, Any]:
    """The webhook's data, as docs/webhooks.md has it."""
    return {
        "gap_id": str(gap.pk),
        "queue": gap.queue.slug,
        "language": gap.language,
        "opened_at": iso(gap.opened_at),
        "closed_at": iso(gap.closed_at) if gap.closed_at else None,
    }
