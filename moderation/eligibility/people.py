"""A moderator as eligibility sees her: what she reads, what she is cleared for, when she works. Pure; no tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from moderation import languages


@dataclass(frozen=True)
class Skill:
    """A language that she reads. ``tags`` has one tag for each script that she reads it in."""

    tag: str
    level: int
    tags: tuple[str, ...]
    certified_until: date | None = None

    def counts_on(self, day: date) -> bool:
        return self.certified_until is None or day <= self.certified_until


@dataclass(frozen=True)
class Grant:
    """Who reads ``reads`` may take ``may_take``, at ``most_level`` at most. ``moderator`` None: everybody."""

    reads: str
    may_take: str
    most_level: int
    moderator: int | None = None


@dataclass(frozen=True)
class Hours:
    """A weekly shift: ``ends`` at or before ``starts`` is on the next day."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True)
class Moderator:
    """Everything about a person that decides what she may take. ``active`` is whether she can sign in at all."""

    id: int
    name: str
    skills: tuple[Skill, ...] = ()
    clearances: frozenset[str] = frozenset()
    member_of: frozenset[int] = frozenset()
    time_zone: str = "UTC"
    hours: tuple[Hours, ...] = ()
    absences: tuple[tuple[datetime, datetime], ...] = ()
    active: bool = True

    def on_shift(self, at: datetime) -> bool:
        """Whether she works at that moment. Who keeps no rota works at any hour that she is not absent."""
        if not self.active or any(start <= at < end for start, end in self.absences):
            return False
        if not self.hours:
            return True
        local = at.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)
        return any(_within(shift, local) for shift in self.hours)


@dataclass(frozen=True)
class Reading:
    """By which skill she reads a language: hers, or hers and a grant (``granted``), and how well."""

    skill: str = ""
    level: int = 0
    granted: bool = field(default=False, compare=False)


def reads_itself(moderator: Moderator, language: str, day: date) -> Reading | None:
    """Her best reading of a language by matching alone; None where she does not read it."""
    return max(
        (
            Reading(skill.tag, skill.level)
            for skill in moderator.skills
            if skill.counts_on(day) and any(languages.readable(tag, language) for tag in skill.tags)
        ),
        key=_best,
        default=None,
    )


def reads_by_grant(
    moderator: Moderator, language: str, grants: tuple[Grant, ...], day: date
) -> Reading | None:
    """Her best reading of a language by a grant; None where no grant leads from her skills to it."""
    return max(
        (
            Reading(skill.tag, min(skill.level, grant.most_level), granted=True)
            for grant in grants
            if grant.moderator in (None, moderator.id) and languages.readable(grant.may_take, language)
            for skill in moderator.skills
            if skill.counts_on(day) and any(languages.readable(tag, grant.reads) for tag in skill.tags)
        ),
        key=_best,
        default=None,
    )


def _best(reading: Reading) -> tuple[int, str]:
    return reading.level, reading.skill


def _within(shift: Hours, local: datetime) -> bool:
    """Whether a wall-clock time lies in this week's or last week's run of a shift."""
    for days in (0, 1):
        begins = datetime.combine(local.date() - timedelta(days=days), shift.starts)
        if begins.weekday() != shift.weekday:
            continue
        ends = datetime.combine(begins.date(), shift.ends)
        if ends <= begins:
            ends += timedelta(days=1)
        if begins <= local < ends:
            return True
    return False
