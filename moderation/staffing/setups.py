"""A person as admins set her up, as one value: read from the tables for any number of people at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone

from accounts.models import Absence, LanguageSkill, Role, Shift, User
from moderation.eligibility import loading
from moderation.eligibility.people import Hours, Skill
from moderation.foresight.change import PersonChange


@dataclass(frozen=True)
class SkillSetup:
    """A language skill. ``tag`` is normalised; ``scripts`` are ISO 15924, empty for the tag's own."""

    tag: str
    level: int
    scripts: tuple[str, ...] = ()
    certified_by: str = ""
    certified_until: date | None = None

    @property
    def as_counted(self) -> Skill:
        """As eligibility counts it."""
        return loading.skill_of(row_of(0, self))


@dataclass(frozen=True)
class AbsenceSetup:
    """A time away, in UTC, up to and without ``ends_at``."""

    starts_at: datetime
    ends_at: datetime
    note: str = ""


@dataclass(frozen=True)
class PersonSetup:
    """All that admins decide about a person, but for grants and the queues that she is a member of.

    ``clearances`` are slugs. ``absences`` are those that have not ended: what is past stays as it was.
    """

    name: str
    role: str = Role.MODERATOR
    active: bool = True
    time_zone: str = "UTC"
    clearances: frozenset[str] = frozenset()
    skills: tuple[SkillSetup, ...] = ()
    hours: tuple[Hours, ...] = ()
    absences: tuple[AbsenceSetup, ...] = ()

    def skill(self, tag: str) -> SkillSetup | None:
        return next((each for each in self.skills if each.tag == tag), None)

    def with_skill(self, skill: SkillSetup) -> PersonSetup:
        """With that skill, in place of the one in the same language."""
        others = (each for each in self.skills if each.tag != skill.tag)
        return replace(self, skills=tuple(sorted((*others, skill), key=lambda each: each.tag)))

    def without_skill(self, tag: str) -> PersonSetup:
        return replace(self, skills=tuple(each for each in self.skills if each.tag != tag))


@dataclass(frozen=True)
class Kept:
    """A person as she stands in the tables. ``version`` counts the changes to her setup."""

    id: int
    username: str
    version: int
    setup: PersonSetup

    @property
    def name(self) -> str:
        return self.setup.name or self.username


def kept(people: Iterable[User], now: datetime | None = None) -> dict[int, Kept]:
    """These people as they stand, by id, in the order given. Four statements, however many they are."""
    people = list(people)
    ids = [each.pk for each in people]
    skills: defaultdict[int, list[SkillSetup]] = defaultdict(list)
    for skill in LanguageSkill.objects.filter(moderator__in=ids).order_by("tag"):
        skills[skill.moderator_id].append(setup_of(skill))
    hours: defaultdict[int, list[Hours]] = defaultdict(list)
    for shift in Shift.objects.filter(moderator__in=ids).order_by("weekday", "starts"):
        hours[shift.moderator_id].append(Hours(shift.weekday, shift.starts, shift.ends))
    absences: defaultdict[int, list[AbsenceSetup]] = defaultdict(list)
    coming = Absence.objects.filter(moderator__in=ids, ends_at__gt=now or timezone.now())
    for absence in coming.order_by("starts_at", "ends_at"):
        absences[absence.moderator_id].append(AbsenceSetup(absence.starts_at, absence.ends_at, absence.note))
    clearances: defaultdict[int, list[str]] = defaultdict(list)
    holds = User.clearances.through.objects.filter(user__in=ids)
    for person, slug in holds.values_list("user_id", "clearance__slug"):
        clearances[person].append(slug)
    return {
        each.pk: Kept(
            id=each.pk,
            username=each.username,
            version=each.configuration_version,
            setup=PersonSetup(
                name=each.get_full_name(),
                role=each.role,
                active=each.is_active,
                time_zone=each.time_zone,
                clearances=frozenset(clearances[each.pk]),
                skills=tuple(skills[each.pk]),
                hours=tuple(hours[each.pk]),
                absences=tuple(absences[each.pk]),
            ),
        )
        for each in people
    }


def setup_of(row: LanguageSkill) -> SkillSetup:
    return SkillSetup(row.tag, row.level, tuple(row.scripts), row.certified_by, row.certified_until)


def row_of(person: int, skill: SkillSetup) -> LanguageSkill:
    """The unsaved row of a skill."""
    return LanguageSkill(
        moderator_id=person,
        tag=skill.tag,
        level=skill.level,
        scripts=list(skill.scripts),
        certified_by=skill.certified_by,
        certified_until=skill.certified_until,
    )


def as_change(person: int, setup: PersonSetup) -> PersonChange:
    """What it would be to set a person up so, for foreseeing."""
    return PersonChange(
        moderator=person,
        name=setup.name,
        skills=tuple(each.as_counted for each in setup.skills),
        clearances=setup.clearances,
        hours=setup.hours,
        absences=tuple((each.starts_at, each.ends_at) for each in setup.absences),
        active=setup.active,
        time_zone=setup.time_zone,
    )
