"""A desk as large as they come: 8 queues × 60 languages, 200 moderators, and work in every lane. In bulk."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from accounts.models import Clearance, LanguageGrant, LanguageSkill, Shift, User
from moderation.known_languages import OFFERED
from moderation.models import Case, Lane, Queue
from tests.factories import make_backlog, make_item, make_policy

TAGS: Final = tuple(each.tag for each in OFFERED)
CLEARANCES: Final = ("child_safety", "terrorism", "appeals")
MODERATORS: Final = 200
STEPS: Final[list[dict[str, Any]]] = [
    {"after_minutes": 0, "level": 4},
    {"after_minutes": 30, "level": 3},
    {"after_minutes": 120, "level": 3, "reads": "close"},
]


@dataclass(frozen=True)
class LargeDesk:
    queues: list[Queue]
    moderators: list[User]
    lanes: list[Lane]


def make_large_desk(cases_a_lane: int) -> LargeDesk:
    """The configuration, and so many waiting cases in each of 480 lanes. The same each time."""
    chance = random.Random(60)
    clearances = Clearance.objects.bulk_create(Clearance(slug=slug, name=slug) for slug in CLEARANCES)
    queues = Queue.objects.bulk_create(
        Queue(slug=f"queue-{n}", name=f"Queue {n}", steps=STEPS, members_only=n == 7) for n in range(8)
    )
    for queue, clearance in zip(queues[4:], clearances, strict=False):
        queue.required_clearances.add(clearance)
    moderators = User.objects.bulk_create(
        User(username=f"moderator-{n}", time_zone=chance.choice(("UTC", "Asia/Bangkok", "Europe/Berlin")))
        for n in range(MODERATORS)
    )
    LanguageSkill.objects.bulk_create(
        LanguageSkill(moderator=moderator, tag=tag, level=chance.randint(2, 5))
        for n, moderator in enumerate(moderators)
        for tag in {"en", TAGS[n % 60], chance.choice(TAGS)}
    )
    holds, member = User.clearances.through, Queue.members.through
    holds.objects.bulk_create(
        holds(user=moderator, clearance=clearance)
        for moderator in moderators
        for clearance in clearances
        if chance.random() < 0.6
    )
    member.objects.bulk_create(member(user=moderator, queue=queues[7]) for moderator in moderators[::3])
    Shift.objects.bulk_create(
        Shift(moderator=moderator, weekday=weekday, starts=time(chance.randint(0, 23)), ends=time(7))
        for moderator in moderators[::2]
        for weekday in range(5)
    )
    LanguageGrant.objects.bulk_create(
        LanguageGrant(reads=reads, may_take=takes, most_level=3, why="Speakers cope")
        for reads, takes in (("uk", "ru"), ("cs", "sk"), ("da", "nb"), ("ms", "id"))
    )
    lanes = Lane.objects.bulk_create(Lane(queue=queue, language=tag) for queue in queues for tag in TAGS)
    fill(lanes, cases_a_lane)
    return LargeDesk(queues, moderators, lanes)


def fill(lanes: list[Lane], cases: int) -> None:
    """So many waiting cases in each lane, priorities and times all over."""
    snapshot, policy, now = make_item().snapshots.get(), make_policy(), timezone.now()
    Case.objects.bulk_create(
        Case(
            item=snapshot.item,
            snapshot=snapshot,
            origin=Case.Origin.APPEAL,
            policy=policy,
            status=Case.Status.QUEUED,
            language=lane.language,
            queue=lane.queue,
            priority=100,
            due_at=now,
            queued_at=now - timedelta(hours=9),
        )
        for lane in lanes
    )
    make_backlog(cases - 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
