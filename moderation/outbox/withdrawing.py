"""Webhooks that are never sent, because what they tell of was undone first."""

from __future__ import annotations

from django.db.models import QuerySet

from moderation import bells
from moderation.models import DeliveryAttempt, Message
from moderation.outbox.posting import DELIVER, QUEUE


def withdraw(messages: QuerySet[Message]) -> bool:
    """Withdraw these messages, all or none; False when any of them was, or is just being, sent.

    Call it in the transaction of what undoes them. Whoever takes or writes down one of them holds its row: it is not
    waited for, as it counts as sent. A replayed message has attempts of before.
    """
    ids = set(messages.exclude(status=Message.Status.WITHDRAWN).values_list("pk", flat=True))
    unsent = Message.objects.filter(pk__in=ids, status=Message.Status.PENDING, attempts=0)
    locked = unsent.order_by("pk").select_for_update(skip_locked=True, no_key=True)
    if {message.pk for message in locked} != ids or DeliveryAttempt.objects.filter(
        message_id__in=ids
    ).exists():
        return False
    if Message.objects.filter(pk__in=ids).update(status=Message.Status.WITHDRAWN):
        bells.work_waits(DELIVER, QUEUE)  # what waited behind them
    return True
