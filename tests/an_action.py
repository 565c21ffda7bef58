"""An action of a third party: a plugin as it is named in FAIRLEAD_PLUGINS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from moderation.actions import Action, Parameters
from moderation.hookspecs import hookimpl
from moderation.models import Item


class Teaching(Parameters):
    lesson: Literal["kindness", "copyright"]


class SendLesson(Action):
    slug = "send_lesson"
    label = "Send a lesson"  # type: ignore[assignment]  # a plugin need not be translated
    reverse_label = "Take the lesson back"  # type: ignore[assignment]
    parameters = Teaching

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        return f"Please take our lesson about {parameters['lesson']}."


@hookimpl
def actions() -> Sequence[Action]:
    return [SendLesson()]
