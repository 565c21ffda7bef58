"""Which lanes a moderator may take, and why: skills × clearances × language steps.

Computed from configuration, and kept for a few seconds in the process: the claim itself then needs no statement
for it. A change of configuration shows within LANES_SECONDS in every process, with Redis or without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

from accounts.models import User
from moderation import languages
from moderation.models import Lane, Queue

LANES_SECONDS: Final = 3


@dataclass(frozen=True)
class OpenLane:
    """A lane that a moderator may take: from ``opens_after`` seconds on, counted from when a case first waited."""

    queue_id: int
    queue_name: str
    language: str
    opens_after: int
    skill: str  # the tag of hers that reads it; empty where the lane needs no language
    level: int


def open_lanes(moderator: User, *, fresh: bool = False) -> list[OpenLane]:
    """The lanes that she may take now or later, of all lanes that ever had work. ``fresh`` asks the tables again."""
    key = f"open-lanes:{moderator.pk}"
    lanes: list[OpenLane] | None = None if fresh else cache.get(key)
    if lanes is None:
        lanes = _compute(moderator)
        cache.set(key, lanes, LANES_SECONDS)
    return lanes


def _compute(moderator: User) -> list[OpenLane]:
    skills = {skill.tag: skill.level for skill in moderator.language_skills.all()}
    cleared = set(moderator.clearances.values_list("pk", flat=True))
    queues = {
        queue.pk: queue
        for queue in Queue.objects.prefetch_related("required_clearances")
        if cleared >= {clearance.pk for clearance in queue.required_clearances.all()}
    }
    lanes = Lane.objects.filter(queue_id__in=queues).order_by("queue__name", "language")
    return [lane for row in lanes if (lane := _access(queues[row.queue_id], row.language, skills))]


def _access(queue: Queue, language: str, skills: dict[str, int]) -> OpenLane | None:
    if language in languages.SPECIAL:
        return OpenLane(queue.pk, queue.name, language, opens_after=0, skill="", level=0)
    reading = [(level, tag) for tag, level in skills.items() if languages.readable(tag, language)]
    if not reading:
        return None
    level, tag = max(reading)
    for step in queue.steps:
        if level >= step["level"]:
            return OpenLane(queue.pk, queue.name, language, step["after_minutes"] * 60, tag, level)
    return None
