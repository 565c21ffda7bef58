"""Queues as admins set them up: what one asks of people, how soon its cases are due, and whether it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import Clearance, User
from moderation.audit import Actor
from moderation.configuration import changed
from moderation.models import Queue
from moderation.routing import rules


class QueueChanged(Exception):
    """Somebody else has changed the queue since it was read: it is at ``version`` now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The queue is at version {version} now")
        self.version = version


@dataclass(frozen=True)
class QueueFields:
    """What an admin sets. Slugs of clearances and actions, ids of members, steps as they are stored.

    ``sla_minutes`` by severity, ``{"5": 15}``; where it says nothing, the policy's.
    """

    name: str
    clearances: Sequence[str]
    members_only: bool
    members: Sequence[int]
    allowed_actions: Sequence[str]
    steps: list[dict[str, Any]]
    sla_minutes: dict[str, int]

    def in_json(self) -> dict[str, Any]:
        """In one order, so that the same settings are the same value."""
        ordered = {name: sorted(getattr(self, name)) for name in ("clearances", "members", "allowed_actions")}
        return asdict(self) | ordered


def fields_of(queue: Queue) -> QueueFields:
    """A queue as it stands. Two statements where nothing is prefetched."""
    return QueueFields(
        name=queue.name,
        clearances=[each.slug for each in queue.required_clearances.all()],
        members_only=queue.members_only,
        members=[each.pk for each in queue.members.all()],
        allowed_actions=queue.allowed_actions,
        steps=queue.steps,
        sla_minutes=queue.sla_minutes,
    )


@transaction.atomic
def create_queue(slug: str, fields: QueueFields, by: Actor) -> Queue:
    """Raises IntegrityError where the slug is taken, BadSteps."""
    made = Queue.objects.create(slug=slug, **_columns(fields))
    _set_people(made, fields)
    changed("queue.created", by, queue=slug, **fields.in_json())
    return made


@transaction.atomic
def change_queue(queue_id: int, version: int, fields: QueueFields, by: Actor) -> Queue:
    """Make the queue what ``fields`` say, if it still is at ``version``. Without a difference nothing happens.

    Raises QueueChanged, BadSteps, Queue.DoesNotExist.
    """
    found = Queue.objects.select_for_update(no_key=True).get(pk=queue_id)
    if found.version != version:
        raise QueueChanged(found.version)
    old, new = fields_of(found).in_json(), fields.in_json()
    changes = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if not changes:
        return found
    for name, value in (_columns(fields) | {"version": version + 1}).items():
        setattr(found, name, value)
    found.save()
    _set_people(found, fields)
    changed("queue.changed", by, queue=found.slug, version=found.version, changes=changes)
    if "sla_minutes" in changes:
        # What waits is due by the SLA: routing works it out anew, and writes down why.
        rules.reroute_all(
            by, gettext("The due times of the queue “%(queue)s” changed") % {"queue": found.name}
        )
    return found


@transaction.atomic
def set_paused(queue_id: int, paused: bool, by: Actor) -> Queue:
    """Stop giving out its cases, or go on. Who holds one keeps it, and new ones still come in. Says nothing twice."""
    found = Queue.objects.select_for_update(no_key=True).get(pk=queue_id)
    if found.paused != paused:
        found.paused = paused
        found.save(update_fields=["paused"])
        changed("queue.paused" if paused else "queue.resumed", by, queue=found.slug)
    return found


def _columns(fields: QueueFields) -> dict[str, Any]:
    return {
        "name": fields.name,
        "members_only": fields.members_only,
        "allowed_actions": sorted(fields.allowed_actions),
        "steps": fields.steps,
        "sla_minutes": fields.sla_minutes,
    }


def _set_people(queue: Queue, fields: QueueFields) -> None:
    queue.required_clearances.set(Clearance.objects.filter(slug__in=fields.clearances))
    queue.members.set(User.objects.filter(pk__in=fields.members))
