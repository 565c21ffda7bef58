"""Bells: what Redis is for. They say that there is work or news; the record of it is in PostgreSQL.

A bell that nobody hears costs time, never work: the timers of config/cron.py ring again. So a Redis that is down
or was emptied is logged, and nothing fails because of it.

A bell that rings already is not rung again: a thousand flags in a second make one job, not a thousand. It stops
ringing when its worker begins to look, before it looks, so whoever finds it still ringing knows that the worker will
see her work. A bell whose job was lost falls silent by itself before the timers ring again.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import cache, partial

import django_rq
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

BOARD_GROUP = "board"
# What the client raises where Redis cannot be reached; the last where a connection is closed while it is being read.
LOST = (RedisError, OSError, ValueError)


def work_waits(function: str, queue: str = "default") -> None:
    """After commit, have a worker call ``function`` (dotted path, no arguments: it finds its work in the tables)."""
    transaction.on_commit(partial(ring, function, queue), robust=True)


def lane_changed(queue_id: int | None, language: str) -> None:
    """After commit, tell open boards that a lane's counts changed. Carries ids only."""
    transaction.on_commit(
        partial(_tell_boards, {"type": "lane.changed", "queue": queue_id, "language": language}), robust=True
    )


def configuration_changed() -> None:
    """After commit, tell web processes and open boards that it may be somebody else's turn now."""
    transaction.on_commit(partial(_tell_boards, {"type": "configuration.changed"}), robust=True)


def ring(function: str, queue: str = "default") -> None:
    """Have a worker call ``function`` now, unless one is about to."""
    try:
        if _redis().set(_bell(function), 1, nx=True, ex=settings.SWEEP_SECONDS):
            waiting = django_rq.get_queue(queue, connection=_redis(), commit_mode="auto")
            waiting.enqueue(answer, function, result_ttl=0, failure_ttl=86_400)
    except LOST:
        log.warning("No bell for %s: Redis cannot be reached; the timers will ring again", function)


def answer(function: str) -> None:
    """The job that a bell makes: silence it, then do the work."""
    with suppress(*LOST):
        _redis().delete(_bell(function))
    import_string(function)()


def _bell(function: str) -> str:
    return f"{settings.CHANNEL_PREFIX}:bell:{function}"


def _tell_boards(message: dict[str, object]) -> None:
    """What the layer's ``group_send`` publishes, but over a pooled synchronous connection.

    ``async_to_sync(group_send)`` makes an event loop and a connection each time, outside of a web process, which
    costs more than the claim that it tells of. tests/test_websocket.py fails if the two ever differ.
    """
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        _redis().publish(f"{settings.CHANNEL_PREFIX}__group__{BOARD_GROUP}", layer.serialize(message))
    except LOST:
        log.warning("No bell for the boards: Redis cannot be reached; they ask again by themselves")


@cache
def _redis() -> Redis:
    """One pool, which starts afresh after a fork. Who rings does not wait: one retry, for a connection gone stale."""
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1)
    )
