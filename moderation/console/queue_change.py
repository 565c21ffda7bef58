"""A queue as typed, as a change that can be foreseen."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.eligibility import loading
from moderation.eligibility import steps as language_steps
from moderation.foresight.change import Change, PersonChange, QueueChange
from moderation.models import Queue
from moderation.routing.queues import QueueFields, fields_of

SETTINGS: Final = {
    "name": _("name"),
    "clearances": _("clearances"),
    "members_only": _("who works on it"),
    "members": _("members"),
    "allowed_actions": _("actions"),
    "steps": _("language steps"),
    "sla_minutes": _("due times"),
}


def change_to(queue: Queue, fields: QueueFields) -> Change:
    """What would change if the queue became what ``fields`` say. What stays as it is, is left out."""
    old, new = fields_of(queue).in_json(), fields.in_json()
    differs = [name for name in SETTINGS if old[name] != new[name]]
    what = gettext("The queue “%(queue)s” with: %(settings)s") % {
        "queue": queue.name,
        "settings": ", ".join(str(SETTINGS[name]) for name in differs) or gettext("no change"),
    }
    if not differs:
        return Change(what)
    change = QueueChange(
        queue.pk,
        steps=language_steps.parse(fields.steps) if "steps" in differs else None,
        clearances=frozenset(fields.clearances) if "clearances" in differs else None,
        members_only=fields.members_only if "members_only" in differs else None,
        sla_minutes=fields.sla_minutes if "sla_minutes" in differs else None,
    )
    return Change(
        what, queues=(change,), people=_memberships(queue.pk, set(old["members"]), set(new["members"]))
    )


def pause_of(queue: Queue) -> Change:
    """What would change if it were paused."""
    what = gettext("The queue “%(queue)s” paused") % {"queue": queue.name}
    return Change(what, queues=(QueueChange(queue.pk, paused=True),))


def _memberships(queue: int, before: set[int], after: set[int]) -> tuple[PersonChange, ...]:
    """The people who would come in or go, each with all her memberships as they would be."""
    moderators = loading.current(fresh=True).moderators
    return tuple(
        PersonChange(person, member_of=moderators[person].member_of ^ {queue})
        for person in sorted(before ^ after)
        if person in moderators
    )
