"""Today's configuration beside a proposed one: the recorded cases played through both, with the same luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext

from moderation.eligibility import loading
from moderation.eligibility.desk import Asked, Desk, LaneKey
from moderation.foresight import placed, recorded
from moderation.foresight.change import BadChange, Change, apply, new_absences
from moderation.foresight.figures import LaneFigures, Simulated
from moderation.foresight.placed import Order, Placed
from moderation.foresight.recorded import HandleTimes, Recorded
from moderation.foresight.simulation import Arrival, simulate
from moderation.models import Case

# More would keep a worker for too long.
MOST_CASES: Final = 200_000
WEEK: Final = timedelta(days=7)

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Scene:
    """What is played: the cases with their lanes under a configuration, which ``desk`` is."""

    desk: Desk
    arrivals: Sequence[Arrival]


def compare(
    change: Change, days: int, until: datetime, seed: int, progress: Progress = lambda share: None
) -> dict[str, Any]:
    """What both configurations make of the cases that came in the days before ``until``, as JSON for ``Foresight``.

    ``{"start", "seconds", "cases", "handled", "lanes": [{"queue", "language", "asks", "today", "proposed"}…], "people":
    [{"name", "today", "proposed"}…]}``: times in ISO 8601 and seconds, figures as in LaneFigures, a person's share of
    her time on shift that she worked. The same cases, configuration, ``until`` and ``seed`` give the same. ``progress``
    is told the share that is done, and may raise to stop it. Raises BadChange.
    """
    came = Case.objects.filter(queued_at__gte=until - timedelta(days=days), queued_at__lt=until).count()
    if came > MOST_CASES:
        words = gettext(
            "%(cases)s cases came in these days; at most %(most)s can be simulated. Choose fewer days."
        )
        raise BadChange(words % {"cases": came, "most": MOST_CASES})
    progress(0.01)
    cases = recorded.arrivals(days, until)
    progress(0.05)
    today, proposed, start = _scenes(change, cases, days, until)
    progress(0.1)
    handles = HandleTimes.of(cases)
    seconds = days * 86_400.0

    def play(scene: Scene, begin: float, end: float) -> Simulated:
        return simulate(
            scene.desk,
            scene.arrivals,
            handles,
            start=start,
            seconds=seconds,
            seed=seed,
            progress=lambda share: progress(begin + (end - begin) * share),
        )

    return {
        "start": start.isoformat(),
        "seconds": seconds,
        "cases": len(cases),
        "handled": len(handles.overall),
        **_side_by_side(play(today, 0.1, 0.55), play(proposed, 0.55, 1.0), today.desk, proposed.desk),
    }


def begins_at(change: Change, before: Desk, days: int, until: datetime) -> datetime:
    """The moment of the coming weeks at which the recorded days begin: whole weeks on, so that weekdays stay.

    The first such moment that is not past; with a new absence, the first from which the days reach it.
    """
    start = until - timedelta(days=days)
    absence = min((begin for begin, _ in new_absences(change, before)), default=until)
    while start < until or start + timedelta(days=days) <= absence:
        start += WEEK
    return start


def _scenes(
    change: Change, cases: Sequence[Recorded], days: int, until: datetime
) -> tuple[Scene, Scene, datetime]:
    before = loading.load(until)
    start = begins_at(change, before, days, until)
    asked: Mapping[str, Asked] = {}
    today = proposed = {each.case: Placed(each.lane, each.priority, each.due_at) for each in cases}
    if change.reroutes:
        orders = [Order(None), Order(change)]
        today, proposed = placed.under(orders, [each.case for each in cases])
        asked = {**orders[0].requirements, **orders[1].requirements}
    before = replace(before, at=start, requirements={**before.requirements, **asked})
    since = until - timedelta(days=days)
    return (
        Scene(before, _arrivals(cases, today, since)),
        Scene(apply(before, change), _arrivals(cases, proposed, since)),
        start,
    )


def _arrivals(cases: Sequence[Recorded], under: Mapping[int, Placed], since: datetime) -> list[Arrival]:
    """The cases in the order in which they came, which is the same for both: each keeps its luck."""
    return [
        replace(each, lane=to.lane, priority=to.priority, due_at=to.due_at).as_arrival(since)
        for each in cases
        if (to := under.get(each.case)) is not None
    ]


def _side_by_side(today: Simulated, proposed: Simulated, before: Desk, after: Desk) -> dict[str, Any]:
    lanes: list[LaneKey] = sorted({*today.lanes, *proposed.lanes})
    people = sorted({*today.busy, *proposed.busy})
    return {
        "lanes": [
            {
                "queue": after.queues[lane.queue].name,
                "language": lane.language,
                "asks": sorted(after.requirements[lane.requirements].clearances),
                "own_steps": bool(after.requirements[lane.requirements].steps),
                "today": _figures(today.lanes.get(lane)),
                "proposed": _figures(proposed.lanes.get(lane)),
            }
            for lane in lanes
        ],
        "people": [
            {
                "name": (after.moderators.get(person) or before.moderators[person]).name,
                "today": _rounded(today.busy.get(person)),
                "proposed": _rounded(proposed.busy.get(person)),
            }
            for person in people
        ],
    }


def _figures(figures: LaneFigures | None) -> dict[str, Any] | None:
    return {name: _rounded(value) for name, value in asdict(figures).items()} if figures else None


def _rounded(value: float | None) -> float | None:
    return round(value, 3) if isinstance(value, float) else value
