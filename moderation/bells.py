"""Bells: what Redis is for. They say that there is work or news; the record of it is in PostgreSQL.

A bell that nobody hears costs time, never work: the sweeps of config/cron.py ring again. So a Redis that is down
or was emptied is logged, and nothing fails because of it.
"""

from __future__ import annotations

import logging
from functools import partial

import django_rq
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

BOARD_GROUP = "board"


def work_waits(function: str, queue: str = "default") -> None:
    """After commit, have a worker call ``function`` (dotted path, no arguments: it finds its work in the tables)."""
    transaction.on_commit(partial(_enqueue, function, queue), robust=True)


def lane_changed(queue_id: int | None, language: str) -> None:
    """After commit, tell open boards that a lane's counts changed. Carries ids only."""
    transaction.on_commit(
        partial(_tell_boards, {"type": "lane.changed", "queue": queue_id, "language": language}), robust=True
    )


def _enqueue(function: str, queue: str) -> None:
    try:
        django_rq.get_queue(queue).enqueue(function, result_ttl=0, failure_ttl=86_400)
    except (RedisError, OSError):
        log.warning("No bell for %s: Redis cannot be reached; the sweep will find the work", function)


def _tell_boards(message: dict[str, object]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(BOARD_GROUP, message)
    except (RedisError, OSError):
        log.warning("No bell for the boards: Redis cannot be reached; they ask again by themselves")
