"""A change as JSON: as a browser carries it from one page to the next, and as the row that a worker reads.

A browser may bring back anything, so it is read as if nobody had written it here: size, types, ranges, tags, time
zones and steps are checked. Rules are checked where they are tried (``moderation.routing.rules``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext
from pydantic import TypeAdapter, ValidationError

from accounts.models import time_zones
from moderation import languages
from moderation.eligibility import steps as language_steps
from moderation.eligibility.people import Grant, Skill
from moderation.eligibility.steps import Step
from moderation.foresight.change import BadChange, Change, PersonChange, QueueChange
from moderation.ingest import strict_json

MOST_BYTES: Final = 1_000_000
MOST_PEOPLE: Final = 2000
MOST_RULES: Final = 500
MOST_TAGS: Final = 20
LONGEST_WHAT: Final = 500
MOST_MINUTES: Final = 60 * 24 * 366
SLUG: Final = re.compile(r"[-\w]{1,50}", re.ASCII)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

_CHANGE: Final = TypeAdapter(Change)


def to_json(change: Change) -> str:
    """The change as one line of JSON."""
    return _CHANGE.dump_json(change, exclude_defaults=True).decode()


def from_json(text: str) -> Change:
    """The change that a text says, whoever wrote it. Raises BadChange."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > MOST_BYTES:
        raise BadChange(gettext("This change is too large to be tried at once"))
    try:
        change = _CHANGE.validate_python(strict_json.read(data))
    except (strict_json.Malformed, strict_json.Refused) as error:
        raise BadChange(gettext("This is not a change that can be read")) from error
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BadChange(
            gettext("This is not a change that can be read: %(where)s") % {"where": where[:100]}
        ) from error
    _check(change)
    return change


def written_step(step: Step) -> dict[str, Any]:
    """A language step as queues and rules store it: what ``steps.parse`` reads."""
    written: dict[str, Any] = {"after_minutes": step.after // 60, "level": step.level}
    if step.reads != "language":
        written["reads"] = step.reads
    if step.actions:
        written["actions"] = list(step.actions)
    return written


def _check(change: Change) -> None:
    """Raises BadChange where a value lies outside of what the tables could hold."""
    people = [each.moderator for each in change.people]
    queues = [each.queue for each in change.queues]
    _demand(0 < len(change.what.strip()) <= LONGEST_WHAT, "what")
    _demand(len(change.rules or []) <= MOST_RULES, "rules")
    _demand(len(set(people)) == len(people) <= MOST_PEOPLE, "people")
    _demand(len(set(queues)) == len(queues) <= MOST_PEOPLE, "queues")
    for person in change.people:
        _check_person(person)
    for queue in change.queues:
        _check_queue(queue)
    for grant in change.grants or ():
        _check_grant(grant)


def _check_person(person: PersonChange) -> None:
    for skill in person.skills or ():
        _check_skill(skill)
    _check_slugs(person.clearances or ())
    for hours in person.hours or ():
        _demand(0 <= hours.weekday <= 6, "hours")
        _demand(hours.starts.tzinfo is None and hours.ends.tzinfo is None, "hours")
    for start, end in person.absences or ():
        _demand(start.tzinfo is not None and end.tzinfo is not None, "absences")
        _demand(EARLIEST <= start < end < LATEST, "absences")
    _demand(person.time_zone is None or person.time_zone in time_zones(), "time_zone")
    _demand(len(person.name) <= LONGEST_WHAT, "name")


def _check_skill(skill: Skill) -> None:
    _demand(1 <= skill.level <= 5, "level")
    _demand(1 <= len(skill.tags) <= MOST_TAGS, "tags")
    for tag in (skill.tag, *skill.tags):
        _check_tag(tag)


def _check_grant(grant: Grant) -> None:
    _check_tag(grant.reads)
    _check_tag(grant.may_take)
    _demand(1 <= grant.most_level <= 5, "most_level")


def _check_queue(queue: QueueChange) -> None:
    _check_slugs(queue.clearances or ())
    if queue.steps is not None:
        try:
            parsed = language_steps.parse([written_step(step) for step in queue.steps])
        except language_steps.BadSteps as error:
            raise BadChange(str(error)) from error
        _demand(parsed == queue.steps, "steps")
    for severity, minutes in (queue.sla_minutes or {}).items():
        _demand(severity in {"1", "2", "3", "4", "5"} and 1 <= minutes <= MOST_MINUTES, "sla_minutes")


def _check_tag(tag: str) -> None:
    try:
        _demand(languages.normalise(tag) == tag and tag not in languages.SPECIAL, "tag")
    except languages.UnknownLanguage as error:
        raise BadChange(str(error)) from error


def _check_slugs(slugs: Iterable[str]) -> None:
    for slug in slugs:
        _demand(SLUG.fullmatch(slug) is not None, "clearances")


def _demand(holds: bool, where: str) -> None:
    if not holds:
        raise BadChange(gettext("This is not a change that can be read: %(where)s") % {"where": where})


def as_row(change: Change) -> dict[str, Any]:
    """The change as the JSON value that a row keeps."""
    row: dict[str, Any] = json.loads(to_json(change))
    return row
