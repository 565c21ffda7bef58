"""One file over HTTP, within limits of size and time, and never from an address that is not public."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

import httpx
from asgiref.sync import async_to_sync
from django.conf import settings

from moderation import outgoing
from moderation.holds.kinds import mime_of

# The whole of one attempt, in seconds, and each step of it.
FETCH_SECONDS: Final = 60
STEP_SECONDS: Final = 15
# Addresses of media often lead to a storage's; each step goes through the guard.
MOST_REDIRECTS: Final = 5


@dataclass(frozen=True)
class Fetched:
    """A file: its bytes, their SHA-256 in hex, and its media type by content."""

    content: bytes
    sha256: str
    mime: str


class NotFetched(Exception):
    """Why there is no file, for a person to read."""


def fetch(url: str) -> Fetched:
    """The file at an address. Raises NotFetched."""
    try:
        content = async_to_sync(_within_time)(url)
    except TimeoutError:
        raise NotFetched(f"It did not come within {FETCH_SECONDS} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NotFetched(f"{type(error).__name__}: {error}") from error
    return Fetched(content, hashlib.sha256(content).hexdigest(), mime_of(content))


async def _within_time(url: str) -> bytes:
    # Each step's time is httpx's; a server that sends a byte now and then is stopped here.
    async with asyncio.timeout(FETCH_SECONDS):
        return await _read(url)


async def _read(url: str) -> bytes:
    most = settings.PRESERVED_FILE_BYTES
    async with outgoing.client(STEP_SECONDS) as client:
        client.follow_redirects = True
        client.max_redirects = MOST_REDIRECTS
        # As it is stored: a declared digest is of the file, not of a compressed form of it.
        async with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NotFetched(f"The platform answered {answer.status_code}")
            content = bytearray()
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > most:
                    raise NotFetched(f"It is larger than {most} bytes")
    if not content:
        raise NotFetched("The answer was empty")
    return bytes(content)
