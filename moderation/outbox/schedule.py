"""When a webhook is tried again (Standard Webhooks 1.0.0: ten attempts over about three days)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings

# The wait before the first attempt, the second, and so on.
WAITS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Up to this share more, so that what failed together does not come back together.
JITTER: Final = 0.1
LONGEST_ASKED_FOR: Final = timedelta(hours=24)

_random = secrets.SystemRandom()


def wait_after(attempts: int, asked_for: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many failed attempts; None: no further one. ``asked_for`` is its Retry-After.

    ``settings.WEBHOOK_WAIT_SCALE`` shortens what is ours to choose.
    """
    if attempts >= len(WAITS):
        return None
    scale: float = settings.WEBHOOK_WAIT_SCALE
    wait = WAITS[attempts] * (1 + _random.uniform(0, JITTER)) * scale
    return max(wait, min(asked_for, LONGEST_ASKED_FOR)) if asked_for else wait
