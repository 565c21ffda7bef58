"""Rules that tests of their pages start from, and a page as it was answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from moderation import audit
from moderation.models import RoutingRule
from moderation.routing import rules
from tests.factories import make_platform, make_policy, make_queue, make_user

REST: dict[str, Any] = {"name": "Everything else", "queue": "general"}
HATE: dict[str, Any] = {"name": "Hate", "queue": "hate", "conditions": {"policy": ["hate-speech"]}}
SPAM: dict[str, Any] = {"name": "Spam", "queue": "general", "conditions": {"policy": ["spam"]}}


@pytest.fixture
def admin(db: None) -> User:
    for slug in ("general", "hate"):
        make_queue(slug)
    make_platform()
    make_policy("spam")
    make_policy()
    make_user(en=5, th=5)
    user = make_user(role=Role.ADMIN)
    rules.save([HATE, SPAM, REST], audit.person(user), "At first", 0)
    return user


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def page(client: Client, path: str, data: dict[str, Any] | None = None, status: int = 200) -> str:
    answer = client.get(path) if data is None else client.post(path, data)
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer.content.decode()


def id_of(name: str) -> int:
    return RoutingRule.objects.get(name=name).pk


def in_order() -> list[str]:
    return [each["name"] for each in rules.as_written()]
