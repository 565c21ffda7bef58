"""The delivery log: every message that was ever owed, the newest first, and each attempt to deliver it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from accounts.models import Platform
from moderation.models import DeliveryAttempt, Item, Message, WebhookEndpoint

SHOWN: Final = 50
# Of an endpoint's messages so many are looked through at a time: where few are of the kind that is sought, the page
# says so and leads on.
LOOKED_THROUGH: Final = 10_000


@dataclass(frozen=True)
class Sought:
    """What to show: of an endpoint, or about items that a platform calls so, or both; empty: whatever it is."""

    endpoint: WebhookEndpoint | None = None
    item: str = ""
    type: str = ""
    status: str = ""


@dataclass(frozen=True)
class Found:
    """A piece of the log. ``before``: the message from which to look on further back, None at the end."""

    messages: list[Message]
    before: int | None


def find(sought: Sought, before: int | None = None) -> Found:
    """What is sought, at most SHOWN, from before a message on. Both logs are read by index."""
    log = _log(sought)
    if before is not None:
        at = Message.objects.filter(pk=before).values_list("created_at", flat=True).first()
        if at is None:
            return Found([], None)
        log = log.filter(Q(created_at__lt=at) | Q(pk__lt=before), created_at__lte=at)
    looked = log.values("pk")[:LOOKED_THROUGH]
    kinds = {name: value for name, value in (("type", sought.type), ("status", sought.status)) if value}
    shown = list(
        Message.objects.filter(pk__in=looked, **kinds)
        .select_related("item", "endpoint__platform")
        .order_by("-created_at", "-pk")[: SHOWN + 1]
    )
    if len(shown) > SHOWN:
        return Found(shown[:SHOWN], shown[SHOWN - 1].pk)
    last = list(log.values_list("pk", flat=True)[LOOKED_THROUGH - 1 : LOOKED_THROUGH])
    return Found(shown, last[0] if last else None)


def attempts_of(message: Message) -> QuerySet[DeliveryAttempt]:
    """Each attempt to deliver a message, the first one first."""
    return DeliveryAttempt.objects.filter(message_id=message.pk).order_by("id")


def _log(sought: Sought) -> QuerySet[Message]:
    log = Message.objects.order_by("-created_at", "-pk")
    if sought.endpoint is not None:
        log = log.filter(endpoint=sought.endpoint)
    if not sought.item:
        return log
    # By the key of items: a platform knows the item by one name in each kind.
    items = Item.objects.filter(
        platform__in=Platform.objects.all(), kind__in=Item.Kind.values, external_id=sought.item
    )
    return log.filter(item__in=list(items.values_list("pk", flat=True)))
