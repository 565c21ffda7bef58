"""Reads the desk's configuration from its tables: a constant number of statements, whatever its size.

It is kept for a few seconds in each process: the claim itself then needs no statement for it. A change of
configuration shows within DESK_SECONDS in every process, with Redis or without; a process that hears its bell
(``forget``) sees it at once.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from accounts.models import Absence, LanguageGrant, LanguageSkill, Shift, User
from moderation import languages, translation
from moderation.eligibility import steps
from moderation.eligibility.desk import NOBODY_ASKS_MORE, Asked, Desk, LaneKey, QueueSetup
from moderation.eligibility.people import Grant, Hours, Moderator, Skill
from moderation.models import Lane, Queue, Requirements

DESK_SECONDS: Final = 3


class _Kept:
    """The configuration that this process has read, and when. Replaced whole, so threads need no lock."""

    desk: Desk | None = None
    read_at = 0.0


def current(*, fresh: bool = False) -> Desk:
    """The configuration as it is now, at most DESK_SECONDS old. ``fresh`` asks the tables again."""
    kept, now = _Kept.desk, time.monotonic()
    if kept is not None and not fresh and now - _Kept.read_at < DESK_SECONDS:
        return kept
    desk = load(timezone.now())
    if kept is not None and _is_the_same(kept, desk):
        desk = kept  # with all that was worked out from it
    _Kept.desk, _Kept.read_at = desk, now
    return desk


def forget() -> None:
    """Have this process read the tables again when it next asks."""
    _Kept.desk = None


def load(at: datetime) -> Desk:
    """The configuration in the tables, as it counts at a moment. Eleven statements.

    The lanes first: whatever they name was there before them.
    """
    lanes = Lane.objects.order_by("queue__name", "language", "requirements").values_list(
        "queue_id", "language", "requirements"
    )
    lanes_read = tuple(LaneKey(*row) for row in lanes)
    return Desk(
        at=at,
        moderators=_moderators(),
        queues={queue.pk: setup_of(queue) for queue in Queue.objects.prefetch_related("required_clearances")},
        lanes=lanes_read,
        grants=tuple(
            Grant(each.reads, each.may_take, each.most_level, each.moderator_id)
            for each in LanguageGrant.objects.order_by("pk")
        ),
        requirements={
            **NOBODY_ASKS_MORE,
            **{
                row.digest: Asked(
                    frozenset(row.clearances),
                    steps.parse(row.steps) if row.steps else (),
                    frozenset(row.languages),
                )
                for row in Requirements.objects.all()
            },
        },
        translates=translation.available(),
    )


def setup_of(queue: Queue) -> QueueSetup:
    """One queue, its required clearances prefetched or asked for."""
    return QueueSetup(
        id=queue.pk,
        slug=queue.slug,
        name=queue.name,
        steps=steps.parse(queue.steps),
        clearances=frozenset(each.slug for each in queue.required_clearances.all()),
        members_only=queue.members_only,
        paused=queue.paused,
    )


def skill_of(row: LanguageSkill) -> Skill:
    """A skill with one tag for each script that she reads it in."""
    tags = tuple(languages.in_script(row.tag, script) for script in row.scripts) or (row.tag,)
    return Skill(row.tag, row.level, tags, row.certified_until)


def _moderators() -> dict[int, Moderator]:
    skills: defaultdict[int, list[Skill]] = defaultdict(list)
    for row in LanguageSkill.objects.order_by("tag"):
        skills[row.moderator_id].append(skill_of(row))
    hours: defaultdict[int, list[Hours]] = defaultdict(list)
    for shift in Shift.objects.order_by("weekday", "starts"):
        hours[shift.moderator_id].append(Hours(shift.weekday, shift.starts, shift.ends))
    absences: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for absence in Absence.objects.order_by("starts_at"):
        absences[absence.moderator_id].append((absence.starts_at, absence.ends_at))
    clearances = _pairs(User.clearances.through.objects.values_list("user_id", "clearance__slug"))
    member_of = _pairs(Queue.members.through.objects.values_list("user_id", "queue_id"))
    return {
        user.pk: Moderator(
            id=user.pk,
            name=user.display_name,
            skills=tuple(skills[user.pk]),
            clearances=frozenset(clearances[user.pk]),
            member_of=frozenset(member_of[user.pk]),
            time_zone=user.time_zone,
            hours=tuple(hours[user.pk]),
            absences=tuple(absences[user.pk]),
            active=user.is_active,
        )
        for user in User.objects.order_by("pk")
    }


def _pairs(rows: Any) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for person, what in rows:
        found[person].append(what)
    return found


def _is_the_same(kept: Desk, desk: Desk) -> bool:
    """Whether the same people may take the same things by both, time having passed."""
    return kept == replace(desk, at=kept.at) and (kept.day, kept.on_shift) == (desk.day, desk.on_shift)
