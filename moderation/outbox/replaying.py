"""A parked webhook, sent again because somebody asked for it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from moderation import audit, bells
from moderation.models import Message
from moderation.outbox.posting import DELIVER, QUEUE


class NotParked(Exception):
    """Only what is parked is replayed: what is waiting goes by itself, and what was delivered would come too late."""


@transaction.atomic
def replay(message_id: int, by: audit.Actor) -> Message:
    """Let a parked message go through its whole schedule again, from now, with the same webhook-id.

    What waits behind it, about the same item, follows. Raises NotParked, Message.DoesNotExist.
    """
    message = (
        Message.objects.select_related("item").select_for_update(of=("self",), no_key=True).get(pk=message_id)
    )
    if message.status != Message.Status.PARKED:
        raise NotParked
    message.status = Message.Status.PENDING
    message.attempts = 0
    message.next_attempt_at = timezone.now()
    message.save(update_fields=["status", "attempts", "next_attempt_at"])
    audit.record("webhook.replayed", by, item=message.item, message_id=message.pk)
    bells.work_waits(DELIVER, QUEUE)
    return message
