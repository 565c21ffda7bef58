"""Coverage, the admins' way into routing: gaps first, then languages by queues and languages by hours of the week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Clearance
from moderation import languages
from moderation.console.request import moderator
from moderation.coverage.gaps import lane_of, open_gaps
from moderation.coverage.hours import HOURS, monday_of, weeks
from moderation.coverage.matrix import Row, Staffing, all_languages, cleared_for, matrix, queues_by_name
from moderation.coverage.risks import paused, risks
from moderation.coverage.uncovered import Missing, uncovered
from moderation.coverage.waiting import Waiting, waiting_in
from moderation.eligibility import loading
from moderation.eligibility.desk import Desk, LaneKey
from moderation.templatetags.desk import in_words

SHOWN: Final = {
    "all": _("All languages"),
    "work": _("With work"),
    "gaps": _("With gaps"),
}
# How far one can leaf from this week, so that no address asks for the year 9999.
MOST_WEEKS: Final = 52


@dataclass(frozen=True)
class ShownGap:
    """A gap with what waits in it. ``opened_at`` is when it was warned of; None where it is younger than a sweep."""

    lane: LaneKey
    queue_name: str
    waiting: Waiting
    missing: Missing
    clearances: tuple[str, ...]
    opened_at: datetime | None


def coverage(request: HttpRequest) -> HttpResponse:
    """A constant number of statements, whatever the number of lanes and however much waits.

    With ``?case=`` it leads to why that case is where it is.
    """
    number = request.GET.get("case", "").strip()
    if number.isdecimal() and len(number) < 19:
        return redirect("explain-case", int(number))
    desk = loading.current()
    waiting = waiting_in(desk.lanes)
    gaps = _gaps(desk, waiting)
    lanes = {gap.lane for gap in gaps}
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "all"
    rows = matrix(desk, waiting, lanes)
    context = _filtered(request, [row.language for row in rows]) | {
        "gaps": gaps,
        "risks": [(risk, desk.queues[risk.lane.queue].name) for risk in risks(desk, waiting, lanes)],
        "paused": [(each, desk.queues[each.queue].name) for each in paused(desk, waiting)],
        "queues": queues_by_name(desk),
        "show": show,
        "choices": SHOWN,
        "total": _total(waiting),
    }
    context["rows"] = [row for row in rows if _is_shown(row, show) and row.language in context["tags"]]
    return render(request, "moderation/coverage.html", context)


def coverage_hours(request: HttpRequest) -> HttpResponse:
    """The hours of one week, in the time zone of whoever looks; for all people, or for those that a queue lets in."""
    desk = loading.current()
    zone = ZoneInfo(moderator(request).time_zone)
    now = timezone.now().astimezone(zone)
    this_week = monday_of(now.date())
    monday = _week(request.GET.get("week", ""), this_week)
    queue = next((each for each in desk.queues.values() if each.slug == request.GET.get("queue")), None)
    among = cleared_for(desk, LaneKey(queue.id, "")) if queue else frozenset(desk.moderators)
    context = _filtered(request, sorted(all_languages(desk) - languages.SPECIAL))
    now_at = int((now.replace(tzinfo=None) - datetime.combine(monday, time())) / timedelta(hours=1))
    context |= {
        "weeks": weeks(desk, context["tags"], monday, zone, among),
        "zone": zone.key,
        "queue": queue,
        "queues": queues_by_name(desk),
        "monday": monday,
        "days": [monday + timedelta(days=day) for day in range(7)],
        "earlier": monday - timedelta(days=7) if monday > _first(this_week) else None,
        "later": monday + timedelta(days=7) if monday < _last(this_week) else None,
        "this_week": this_week,
        "now": now_at if 0 <= now_at < HOURS else None,
        "hours": range(HOURS),
        "HOURS": HOURS,
    }
    return render(request, "moderation/coverage_hours.html", context)


def _gaps(desk: Desk, waiting: Mapping[LaneKey, Waiting]) -> list[ShownGap]:
    opened = {lane_of(gap): gap.opened_at for gap in open_gaps()}
    names = dict(Clearance.objects.values_list("slug", "name"))
    return [
        ShownGap(
            lane=gap.lane,
            queue_name=desk.queues[gap.lane.queue].name,
            waiting=waiting[gap.lane],
            missing=gap.missing,
            clearances=tuple(names.get(slug, slug) for slug in gap.missing.clearances),
            opened_at=opened.get(gap.lane),
        )
        for gap in uncovered(desk, waiting)
    ]


def _filtered(request: HttpRequest, tags: list[str]) -> dict[str, Any]:
    """The languages whose tag or name, in any of the languages at hand, holds what was typed."""
    typed = request.GET.get("language", "").strip()[:80]
    wanted = typed.casefold()
    return {
        "typed": typed,
        "of": len(tags),
        "tags": [
            tag
            for tag in tags
            if any(
                wanted in name.casefold()
                for name in (tag, languages.endonym(tag), languages.english_name(tag), in_words(tag))
            )
        ],
    }


def _is_shown(row: Row, show: str) -> bool:
    if show == "gaps":
        return row.worst == Staffing.GAP
    return show == "all" or row.waiting is not None


def _total(waiting: Mapping[LaneKey, Waiting]) -> dict[str, Any]:
    """The figures over everything that waits. ``more``: one lane at least was not counted to its end."""
    return {
        "waiting": sum(each.waiting for each in waiting.values()),
        "due_soon": sum(each.due_soon for each in waiting.values()),
        "missed": sum(each.missed for each in waiting.values()),
        "oldest": min((each.oldest for each in waiting.values()), default=None),
        "more": any(each.more for each in waiting.values()),
    }


def _week(typed: str, this_week: date) -> date:
    """The Monday of the week asked for; this week's where there is none such, or it is too far away."""
    try:
        monday = monday_of(date.fromisoformat(typed))
    except (ValueError, OverflowError):
        return this_week
    return monday if _first(this_week) <= monday <= _last(this_week) else this_week


def _first(this_week: date) -> date:
    return this_week - timedelta(weeks=MOST_WEEKS)


def _last(this_week: date) -> date:
    return this_week + timedelta(weeks=MOST_WEEKS)
