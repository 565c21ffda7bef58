"""Who may take what, once more: slowly, case by case, from the words of the documentation alone.

It shares no code with ``moderation.eligibility``, the claim or the tables: whatever the two agree on is not an error
that one copied from the other. Times are in seconds, counted from the moment of the world.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import langcodes

DAY = 24 * 60 * 60
WEEK = 7 * DAY


@dataclass(frozen=True)
class StepOf:
    """A language step: from so many minutes of waiting on, for readers of that level."""

    after_minutes: int
    level: int
    reads: str = "language"
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkillOf:
    tag: str
    level: int
    scripts: tuple[str, ...] = ()
    certified_until: date | None = None


@dataclass(frozen=True)
class ShiftOf:
    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True)
class Person:
    """A moderator. ``absences`` are pairs of moments; ``member_of`` are places in the world's queues."""

    skills: tuple[SkillOf, ...] = ()
    clearances: frozenset[str] = frozenset()
    member_of: frozenset[int] = frozenset()
    time_zone: str = "UTC"
    shifts: tuple[ShiftOf, ...] = ()
    absences: tuple[tuple[datetime, datetime], ...] = ()
    active: bool = True


@dataclass(frozen=True)
class QueueOf:
    steps: tuple[StepOf, ...]
    clearances: frozenset[str] = frozenset()
    members_only: bool = False
    paused: bool = False


@dataclass(frozen=True)
class GrantOf:
    """``person`` is a place in the world's people, None for everybody who reads ``reads``."""

    reads: str
    may_take: str
    most_level: int
    person: int | None = None


@dataclass(frozen=True)
class CaseOf:
    """A case of the queue at place ``queue``. ``clearances`` and ``steps`` are what its rule asks besides, ``also`` the
    languages that are read besides its own.

    ``excluded`` is person → seconds for which it lasts from now on, None for good.
    """

    queue: int
    language: str
    priority: int = 0
    due_in: int = 0
    waited: int = 0
    status: str = "queued"
    clearances: frozenset[str] = frozenset()
    steps: tuple[StepOf, ...] = ()
    also: tuple[str, ...] = ()
    excluded: dict[int, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """The desk at one moment. Cases in the order in which they were made."""

    moment: datetime
    people: tuple[Person, ...]
    queues: tuple[QueueOf, ...]
    cases: tuple[CaseOf, ...]
    grants: tuple[GrantOf, ...] = ()
    translates: bool = False


@dataclass(frozen=True)
class Entry:
    """How somebody comes to a case: by which step, from 1 (0 where it needs no language), and when that opened."""

    step: int
    opened_after: int
    reads: str = "language"
    actions: tuple[str, ...] = ()


def takes_next(world: World, place: int, gone: set[int]) -> tuple[int, Entry] | None:
    """The case that the person at ``place`` is given when she asks, of those not ``gone``; None where there is none."""
    order = sorted(
        range(len(world.cases)), key=lambda n: (-world.cases[n].priority, world.cases[n].due_in, n)
    )
    for number in order:
        if number not in gone and (entry := may_take(world, place, world.cases[number])) is not None:
            return number, entry
    return None


def may_take(world: World, place: int, case: CaseOf) -> Entry | None:
    """Whether the person at ``place`` may take a case now, and how she comes to it."""
    if case.status != "queued":
        return None
    if place in case.excluded and (case.excluded[place] is None or (case.excluded[place] or 0) > 0):
        return None
    for entry in _entries(world, place, case):
        if case.waited >= entry.opened_after:
            return entry
    return None


def on_shift(person: Person, moment: datetime) -> bool:
    """Whether she works at that moment, by the clock on her wall."""
    if not person.active:
        return False
    for starts, ends in person.absences:
        if starts <= moment < ends:
            return False
    if not person.shifts:
        return True
    local = moment.astimezone(ZoneInfo(person.time_zone))
    now = local.weekday() * DAY + _seconds(local.time())
    for shift in person.shifts:
        lasts = (_seconds(shift.ends) - _seconds(shift.starts)) % DAY or DAY
        if (now - shift.weekday * DAY - _seconds(shift.starts)) % WEEK < lasts:
            return True
    return False


@cache
def reads(skill: str, content: str) -> bool:
    """Whether a reader of ``skill`` uses ``content``: CLDR's distance in that direction, up to 10."""
    return langcodes.tag_distance(skill, content) <= 10


def written_in(tag: str, script: str) -> str:
    """The tag with another script: ``zh-Hant-TW`` in ``Hans`` is ``zh-Hans-TW``."""
    language, *others = tag.split("-")
    return "-".join([language, script, *(each for each in others if len(each) != 4)])


def _entries(world: World, place: int, case: CaseOf) -> list[Entry]:
    """Her ways to a case, the narrowest step first, whether they are open by now or not."""
    person, queue = world.people[place], world.queues[case.queue]
    if not _allowed(world, person, queue, case):
        return []
    if case.language in ("und", "mul", "zxx"):
        return [Entry(0, 0)]
    steps = case.steps or queue.steps
    staffed = [
        any(
            on_shift(other, world.moment)
            and _allowed(world, other, queue, case)
            and any(_lets_in(world, n, step, case.language) for step in steps[: reached + 1])
            for n, other in enumerate(world.people)
        )
        for reached in range(len(steps))
    ]
    entries = []
    for number, step in enumerate(steps):
        if not _lets_in(world, place, step, case.language):
            continue
        # The steps before it are skipped where nobody on shift could take by them, but somebody by a later one.
        skipped = any(staffed) and not any(staffed[:number])
        opens = steps[0] if skipped else step
        entries.append(Entry(number + 1, opens.after_minutes * 60, step.reads, step.actions))
    return entries


def _allowed(world: World, person: Person, queue: QueueOf, case: CaseOf) -> bool:
    """Everything but the language of the case: what never relaxes. A second language is read at level 3 or better."""
    return (
        person.active
        and not queue.paused
        and (queue.clearances | case.clearances) <= person.clearances
        and (not queue.members_only or case.queue in person.member_of)
        and all(max(_levels(world, person, tag), default=0) >= 3 for tag in case.also)
    )


def _lets_in(world: World, place: int, step: StepOf, language: str) -> bool:
    if step.reads == "any":
        return world.translates
    person = world.people[place]
    if any(level >= step.level for level in _levels(world, person, language)):
        return True
    return step.reads == "close" and any(
        min(level, grant.most_level) >= step.level
        for grant in world.grants
        if grant.person in (None, place) and reads(grant.may_take, language)
        for level in _levels(world, person, grant.reads)
    )


def _levels(world: World, person: Person, language: str) -> list[int]:
    """The levels of those of her skills that reach a language and still count."""
    return [
        skill.level
        for skill in person.skills
        if skill.certified_until is None or world.moment.date() <= skill.certified_until
        if any(
            reads(tag, language) for tag in [written_in(skill.tag, s) for s in skill.scripts] or [skill.tag]
        )
    ]


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second
