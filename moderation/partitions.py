"""The monthly partitions of the tables that grow for ever."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from django.db import OperationalError, connection, transaction
from psycopg.sql import SQL, Identifier

TABLES: Final = ("moderation_event", "moderation_deliveryattempt")
MONTHS_AHEAD: Final = 2
# How make_month_partitions (migration 0002) names them.
MONTH: Final = re.compile(r"_(\d{4})_(\d{2})$")


def make_partitions() -> int:
    """Make the partitions of this month and the next ones, where they are missing. How many were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(make_month_partitions(parent, %s)) FROM unnest(%s::text[]) AS parent",
            [MONTHS_AHEAD, list(TABLES)],
        )
        return int(cursor.fetchone()[0])


def drop_empty(table: str, before: datetime) -> int:
    """Drop the monthly partitions that ended before ``before`` and hold nothing any more. How many went.

    Waits for nobody: a partition that somebody reads is left to the next time.
    """
    dropped = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table]
        )
        for (name,) in cursor.fetchall():
            month = MONTH.search(name)
            if month is None or _end_of(month) > before:
                continue
            cursor.execute(SQL("SELECT EXISTS (SELECT 1 FROM {})").format(Identifier(name)))
            if not cursor.fetchone()[0]:
                dropped += _dropped(name)
    return dropped


def _end_of(month: re.Match[str]) -> datetime:
    years, months = divmod(int(month[1]) * 12 + int(month[2]), 12)
    return datetime(years, months + 1, 1, tzinfo=UTC)


def _dropped(name: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
            cursor.execute(SQL("DROP TABLE {}").format(Identifier(name)))
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError:
        return False
    return True
