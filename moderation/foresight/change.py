"""A change of configuration that somebody thinks about: applied to a Desk, which is a value, and to nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from moderation.eligibility import steps as language_steps
from moderation.eligibility.desk import Asked, Desk, QueueSetup
from moderation.eligibility.people import Grant, Hours, Moderator, Skill
from moderation.eligibility.steps import Step
from moderation.routing.requirements import digest_of
from moderation.routing.written import read


class BadChange(ValueError):
    """A change that cannot be tried. Says why, in words."""


@dataclass(frozen=True)
class PersonChange:
    """What a person would be instead. None: as she is. ``moderator`` below 1 is somebody new, called ``name``."""

    moderator: int
    skills: tuple[Skill, ...] | None = None
    clearances: frozenset[str] | None = None
    hours: tuple[Hours, ...] | None = None
    absences: tuple[tuple[datetime, datetime], ...] | None = None
    active: bool | None = None
    time_zone: str | None = None
    member_of: frozenset[int] | None = None
    name: str = ""


@dataclass(frozen=True)
class QueueChange:
    """What a queue would be instead. None: as it is. ``sla_minutes`` is by severity, ``{"5": 15}``."""

    queue: int
    steps: tuple[Step, ...] | None = None
    clearances: frozenset[str] | None = None
    members_only: bool | None = None
    paused: bool | None = None
    sla_minutes: dict[str, int] | None = None


@dataclass(frozen=True)
class Change:
    """Everything that would change at once. ``what`` says it in words, ``rules`` is the export's form of them all."""

    what: str
    rules: list[dict[str, Any]] | None = None
    people: tuple[PersonChange, ...] = ()
    queues: tuple[QueueChange, ...] = ()
    grants: tuple[Grant, ...] | None = None

    @property
    def reroutes(self) -> bool:
        """Whether cases might be routed elsewhere, or be due at another time, and not only be open to others."""
        return self.rules is not None or any(each.sla_minutes is not None for each in self.queues)


def apply(desk: Desk, change: Change) -> Desk:
    """The desk as it would be; what a rule would ask beyond its queue is among the requirements. Raises BadChange."""
    moderators, queues = dict(desk.moderators), dict(desk.queues)
    for person in change.people:
        moderators[person.moderator] = _person(moderators.get(person.moderator), person)
    for queue in change.queues:
        queues[queue.queue] = _queue(queues.get(queue.queue), queue)
    return replace(
        desk,
        moderators=moderators,
        queues=queues,
        grants=desk.grants if change.grants is None else change.grants,
        requirements={**desk.requirements, **_requirements(change.rules or [])},
    )


def new_absences(change: Change, desk: Desk) -> list[tuple[datetime, datetime]]:
    """The absences that the change adds."""
    return [
        absence
        for person in change.people
        for absence in person.absences or ()
        if person.moderator not in desk.moderators
        or absence not in desk.moderators[person.moderator].absences
    ]


def _person(before: Moderator | None, change: PersonChange) -> Moderator:
    if before is None:
        if change.moderator > 0:
            raise BadChange(gettext("One of these people is not there any more"))
        before = Moderator(change.moderator, change.name or gettext("Somebody new"))
    return Moderator(
        id=before.id,
        name=before.name,
        skills=before.skills if change.skills is None else change.skills,
        clearances=before.clearances if change.clearances is None else change.clearances,
        member_of=before.member_of if change.member_of is None else change.member_of,
        time_zone=before.time_zone if change.time_zone is None else change.time_zone,
        hours=before.hours if change.hours is None else change.hours,
        absences=before.absences if change.absences is None else change.absences,
        active=before.active if change.active is None else change.active,
    )


def _queue(before: QueueSetup | None, change: QueueChange) -> QueueSetup:
    if before is None:
        raise BadChange(gettext("One of these queues is not there any more"))
    return QueueSetup(
        id=before.id,
        slug=before.slug,
        name=before.name,
        steps=before.steps if change.steps is None else change.steps,
        clearances=before.clearances if change.clearances is None else change.clearances,
        members_only=before.members_only if change.members_only is None else change.members_only,
        paused=before.paused if change.paused is None else change.paused,
    )


def _requirements(rules: list[dict[str, Any]]) -> dict[str, Asked]:
    """What the rules would ask beyond their queues, under the digests that their lanes would have."""
    understood = read(rules)
    if understood.findings:
        raise BadChange("; ".join(each.words for each in understood.findings))
    return {
        digest: Asked(
            frozenset(rule["clearances"]), language_steps.parse(rule["steps"]) if rule["steps"] else ()
        )
        for rule in understood.rules
        if (digest := digest_of(rule["clearances"], rule["steps"]))
    }
