"""Grants: a lead's word that who reads one language may take another, further away than matching reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts.models import LanguageGrant, Level, User
from moderation import audit, configuration, languages
from moderation.eligibility.desk import Desk, LaneKey
from moderation.eligibility.people import Grant, Moderator
from moderation.eligibility.steps import Step
from moderation.staffing.checking import is_normal

LONGEST_WHY = 500  # characters


class BadGrant(ValueError):
    """Nothing was saved: what is wrong with which field."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field
        self.words = words


@dataclass(frozen=True)
class GrantSetup:
    """A grant as it is to be. Both tags are normalised; ``moderator`` None: everybody who reads it."""

    moderator: int | None
    reads: str
    may_take: str
    most_level: int
    why: str

    @property
    def as_counted(self) -> Grant:
        return Grant(self.reads, self.may_take, self.most_level, self.moderator)


@dataclass(frozen=True)
class Reach:
    """What a grant can do: who reads the one language, and where a step lets them take the other.

    ``lanes`` are those that there are in the language granted, each with the step, from 1, that is for grants.
    """

    people: list[Moderator]
    lanes: list[tuple[LaneKey, int, Step]]


def check(grant: GrantSetup) -> None:
    """Raises BadGrant for one that cannot be, or that says nothing new."""
    for field, tag in (("reads", grant.reads), ("may_take", grant.may_take)):
        if not is_normal(tag):
            raise BadGrant(field, gettext("This is not a language tag"))
    if languages.readable(grant.reads, grant.may_take):
        raise BadGrant(
            "may_take",
            gettext("Who reads %(reads)s is given %(may_take)s anyway: there is nothing to grant")
            % {
                "reads": languages.english_name(grant.reads),
                "may_take": languages.english_name(grant.may_take),
            },
        )
    if grant.most_level not in Level.values:
        raise BadGrant("most_level", gettext("A level from 1 to 5"))
    if not grant.why.strip() or len(grant.why) > LONGEST_WHY:
        raise BadGrant("why", gettext("Say why, in at most %(most)s characters") % {"most": LONGEST_WHY})
    if grant.moderator is not None and not User.objects.filter(pk=grant.moderator).exists():
        raise BadGrant("moderator", gettext("This person is not there any more"))
    same = LanguageGrant.objects.filter(
        moderator=grant.moderator, reads=grant.reads, may_take=grant.may_take
    ).first()
    if same is not None:
        raise BadGrant(
            "may_take",
            gettext("This is granted already, at level %(level)s at most") % {"level": same.most_level},
        )


@transaction.atomic
def add(grant: GrantSetup, by: User) -> LanguageGrant:
    """Raises BadGrant."""
    check(grant)
    try:
        with transaction.atomic():
            made = LanguageGrant.objects.create(
                moderator_id=grant.moderator,
                reads=grant.reads,
                may_take=grant.may_take,
                most_level=grant.most_level,
                why=grant.why,
            )
    except IntegrityError as error:
        raise BadGrant("may_take", gettext("Somebody else has just granted this")) from error
    configuration.changed("grant.added", audit.person(by), grant=made.pk, **_in_json(made))
    return made


@transaction.atomic
def remove(grant_id: int, by: User) -> LanguageGrant:
    """Take a grant back. Raises LanguageGrant.DoesNotExist where somebody else has done so."""
    found = LanguageGrant.objects.select_for_update(of=("self",)).select_related("moderator").get(pk=grant_id)
    kept = _in_json(found)
    LanguageGrant.objects.filter(pk=grant_id).delete()
    configuration.changed("grant.removed", audit.person(by), grant=grant_id, **kept)
    return found


def reach(grant: Grant, desk: Desk) -> Reach:
    """Whom a grant is for, and what it opens to them as things are."""
    return Reach(list(_readers(grant, desk)), list(_lanes(grant, desk)))


def steps_for_grants(desk: Desk) -> bool:
    """Whether any queue, or any rule that has caught something, has a step that grants count in."""
    every = [
        *(queue.steps for queue in desk.queues.values()),
        *(asked.steps for asked in desk.requirements.values()),
    ]
    return any(step.reads == "close" for steps in every for step in steps)


def _readers(grant: Grant, desk: Desk) -> Iterator[Moderator]:
    people: Iterable[int] = desk.sufficient(grant.reads, 1)
    for person in sorted(people):
        if grant.moderator in (None, person):
            yield desk.moderators[person]


def _lanes(grant: Grant, desk: Desk) -> Iterator[tuple[LaneKey, int, Step]]:
    for lane in desk.lanes:
        if lane.language in languages.SPECIAL or not languages.readable(grant.may_take, lane.language):
            continue
        for number, step in enumerate(desk.steps_of(lane), start=1):
            if step.reads == "close" and step.level <= grant.most_level:
                yield lane, number, step
                break


def _in_json(grant: LanguageGrant) -> dict[str, Any]:
    return {
        "person": grant.moderator_id,
        "reads": grant.reads,
        "may_take": grant.may_take,
        "most_level": int(grant.most_level),
        "why": grant.why,
    }
