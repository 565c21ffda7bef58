"""What became of one attempt to deliver a message, written down in one transaction."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.utils import timezone

from moderation import audit, bells, enforcement
from moderation.models import DeliveryAttempt, Message, WebhookEndpoint
from moderation.outbox import breaker
from moderation.outbox.posting import DELIVER, QUEUE
from moderation.outbox.replaying import no_replay_meanwhile
from moderation.outbox.schedule import wait_after
from moderation.outbox.sending import Answer

Status = Message.Status

GONE: Final = 410
# With Retry-After these are about the endpoint, not about the message.
WAIT: Final = (429, 503)


@transaction.atomic
def write_down(message: Message, answer: Answer) -> None:
    """What became of one attempt. A late failure never undoes what somebody else delivered meanwhile.

    The locks are always taken in this order: replays, the message, its enforcement, its endpoint.
    """
    DeliveryAttempt.objects.create(
        message_id=message.pk,
        attempt=message.attempts,
        status_code=answer.status,
        error=answer.error,
        milliseconds=answer.milliseconds,
    )
    no_replay_meanwhile(message.endpoint_id)
    if answer.taken:
        _taken(message, answer)
    else:
        _not_taken(message, answer)


def _taken(message: Message, answer: Answer) -> None:
    row = Message.objects.filter(pk=message.pk)
    if _is_owed_something_before(message):
        row.filter(status=Status.PENDING).update(attempts=0, next_attempt_at=timezone.now())
        bells.work_waits(DELIVER, QUEUE)
    else:
        row.update(status=Status.DELIVERED, delivered_at=timezone.now(), last_error="")
        if message.enforcement_id is not None:
            # Of what was delivered before and is replayed, "already gone" says nothing: it was carried out then.
            if answer.already_gone and message.type == enforcement.REQUESTED and message.delivered_at is None:
                enforcement.already_gone(message, message.enforcement_id)
            else:
                enforcement.confirm(message, message.enforcement_id)
    breaker.succeeded(message.endpoint_id)


def _is_owed_something_before(message: Message) -> bool:
    """Whether somebody asked, while this one was on its way, for what comes before it to be sent again. Then it is
    sent again after that: who replays has lost what she had, and the last word on an item must come last."""
    return Message.objects.filter(
        endpoint=message.endpoint_id, item=message.item_id, pk__lt=message.pk, status=Status.PENDING
    ).exists()


def _not_taken(message: Message, answer: Answer) -> None:
    wait = wait_after(message.attempts, answer.retry_after)
    still = Message.objects.filter(pk=message.pk, status=Status.PENDING)
    if wait is not None:
        still.update(next_attempt_at=timezone.now() + wait, last_error=answer.error)
    elif still.update(status=Status.PARKED, last_error=answer.error):
        audit.record(
            "webhook.parked", audit.SYSTEM, item=message.item, message_id=message.pk, error=answer.error
        )
    if answer.status == GONE:
        _gone(message.endpoint_id)
        return
    breaker.failed(message.endpoint_id, answer.error, probe=breaker.is_open(message.endpoint))
    if answer.retry_after and answer.status in WAIT:
        breaker.asked_to_wait(message.endpoint_id, answer.retry_after)


def _gone(endpoint_id: int) -> None:
    """410: it wants nothing any more."""
    in_use = WebhookEndpoint.objects.filter(pk=endpoint_id, enabled=True)
    if in_use.update(enabled=False, gone_at=timezone.now()):
        audit.record("endpoint.gone", audit.SYSTEM, endpoint_id=endpoint_id)
