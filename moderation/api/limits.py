"""How much a platform may send: calls a minute for each key, bytes for each call."""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import Any, Final

import redis
from django.conf import settings
from django.http import HttpRequest

from accounts.models import ApiKey
from moderation.api.problems import LENGTH_REQUIRED, TOO_LARGE, TOO_MANY, Problem
from moderation.bells import LOST

log = logging.getLogger(__name__)

MINUTE: Final = 60
# Redis only counts calls. While it is away they are let through, and it is not asked again for this long.
PAUSE_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 1.0

_ask_again_at = 0.0


def count_call(key: ApiKey) -> None:
    """Count one call in this minute of the clock. Raises Problem (429) beyond API_REQUESTS_PER_MINUTE."""
    now = time.time()
    count = _count(f"fairlead:calls:{key.pk}:{int(now // MINUTE)}")
    if count > settings.API_REQUESTS_PER_MINUTE:
        seconds = MINUTE - int(now % MINUTE)
        raise Problem(
            TOO_MANY,
            f"At most {settings.API_REQUESTS_PER_MINUTE} calls a minute; the next minute begins in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )


def _count(name: str) -> int:
    global _ask_again_at
    if time.monotonic() < _ask_again_at:
        return 0
    try:
        pipeline: Any = _redis(settings.REDIS_URL).pipeline(transaction=False)
        counted, _ = pipeline.incr(name).expire(name, 2 * MINUTE).execute()
    except LOST:
        _ask_again_at = time.monotonic() + PAUSE_SECONDS
        log.warning("Calls are not counted: Redis cannot be reached")
        return 0
    return int(counted)


@cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)


def check_length(request: HttpRequest, most: int, *, required: bool) -> None:
    """Refuse a body by its Content-Length, before it is read. Raises Problem (411, 413)."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal():
        if required:
            raise Problem(LENGTH_REQUIRED, "Send a body, and its length in a Content-Length header")
        return
    if int(length) > most:
        raise Problem(TOO_LARGE, f"At most {most} bytes here; this body has {int(length)}")
