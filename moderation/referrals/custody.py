"""The chain of custody: who did what with a referral's case, item and files, and when; read from the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Platform, User
from moderation.console import words
from moderation.models import Event, HeldItem, Referral
from moderation.referrals.access import is_secret


@dataclass(frozen=True)
class Link:
    """One step: its Event's number, when, who (by name, with the kind of actor), what in words, and the raw data."""

    event: int
    at: datetime
    who: str
    kind: str
    words: str
    item_id: int | None
    data: dict[str, Any]


def custody_of(referral: Referral) -> list[Link]:
    """All steps, oldest first: of the case and the item everything, of what stands around it its holds and files."""
    around = HeldItem.objects.filter(hold__referral=referral).exclude(item=referral.item_id)
    about = Q(case_id=referral.decision.case_id) | Q(item_id=referral.item_id)
    about |= Q(item_id__in=list(around.values_list("item", flat=True).distinct())) & is_secret()
    events = list(Event.objects.filter(about).order_by("at", "id"))
    people = User.objects.in_bulk({each.actor_id for each in events if each.actor == Event.Actor.PERSON})
    platforms = Platform.objects.in_bulk(
        {each.actor_id for each in events if each.actor == Event.Actor.PLATFORM}
    )

    def who(event: Event) -> str:
        if event.actor == Event.Actor.PERSON and event.actor_id in people:
            return f"{people[event.actor_id].display_name} (person {event.actor_id})"
        if event.actor == Event.Actor.PLATFORM and event.actor_id in platforms:
            return f"{platforms[event.actor_id].name} (platform)"
        return str(Event.Actor(event.actor).label)

    return [
        Link(
            each.pk, each.at, who(each), each.kind, words.event(each.kind, each.data), each.item_id, each.data
        )
        for each in events
    ]
