"""Rows that tests start from, made the way the product makes them wherever a stage function exists."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Clearance, LanguageSkill, Platform, Role, User
from moderation.models import Case, Exclusion, Flag, Item, Lane, Policy, Queue, Snapshot

number = itertools.count(1)
PASSWORD = "correct horse battery staple"
NOW_FOR_ALL = [{"after_minutes": 0, "level": 1}]


def make_reader(skills: dict[str, int], clearances: tuple[str, ...] = ()) -> User:
    """A moderator who reads these languages, given by tag."""
    user = make_user(clearances=clearances)
    for tag, level in skills.items():
        LanguageSkill.objects.create(moderator=user, tag=tag, level=level)
    return user


def make_user(*, role: Role = Role.MODERATOR, clearances: tuple[str, ...] = (), **skills: int) -> User:
    """A person with language skills given as ``th=5`` or ``zh_Hans=4``."""
    user = User.objects.create_user(f"person{next(number)}", password=PASSWORD, role=role)
    for tag, level in skills.items():
        LanguageSkill.objects.create(moderator=user, tag=tag.replace("_", "-"), level=level)
    for slug in clearances:
        user.clearances.add(Clearance.objects.get_or_create(slug=slug, defaults={"name": slug})[0])
    return user


def make_policy(slug: str = "hate-speech", **changes: Any) -> Policy:
    fields = {
        "name": slug.replace("-", " ").capitalize(),
        "severity": 3,
        "guidelines": "What to look for.",
        "allowed_actions": ["no_violation", "remove", "restrict", "warn", "lock_account", "escalate"],
        "sla_minutes": 60,
        "dsa_category": "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
        "public_texts": {"en": "Do not attack people for who they are."},
    }
    return Policy.objects.get_or_create(slug=slug, defaults=fields | changes)[0]


def make_queue(slug: str = "general", *, clearances: tuple[str, ...] = (), **changes: Any) -> Queue:
    fields: dict[str, Any] = {"name": slug.replace("-", " ").capitalize(), "steps": NOW_FOR_ALL}
    queue = Queue.objects.get_or_create(slug=slug, defaults=fields | changes)[0]
    for each in clearances:
        queue.required_clearances.add(Clearance.objects.get_or_create(slug=each, defaults={"name": each})[0])
    return queue


def make_platform(slug: str = "harbour") -> Platform:
    return Platform.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize()})[0]


def make_item(
    platform: Platform | None = None, kind: str = "content", *, author: Item | None = None, **snapshot: Any
) -> Item:
    """An item with one snapshot."""
    item = Item.objects.create(
        platform=platform or make_platform(), kind=kind, external_id=f"{kind}-{next(number)}", author=author
    )
    fields: dict[str, Any] = {
        "text": f"Some text {item.pk}",
        "disclosure": "public",
        "digest": f"{item.pk:064x}",
    }
    author_snapshot = author.snapshots.latest("pk") if author else None
    Snapshot.objects.create(item=item, author=author_snapshot, **fields | snapshot)
    return item


def make_flag(case: Case, **changes: Any) -> Flag:
    fields: dict[str, Any] = {
        "platform": case.item.platform,
        "flag_id": f"flag-{next(number)}",
        "body_digest": "0" * 64,
        "case": case,
        "snapshot": case.snapshot,
        "source": Flag.Source.DETECTOR,
        "detector": "keywords-test",
        "detector_version": "1",
        "policy": case.policy,
        "score": 0.9,
        "flagged_at": timezone.now(),
    }
    return Flag.objects.create(**fields | changes)


def make_case(
    *,
    language: str = "en",
    queue: Queue | None = None,
    item: Item | None = None,
    policy: Policy | None = None,
    excluded: tuple[User, ...] = (),
    **changes: Any,
) -> Case:
    """A case that waits in its lane with one flag."""
    item = item or make_item(author=make_item(kind="account", text=""))
    queue = queue or make_queue()
    now = timezone.now()
    fields: dict[str, Any] = {
        "item": item,
        "snapshot": item.snapshots.latest("pk"),
        "status": Case.Status.QUEUED,
        "policy": policy or make_policy(),
        "language": language,
        "language_source": Case.LanguageSource.DECLARED,
        "queue": queue,
        "priority": 300,
        "due_at": now + timedelta(hours=1),
        "queued_at": now - timedelta(seconds=1),
    }
    case = Case.objects.create(**fields | changes)
    if case.queue is not None:
        Lane.objects.get_or_create(queue=case.queue, language=language, requirements=case.requirements)
    make_flag(case)
    for user in excluded:
        Exclusion.objects.create(case=case, moderator=user, reason=Exclusion.Reason.TOOK_PART)
    return case


# Appeals' cases, because only they may share an item; the claim does not look at the origin.
BACKLOG = """
INSERT INTO moderation_case (item_id, snapshot_id, origin, status, policy_id, opened_at, language,
                             language_source, also_language, queue_id, requirements, routed_by, priority, due_at,
                             queued_at, reasons, revised)
SELECT item_id, snapshot_id, 'appeal', 'queued', policy_id, now(), language, language_source, also_language,
       queue_id, requirements, routed_by, (random() * 500)::int, now() + random() * interval '8 hours',
       now() - random() * interval '8 hours', reasons, revised
FROM moderation_case, generate_series(1, %s)
"""


def make_backlog(copies: int) -> None:
    """So many copies of every case that waits, with priorities and times all over."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, [copies])
