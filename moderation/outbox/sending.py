"""One HTTP request to one endpoint, over a guarded client (moderation/outgoing.py)."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypedDict

import httpx
from django.conf import settings

from moderation.models import Message
from moderation.outbox import signing
from moderation.outbox.rotation import CannotDecrypt, live
from moderation.outgoing import AddressRefused

# Bytes of an answer that are read.
MOST_READ: Final = 4096
ALREADY_GONE: Final = "already_gone"
HEADERS: Final = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Fairlead",
    # What is read of an answer is read as it comes.
    "accept-encoding": "identity",
}


class Signed(TypedDict):
    """What ``httpx`` is given of one attempt."""

    content: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """How an attempt went. ``status`` is None where nobody answered; ``error`` is empty where it was taken."""

    status: int | None
    error: str
    milliseconds: int
    retry_after: timedelta | None = None
    already_gone: bool = False

    @property
    def taken(self) -> bool:
        return not self.error


async def send(client: httpx.AsyncClient, message: Message) -> Answer:
    """Send one attempt; never raises for what the other side does.

    Only 2xx is success. Redirects are not followed: a signed message goes to the address that an admin entered.
    The deadline is on the whole exchange, so that an endpoint cannot hold a worker by answering a byte at a time.
    """
    started = time.monotonic()

    def answer(status: int | None, error: str, retry_after: timedelta | None = None) -> Answer:
        return Answer(status, error[:500], round((time.monotonic() - started) * 1000), retry_after)

    status, retry_after, body = None, None, b""
    try:
        async with (
            asyncio.timeout(settings.WEBHOOK_TIMEOUT_SECONDS),
            client.stream(
                "POST", message.endpoint.url, follow_redirects=False, **_signed(message)
            ) as response,
        ):
            status = response.status_code
            retry_after = _retry_after(response.headers.get("retry-after", ""))
            body = await _read_short(response)
    except Exception as error:
        # Whatever it is about this message or endpoint, the others must go on; it is written down with the attempt.
        # Once there is a status, that is the answer, however the rest of it went.
        if status is None:
            return answer(None, _in_words(error))
    if HTTPStatus(200) <= status < HTTPStatus(300):
        return replace(answer(status, ""), already_gone=_says_already_gone(body))
    if HTTPStatus(300) <= status < HTTPStatus(400):
        return answer(status, f"Answered {status}: redirects are not followed")
    return answer(status, f"Answered {status}", retry_after)


async def _read_short(response: httpx.Response) -> bytes:
    """Read a short body to its end, so that the connection serves the next message; of a longer one the beginning."""
    length = response.headers.get("content-length", "")
    body = b""
    if not length.isdecimal() or int(length) <= MOST_READ:
        async for part in response.aiter_raw():
            body += part
            if len(body) > MOST_READ:
                break
    return body[:MOST_READ]


def _says_already_gone(body: bytes) -> bool:
    """Whether the answer is ``{"result": "already_gone"}``. Whatever else it says means nothing."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("result") == ALREADY_GONE


def _in_words(error: Exception) -> str:
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return f"No answer within {settings.WEBHOOK_TIMEOUT_SECONDS:g} s"
    if isinstance(error, (AddressRefused, CannotDecrypt)):
        return f"Not sent: {error}"
    return f"{type(error).__name__}: {error}"


def _signed(message: Message) -> Signed:
    body = json.dumps(message.payload, ensure_ascii=False, separators=(",", ":"))
    now = datetime.now(UTC)
    headers = signing.headers(live(message.endpoint, now), str(message.webhook_id), body, now)
    return {"content": body.encode(), "headers": headers | HEADERS}


def _retry_after(header: str) -> timedelta | None:
    """Retry-After as a wait: seconds or an HTTP date (RFC 9110 §10.2.3); None where it is neither."""
    try:
        return timedelta(seconds=int(header))
    except (ValueError, OverflowError):
        pass
    try:
        return max(parsedate_to_datetime(header) - datetime.now(UTC), timedelta(0))
    except (ValueError, TypeError):
        return None
