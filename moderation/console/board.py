"""The board: what waits for her, what she holds, and the one key to the next case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import User
from moderation import plugins
from moderation.console.request import moderator
from moderation.models import Case
from moderation.queueing.board import LaneCounts, held_by, lane_counts

# A shift, wherever she is: "today" would begin in the middle of somebody's night.
SHIFT: Final = timedelta(hours=12)

# Each of her decisions with the claim before it. Reads her latest thousand by their index: more than a shift holds.
DONE = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.decided_at - claim.at))
FROM (
    SELECT case_id, decided_by_id, decided_at FROM moderation_decision
    WHERE decided_by_id = %s ORDER BY id DESC LIMIT 1000
) AS d
LEFT JOIN LATERAL (
    SELECT e.at FROM moderation_event e
    WHERE e.case_id = d.case_id AND e.kind = 'case.claimed' AND e.actor_id = d.decided_by_id
    ORDER BY e.id DESC LIMIT 1
) AS claim ON true
WHERE d.decided_at > %s
"""


@dataclass(frozen=True)
class Done:
    """What she decided within SHIFT, and how long half of it took her at most."""

    count: int
    median: timedelta | None


def board(request: HttpRequest) -> HttpResponse:
    return render(request, "moderation/board.html", figures(moderator(request)))


def board_figures(request: HttpRequest) -> HttpResponse:
    """The part of the board that changes, which its script asks for again."""
    return render(request, "moderation/_board.html", figures(moderator(request)))


def figures(user: User) -> dict[str, Any]:
    """The context of the board. A constant number of statements, however many lanes and however much waits."""
    counts = lane_counts(user)
    waiting = [each for each in counts if each.waiting]
    return {
        "lanes": waiting,
        "quiet_lanes": [each for each in counts if not each.waiting],
        "total": sum(each.waiting for each in waiting),
        "more": any(each.more for each in waiting),
        "due_soon": sum(each.due_soon for each in waiting),
        "oldest": _oldest(waiting),
        "held": live(held_by(user)),
        "paused": [each for found in plugins.manager().hook.waits_for(moderator=user) for each in found],
        "done": done(user),
    }


def live(cases: list[Case]) -> list[Case]:
    """Those whose lease has not run out; the others are on their way back to their lanes."""
    now = timezone.now()
    return [case for case in cases if case.lease_until is not None and case.lease_until > now]


def done(user: User) -> Done:
    with connection.cursor() as cursor:
        cursor.execute(DONE, [user.pk, timezone.now() - SHIFT])
        count, median = cursor.fetchone()
    return Done(count, None if median is None else timedelta(seconds=float(median)))


def _oldest(lanes: list[LaneCounts]) -> datetime | None:
    return min((each.oldest for each in lanes if each.oldest), default=None)
