"""When each moderator comes on shift and goes off, and when certificates run out, over a stretch of time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from moderation.eligibility.people import Moderator

DAY = timedelta(days=1)


def on_shift_between(moderator: Moderator, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches from ``start`` (inclusive) to ``end`` (exclusive) in which she works, in order, none touching.

    ``Moderator.on_shift`` says it for one moment; it is asked once between every two moments at which it can change.
    """
    moments = sorted({start, end, *(each for each in _turns(moderator, start, end) if start < each < end)})
    found: list[tuple[datetime, datetime]] = []
    for here, there in pairwise(moments):
        if not moderator.on_shift(here):
            continue
        if found and found[-1][1] == here:
            found[-1] = (found[-1][0], there)
        else:
            found.append((here, there))
    return found


def certificates_run_out(moderator: Moderator, start: datetime, end: datetime) -> list[datetime]:
    """The midnights (UTC, by which a desk counts its days) within that time at which a skill stops counting."""
    midnights = {
        datetime.combine(skill.certified_until + DAY, time(), UTC)
        for skill in moderator.skills
        if skill.certified_until is not None
    }
    return sorted(each for each in midnights if start < each < end)


def _turns(moderator: Moderator, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every moment at which she may come or go; some of them she does not."""
    for begins, ends in moderator.absences:
        yield begins
        yield ends
    if not moderator.hours:
        return
    zone = ZoneInfo(moderator.time_zone)
    by_weekday: defaultdict[int, set[time]] = defaultdict(set)
    for shift in moderator.hours:
        by_weekday[shift.weekday].add(shift.starts)
        by_weekday[(shift.weekday + (shift.ends <= shift.starts)) % 7].add(shift.ends)
    day = start.astimezone(zone).date() - DAY
    while (midnight := datetime.combine(day, time(), zone)) <= end:
        for clock in by_weekday[day.weekday()]:
            # An hour that the clocks show twice holds the time twice.
            for fold in (0, 1):
                yield datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC)
        changed = _clocks_change(midnight.astimezone(UTC), zone)
        if changed is not None:
            yield changed
        day += DAY


def _clocks_change(midnight: datetime, zone: ZoneInfo) -> datetime | None:
    """The second of the day after ``midnight`` (UTC) at which a zone's clocks are put forward or back, if any."""
    before, after = midnight, midnight + DAY
    offset = before.astimezone(zone).utcoffset()
    if offset == after.astimezone(zone).utcoffset():
        return None
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after
