"""Calls to the API as a platform makes them, through Django's test client."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.models import Platform
from moderation.models import (
    Case,
    Event,
    Flag,
    IdempotencyKey,
    Item,
    Screening,
    Snapshot,
)

NDJSON = "application/x-ndjson"


class Caller:
    """A platform with a key."""

    def __init__(self, key: str) -> None:
        self.client = Client()
        self.headers = {"authorization": f"Bearer {key}"}

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.headers)

    def post(self, path: str, body: Any, *, content_type: str = "application/json", **headers: str) -> Any:
        """``body``: bytes as they are, anything else as JSON. Headers as ``idempotency_key="k"``."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/api/v1/{path}", data, content_type=content_type, headers=self.headers | named
        )

    def batch(self, path: str, body: bytes, **headers: str) -> list[dict[str, Any]]:
        """The answers to a batch, one a line."""
        response = self.post(path, body, content_type=NDJSON, **headers)
        assert response.status_code == 200, response.content
        assert response["Content-Type"] == NDJSON
        return [json.loads(line) for line in response.getvalue().splitlines()]


def flag(item: str = "post-1", **changes: Any) -> dict[str, Any]:
    """A flag as a platform sends it. ``item_…`` changes the item."""
    of_item = {
        name.removeprefix("item_"): changes.pop(name) for name in list(changes) if name.startswith("item_")
    }
    fields: dict[str, Any] = {
        "item": {"kind": "content", "id": item, "text": "Some words", "language": "en"} | of_item,
        "source": "user_notice",
        "policy": "hate-speech",
    }
    return fields | changes


def ndjson(*lines: Any) -> bytes:
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )


def rows() -> dict[str, int]:
    """How many there are of everything that a call can write."""
    tables = (Case, Event, Flag, IdempotencyKey, Item, Screening, Snapshot)
    return {table.__name__: table._default_manager.count() for table in tables}


def problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    """The problem details of an answer, of that kind."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["type"].endswith(f"/api/v1/docs#{slug}")
    return body


def key_of(platform: Platform, *scopes: str, **changes: Any) -> str:
    from accounts.api_keys import create_key

    return create_key(platform, "tests", scopes, **changes)[1]
