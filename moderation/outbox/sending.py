"""One HTTP request to one endpoint. The only place of Fairlead that makes any."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypedDict

import httpx
from django.conf import settings

from moderation.models import Message
from moderation.outbox import signing

# Bytes of an answer that are read for the sake of the connection.
MOST_READ: Final = 4096


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

    @property
    def taken(self) -> bool:
        return not self.error


async def send(client: httpx.AsyncClient, message: Message) -> Answer:
    """Send one attempt; never raises for what the other side does.

    Only 2xx is success. Redirects are not followed: a signed message goes to the address that an admin entered.
    The deadline is on the whole exchange, so that an endpoint cannot hold a worker by answering a byte at a time;
    the body of the answer says nothing.
    """
    started = time.monotonic()

    def answer(status: int | None, error: str, retry_after: timedelta | None = None) -> Answer:
        return Answer(status, error[:500], round((time.monotonic() - started) * 1000), retry_after)

    status, retry_after = None, None
    try:
        async with (
            asyncio.timeout(settings.WEBHOOK_TIMEOUT_SECONDS),
            client.stream(
                "POST", message.endpoint.url, follow_redirects=False, **_signed(message)
            ) as response,
        ):
            status = response.status_code
            retry_after = _retry_after(response.headers.get("retry-after", ""))
            await _read_short(response)
    except Exception as error:
        # Whatever it is about this message or endpoint, the others must go on; it is written down with the attempt.
        # Once there is a status, that is the answer, however the rest of it went.
        if status is None:
            return answer(None, _in_words(error))
    if HTTPStatus(200) <= status < HTTPStatus(300):
        return answer(status, "")
    if HTTPStatus(300) <= status < HTTPStatus(400):
        return answer(status, f"Answered {status}: redirects are not followed")
    return answer(status, f"Answered {status}", retry_after)


async def _read_short(response: httpx.Response) -> None:
    """Read a short body to its end, so that the connection serves the next message; leave a longer one."""
    length = response.headers.get(
        "content-length", "0" if response.status_code == HTTPStatus.NO_CONTENT else ""
    )
    if length.isdecimal() and int(length) <= MOST_READ:
        async for _ in response.aiter_raw():
            pass


def _in_words(error: Exception) -> str:
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return f"No answer within {settings.WEBHOOK_TIMEOUT_SECONDS:g} s"
    return f"{type(error).__name__}: {error}"


def _signed(message: Message) -> Signed:
    body = json.dumps(message.payload, ensure_ascii=False, separators=(",", ":"))
    headers = signing.headers(message.endpoint.secret, str(message.webhook_id), body, datetime.now(UTC))
    return {
        "content": body.encode(),
        "headers": headers | {"content-type": "application/json; charset=utf-8", "user-agent": "Fairlead"},
    }


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
