"""The monthly partitions of the tables that grow for ever."""

from __future__ import annotations

from typing import Final

from django.db import connection

TABLES: Final = ("moderation_event", "moderation_deliveryattempt")
MONTHS_AHEAD: Final = 2


def make_partitions() -> int:
    """Make the partitions of this month and the next ones, where they are missing. How many were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(make_month_partitions(parent, %s)) FROM unnest(%s::text[]) AS parent",
            [MONTHS_AHEAD, list(TABLES)],
        )
        return int(cursor.fetchone()[0])
