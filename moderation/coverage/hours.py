"""Coverage by languages and the 168 hours of a week: how many people at B2 or better are on shift. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from accounts.models import SUFFICIENT
from moderation import languages
from moderation.eligibility.desk import Desk
from moderation.foresight.rota import on_shift_between

HOURS: Final = 168


@dataclass(frozen=True)
class Stretch:
    """Hours of one day in a row with the same number of people. ``start`` counts from the week's first hour, 0."""

    start: int
    hours: int
    people: int


@dataclass(frozen=True)
class Week:
    """A language's week. ``without`` is how many of its hours have nobody."""

    language: str
    stretches: tuple[Stretch, ...]
    people: int

    @property
    def without(self) -> int:
        return sum(each.hours for each in self.stretches if not each.people)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks(desk: Desk, tags: Iterable[str], monday: date, zone: ZoneInfo, among: frozenset[int]) -> list[Week]:
    """Each language's week from that Monday's midnight in a time zone, who has most hours without anybody first.

    Somebody counts in an hour if she is on shift for the whole of it. Only people of ``among`` count.
    """
    on_shift = _on_shift(desk, monday, zone)
    found = [_week(desk, tag, on_shift, among) for tag in tags if tag not in languages.SPECIAL]
    return sorted(found, key=lambda week: (-week.without, languages.english_name(week.language)))


def _week(desk: Desk, language: str, on_shift: list[set[int]], among: frozenset[int]) -> Week:
    readers = desk.sufficient(language, SUFFICIENT) & among
    counts = [len(readers & on) for on in on_shift]
    stretches, start = [], 0
    for (_, people), hours in groupby(enumerate(counts), key=lambda each: (each[0] // 24, each[1])):
        length = len(list(hours))
        stretches.append(Stretch(start, length, people))
        start += length
    return Week(language, tuple(stretches), len(readers))


def _on_shift(desk: Desk, monday: date, zone: ZoneInfo) -> list[set[int]]:
    """For each hour of the week who is on shift for the whole of it."""
    midnight = datetime.combine(monday, time())
    # By the clock on the wall: where it is put forward, one hour of these has no length.
    bounds = [
        (midnight + timedelta(hours=hour)).replace(tzinfo=zone).astimezone(UTC) for hour in range(HOURS + 1)
    ]
    found: list[set[int]] = [set() for _ in range(HOURS)]
    for moderator in desk.moderators.values():
        for start, end in on_shift_between(moderator, bounds[0], bounds[-1]):
            for hour in range(bisect_left(bounds, start), bisect_right(bounds, end) - 1):
                found[hour].add(moderator.id)
    return found
