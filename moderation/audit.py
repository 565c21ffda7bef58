"""The audit trail: every transition, decision, change of configuration and view of evidence is an Event.

The only writer of Events. Call it inside the transaction of what it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import Platform, User
from moderation.models import Case, Event, Item


@dataclass(frozen=True)
class Actor:
    """Who did something: a person of the desk, a platform, somebody appealing, or Fairlead itself."""

    kind: Event.Actor
    id: int | None = None


SYSTEM = Actor(Event.Actor.SYSTEM)
APPELLANT = Actor(Event.Actor.APPELLANT)


def person(user: User) -> Actor:
    return Actor(Event.Actor.PERSON, user.pk)


def platform(of: Platform) -> Actor:
    return Actor(Event.Actor.PLATFORM, of.pk)


def record_many(kind: str, by: Actor, cases: Iterable[tuple[int, int, dict[str, Any]]]) -> None:
    """Write one Event for each case, given as its id, its item's id and the data. One statement."""
    Event.objects.bulk_create(
        Event(kind=kind, actor=by.kind, actor_id=by.id, case_id=case, item_id=item, data=data)
        for case, item, data in cases
    )


def record(kind: str, by: Actor, *, case: Case | None = None, item: Item | None = None, **data: Any) -> None:
    """Write one Event. ``kind`` is ``noun.verb``; ``data`` must be JSON; the item defaults to the case's."""
    Event.objects.create(
        kind=kind,
        actor=by.kind,
        actor_id=by.id,
        case_id=case.pk if case else None,
        item_id=item.pk if item else case.item_id if case else None,
        data=data,
    )
