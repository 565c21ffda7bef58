"""How much may be sent: calls a minute for each key, counted in Redis and let through without it."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis
from django.conf import settings

from accounts.models import ApiKey, Platform, Scope
from moderation.api import limits
from tests.calling import Caller, flag, key_of, problem, rows
from tests.factories import make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_calls_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of another test may have had the same number."""
    monkeypatch.setattr(limits, "_ask_again_at", 0.0)
    server = redis.Redis.from_url(settings.REDIS_URL)
    for name in server.scan_iter("fairlead:calls:*"):
        server.delete(name)


def test_calls_beyond_the_limit_are_told_when_to_come_back_and_do_nothing(
    platform: Platform, api_key: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_015.5)
    settings.API_REQUESTS_PER_MINUTE = 3
    make_policy()
    caller = Caller(api_key)
    statuses = [caller.post("flags", flag()).status_code for _ in range(3)]
    before = rows()
    response = caller.post("flags", flag())
    assert statuses == [202] * 3
    assert "At most 3 calls a minute" in problem(response, 429, "too-many-requests")["detail"]
    assert response["Retry-After"] == "45"
    assert rows() == before
    # Each key has its own count, and each minute.
    assert Caller(key_of(platform, Scope.FLAGS_WRITE)).post("flags", flag()).status_code == 202
    monkeypatch.setattr(time, "time", lambda: 1_800_000_060.0)
    assert caller.post("flags", flag()).status_code == 202


def test_a_count_is_forgotten_by_itself(api_key: str) -> None:
    Caller(api_key).get("decisions")
    server = redis.Redis.from_url(settings.REDIS_URL)
    (name,) = server.scan_iter(f"fairlead:calls:{ApiKey.objects.get().pk}:*")
    assert 0 < int(server.ttl(name)) <= 120


def test_without_redis_calls_are_let_through_and_redis_is_left_alone_for_a_while(
    api_key: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    make_policy()
    settings.API_REQUESTS_PER_MINUTE = 1
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    caller = Caller(api_key)
    assert [caller.post("flags", flag()).status_code for _ in range(3)] == [202] * 3
    assert caplog.text.count("Calls are not counted") == 1


def test_a_connection_that_is_closed_while_it_is_read_costs_no_call(
    api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed:
        def pipeline(self, transaction: bool) -> None:
            raise ValueError("I/O operation on closed file.")

    monkeypatch.setattr(limits, "_redis", lambda url: Closed())
    assert Caller(api_key).get("decisions").status_code == 200
