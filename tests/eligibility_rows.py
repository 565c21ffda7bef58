"""The random worlds of tests/test_eligibility.py as rows, in as few statements as there are tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from accounts.models import Absence, Clearance, LanguageGrant, LanguageSkill, Shift, User
from moderation.models import Case, Exclusion, Lane, Policy, Queue, Requirements, Snapshot
from moderation.routing.requirements import digest_of
from tests.eligibility_reference import StepOf, World
from tests.eligibility_worlds import CLEARANCES

# What a case that somebody holds has besides.
HELD: Final[dict[str, Any]] = {"lease_token": UUID(int=1), "claimed_through": {}}


@dataclass(frozen=True)
class Rows:
    """The rows of a world, in its order."""

    people: list[User]
    queues: list[Queue]
    cases: list[Case]


def as_stored(written: tuple[StepOf, ...]) -> list[dict[str, Any]]:
    return [
        {"after_minutes": each.after_minutes, "level": each.level, "reads": each.reads}
        | ({"actions": list(each.actions)} if each.actions else {})
        for each in written
    ]


def make_rows(world: World, snapshot: Snapshot, policy: Policy, now: datetime) -> Rows:
    """The world as rows. ``now`` is the database's, from which waits and exclusions count; the cases share an item."""
    cleared = {each.slug: each for each in Clearance.objects.filter(slug__in=CLEARANCES)}
    users = User.objects.bulk_create(
        User(username=f"person{n}", time_zone=each.time_zone, is_active=each.active)
        for n, each in enumerate(world.people)
    )
    queues = Queue.objects.bulk_create(
        Queue(
            slug=f"queue{n}",
            name=f"Queue {n}",
            steps=as_stored(each.steps),
            members_only=each.members_only,
            paused=each.paused,
        )
        for n, each in enumerate(world.queues)
    )
    LanguageSkill.objects.bulk_create(
        LanguageSkill(
            moderator=user,
            tag=skill.tag,
            scripts=list(skill.scripts),
            level=skill.level,
            certified_until=skill.certified_until,
        )
        for user, each in zip(users, world.people, strict=True)
        for skill in each.skills
    )
    User.clearances.through.objects.bulk_create(
        User.clearances.through(user=user, clearance=cleared[slug])
        for user, each in zip(users, world.people, strict=True)
        for slug in each.clearances
    )
    Queue.members.through.objects.bulk_create(
        Queue.members.through(user=user, queue=queues[n])
        for user, each in zip(users, world.people, strict=True)
        for n in each.member_of
    )
    Queue.required_clearances.through.objects.bulk_create(
        Queue.required_clearances.through(queue=queue, clearance=cleared[slug])
        for queue, each in zip(queues, world.queues, strict=True)
        for slug in each.clearances
    )
    Shift.objects.bulk_create(
        Shift(moderator=user, weekday=shift.weekday, starts=shift.starts, ends=shift.ends)
        for user, each in zip(users, world.people, strict=True)
        for shift in each.shifts
    )
    Absence.objects.bulk_create(
        Absence(moderator=user, starts_at=starts, ends_at=ends)
        for user, each in zip(users, world.people, strict=True)
        for starts, ends in each.absences
    )
    LanguageGrant.objects.bulk_create(
        LanguageGrant(
            moderator=None if each.person is None else users[each.person],
            reads=each.reads,
            may_take=each.may_take,
            most_level=each.most_level,
            why="tests",
        )
        for each in world.grants
    )
    return Rows(users, queues, _make_cases(world, users, queues, snapshot, policy, now))


def _make_cases(
    world: World, users: list[User], queues: list[Queue], snapshot: Snapshot, policy: Policy, now: datetime
) -> list[Case]:
    asked = {
        digest_of(sorted(each.clearances), as_stored(each.steps), each.also): each
        for each in world.cases
        if each.clearances or each.steps or each.also
    }
    Requirements.objects.bulk_create(
        Requirements(
            digest=digest,
            clearances=sorted(each.clearances),
            steps=as_stored(each.steps),
            languages=list(each.also),
        )
        for digest, each in asked.items()
    )
    made = [
        Case(
            item_id=snapshot.item_id,
            snapshot=snapshot,
            origin=Case.Origin.APPEAL,
            policy=policy,
            status=each.status,
            language=each.language,
            queue=queues[each.queue],
            requirements=digest_of(sorted(each.clearances), as_stored(each.steps), each.also),
            priority=each.priority,
            due_at=now + timedelta(seconds=each.due_in),
            queued_at=now - timedelta(seconds=each.waited),
            **({} if each.status != "claimed" else HELD | {"claimed_by": users[0], "lease_until": now}),
        )
        for each in world.cases
    ]
    Lane.objects.bulk_create(
        Lane(queue=queues[place], language=language, requirements=requirements)
        for place, language, requirements in dict.fromkeys(
            (each.queue, case.language, case.requirements)
            for case, each in zip(made, world.cases, strict=True)
        )
    )
    Case.objects.bulk_create(made)
    Exclusion.objects.bulk_create(
        Exclusion(
            case=case,
            moderator=users[place],
            reason=Exclusion.Reason.SKIPPED,
            until=None if lasts is None else now + timedelta(seconds=lasts),
        )
        for case, each in zip(made, world.cases, strict=True)
        for place, lasts in each.excluded.items()
    )
    return made
