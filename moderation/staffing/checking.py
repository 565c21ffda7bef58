"""Whether a person may be set up so. Every way of writing asks this, whatever it has read before."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from django.utils.translation import gettext

from accounts.models import Level, Role, time_zones
from moderation import languages
from moderation.eligibility.people import Hours
from moderation.staffing import reading
from moderation.staffing.setups import AbsenceSetup, PersonSetup, SkillSetup

MOST_SKILLS: Final = 100
MOST_SHIFTS: Final = 42
MOST_ABSENCES: Final = 60
WEEK: Final = 7 * 24 * 60


@dataclass(frozen=True)
class Problem:
    """What is wrong with which part: ``what`` as in differences.Difference, and its place in its tuple, from 0."""

    what: str
    number: int
    field: str
    words: str


def problems(
    setup: PersonSetup, before: PersonSetup | None, *, clearances: Set[str], now: datetime, own: bool
) -> list[Problem]:
    """What forbids this setup. ``before`` is how she stands (None: she is new), ``own`` whether she asks herself."""
    return [
        *_person(setup, before, own),
        *(
            Problem("clearance", 0, "", gettext("There is no clearance “%(slug)s”") % {"slug": slug[:50]})
            for slug in sorted(setup.clearances - clearances)
        ),
        *_skills(setup.skills, before, now),
        *_hours(setup.hours),
        *_absences(setup.absences, before, now),
    ]


def _person(setup: PersonSetup, before: PersonSetup | None, own: bool) -> Iterator[Problem]:
    if len(setup.name) > 150 or any(unicodedata.category(char) == "Cc" for char in setup.name):
        yield Problem("name", 0, "", gettext("A name has at most 150 characters, in one line"))
    if setup.role not in Role.values:
        yield Problem("role", 0, "", gettext("There is no such role"))
    elif own and setup.role != Role.ADMIN:
        yield Problem("role", 0, "", gettext("You cannot take your own role away: ask another admin"))
    if own and not setup.active:
        yield Problem("active", 0, "", gettext("You cannot shut yourself out: ask another admin"))
    if setup.time_zone not in time_zones():
        yield Problem("time_zone", 0, "", gettext("This is not a time zone such as Asia/Bangkok"))


def _skills(skills: tuple[SkillSetup, ...], before: PersonSetup | None, now: datetime) -> Iterator[Problem]:
    if len(skills) > MOST_SKILLS:
        yield Problem("skill", 0, "tag", gettext("At most %(most)s languages") % {"most": MOST_SKILLS})
    seen: set[str] = set()
    for number, skill in enumerate(skills):
        if not is_normal(skill.tag):
            yield Problem("skill", number, "tag", gettext("This is not a language tag"))
            continue
        if skill.tag in seen:
            yield Problem("skill", number, "tag", gettext("“%(tag)s” is there twice") % {"tag": skill.tag})
        seen.add(skill.tag)
        if skill.level not in Level.values:
            yield Problem("skill", number, "level", gettext("A level from 1 to 5"))
        try:
            reading.scripts(" ".join(skill.scripts), skill.tag)
        except reading.Unreadable as error:
            yield Problem("skill", number, "scripts", str(error))
        if len(skill.certified_by) > reading.LONGEST_NAME:
            yield Problem("skill", number, "certified_by", gettext("At most 120 characters"))
        stood = before.skill(skill.tag) if before else None
        if skill.certified_until and skill.certified_until != (stood and stood.certified_until):
            if skill.certified_until < now.date():
                yield Problem(
                    "skill",
                    number,
                    "certified_until",
                    gettext("This date is past: it would count for nothing"),
                )
            elif skill.certified_until > reading.LATEST:
                yield Problem("skill", number, "certified_until", gettext("This date is too far away"))


def _hours(hours: tuple[Hours, ...]) -> Iterator[Problem]:
    if len(hours) > MOST_SHIFTS:
        yield Problem("hours", 0, "starts", gettext("At most %(most)s shifts a week") % {"most": MOST_SHIFTS})
        return
    taken = bytearray(WEEK)
    for number, each in enumerate(hours):
        if each.weekday not in range(7):
            yield Problem("hours", number, "weekdays", gettext("A day of the week"))
            continue
        minutes = list(_minutes(each))
        if any(taken[minute] for minute in minutes):
            yield Problem("hours", number, "starts", gettext("This overlaps another shift"))
        for minute in minutes:
            taken[minute] = 1


def _minutes(hours: Hours) -> Iterator[int]:
    """The minutes of the week, from Monday 0:00, that a shift covers."""
    start = hours.weekday * 1440 + _minute(hours.starts)
    length = (_minute(hours.ends) - _minute(hours.starts)) % 1440 or 1440
    return (minute % WEEK for minute in range(start, start + length))


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _absences(
    absences: tuple[AbsenceSetup, ...], before: PersonSetup | None, now: datetime
) -> Iterator[Problem]:
    if len(absences) > MOST_ABSENCES:
        yield Problem(
            "absence", 0, "starts_at", gettext("At most %(most)s absences") % {"most": MOST_ABSENCES}
        )
    stood = before.absences if before else ()
    seen: set[datetime] = set()
    for number, each in enumerate(absences):
        if each.ends_at <= each.starts_at:
            yield Problem("absence", number, "ends_at", gettext("It ends before it starts"))
        elif each not in stood and each.ends_at <= now:
            yield Problem("absence", number, "ends_at", gettext("This is past"))
        elif (
            each.ends_at - each.starts_at > timedelta(days=3 * 366) or each.ends_at.year > reading.LATEST.year
        ):
            yield Problem(
                "absence", number, "ends_at", gettext("At most three years: switch off her sign-in instead")
            )
        if each.starts_at in seen:
            yield Problem("absence", number, "starts_at", gettext("Another absence starts at the same time"))
        seen.add(each.starts_at)
        if len(each.note) > 200:
            yield Problem("absence", number, "note", gettext("At most 200 characters"))


def is_normal(tag: str) -> bool:
    """Whether this is the tag of a language that somebody can read, as it is kept."""
    try:
        return languages.normalise(tag) == tag and tag not in languages.SPECIAL
    except languages.UnknownLanguage:
        return False
