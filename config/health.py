"""Whether this process can do its work: for load balancers and for whoever starts the desk."""

from __future__ import annotations

import logging

import django_rq
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """``{"database": "ok", "redis": "ok"}``. 503 without the database; without Redis the desk works, only slower."""
    database, redis = _database_answers(), _redis_answers()
    return JsonResponse(
        {"database": "ok" if database else "unreachable", "redis": "ok" if redis else "unreachable"},
        status=200 if database else 503,
        headers={"Cache-Control": "no-store"},
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("The database does not answer")
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(django_rq.get_connection("default").ping())
    except (RedisError, OSError):
        log.warning("Redis does not answer")
        return False
