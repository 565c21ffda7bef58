"""A platform that does what webhooks say and remembers which it has seen, without HTTP: for model-based tests."""

from __future__ import annotations

from collections import Counter
from typing import Any

from moderation import enforcement
from moderation.models import Enforcement, Message
from moderation.outbox.sending import Answer
from moderation.outbox.writing_down import write_down


class Platform:
    """Takes messages in the order in which an endpoint would get them, once per webhook-id."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._in_force: dict[str, dict[str, Any]] = {}

    def take_next(self) -> Message | None:
        """The oldest message that nothing about its item is before, delivered; None where there is none."""
        waiting = Message.objects.filter(status=Message.Status.PENDING).select_related("endpoint", "item")
        message = next((each for each in waiting.order_by("pk") if self.is_next(each)), None)
        if message is not None:
            self._act(message)
            self._answer(message)
        return message

    def is_next(self, message: Message) -> bool:
        unsent = (Message.Status.PENDING, Message.Status.PARKED)
        return not Message.objects.filter(item=message.item_id, pk__lt=message.pk, status__in=unsent).exists()

    def answer_gone(self, message: Message) -> None:
        """Its author had deleted it: nothing to act on."""
        self._seen.add(str(message.webhook_id))
        self._answer(message, gone=True)

    def hear_everything_again(self) -> None:
        Message.objects.filter(status=Message.Status.DELIVERED).update(status=Message.Status.PENDING)

    def in_force(self) -> Counter[tuple[int, str, str]]:
        rows = Enforcement.objects.in_bulk(list(self._in_force))
        return Counter((row.item_id, row.action, row.parameters.get("how", "")) for row in rows.values())

    def _act(self, message: Message) -> None:
        if str(message.webhook_id) in self._seen:
            return
        self._seen.add(str(message.webhook_id))
        data = message.payload["data"]
        if message.type == enforcement.REQUESTED:
            assert data["enforcement_id"] not in self._in_force, "asked for twice"
            self._in_force[data["enforcement_id"]] = data
        elif message.type == enforcement.REVERSED:
            assert self._in_force.pop(data["enforcement_id"], None) is not None, (
                "taken back without being there"
            )

    def _answer(self, message: Message, gone: bool = False) -> None:
        Message.objects.filter(pk=message.pk).update(attempts=message.attempts + 1)
        message.attempts += 1
        write_down(message, Answer(200, "", 1, already_gone=gone))
