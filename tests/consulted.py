"""A case that somebody holds, and colleagues whom she asks about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from moderation import consulting
from moderation.models import Case, Consultation
from tests.deciding import hold

QUESTION = "Is this an insult where you come from?"
ANSWER = "No: friends say it to each other."


@dataclass
class Held:
    """A case with who holds it and her token."""

    case: Case
    moderator: User
    token: uuid.UUID

    def ask(self, colleague: User | None, question: str = QUESTION) -> Consultation:
        return consulting.ask(self.case.pk, self.moderator, self.token, colleague, question)


def held(moderator: User | None = None, **case: Any) -> Held:
    return Held(*hold(moderator, **case))
