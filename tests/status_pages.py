"""The page on which somebody who appealed sees how far it is, and how an appeal comes to each point."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from accounts.models import User
from appeals import questions, review
from appeals.models import Appeal, Question
from tests.appealing import Told, appealed, claimed_by, make_reader

REASONS = "The account only answered people who had written to it first."


def concluded(appeal: Appeal, outcome: str = "upheld", by: User | None = None, **answer: Any) -> Appeal:
    """The appeal, decided by a colleague."""
    colleague = by or make_reader("en")
    token = claimed_by(colleague, appeal).lease_token
    assert token is not None
    review.conclude(appeal, colleague, token, review.Answer(outcome, REASONS, **answer))
    appeal.refresh_from_db()
    return appeal


def asked(told: Told, text: str = "Who did you write to?") -> tuple[Appeal, Question]:
    appeal = appealed(told)
    colleague = make_reader("en")
    token = claimed_by(colleague, appeal).lease_token
    assert token is not None
    return appeal, questions.ask(appeal, colleague, token, text)


def text_of(page: Any) -> str:
    """What is read on it, in one line."""
    without = re.sub(r"<[^>]+>", " ", page.content.decode())
    return " ".join(unescape(without).split())


def seen(person: Client, told: Told) -> str:
    page = person.get(told.status_path)
    assert page.status_code == 200
    return text_of(page)
