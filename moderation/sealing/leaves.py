"""What of an Event is sealed: one line of JSON with all its columns, written by PostgreSQL from the row as it is.

    [17, 1795255200123456, "case.claimed", "person", 4, 12, 9, {"how": "next"}]

that is id, moment (microseconds since 1970 in UTC), kind, actor, actor_id, case_id, item_id, data; in UTF-8. ``data``
is jsonb, whose text PostgreSQL writes in one form only. Two different rows never make the same line: JSON escapes
what could run over into the next column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connection

LINE: Final = """
json_build_array(id, trunc(extract(epoch FROM at) * 1000000), kind, actor, actor_id, case_id, item_id, data)::text
"""
# Walks the primary keys of the partitions; each page is a statement of its own, so no snapshot stays open.
PAGE: Final = f"""
SELECT id, at::text, kind, {LINE} FROM moderation_event
WHERE (id, at) > (%s, %s::timestamptz) AND id <= %s ORDER BY id, at LIMIT %s
"""  # noqa: S608  LINE is ours
PAGE_ROWS: Final = 5_000
BEFORE_ALL: Final = -(2**63)
AFTER_ALL: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Line:
    """An Event as it is sealed."""

    id: int
    kind: str
    content: bytes

    def as_number(self, number: int) -> bytes:
        """What it would be under another number."""
        return b"[%d" % number + self.content[self.content.index(b",") :]


def lines(after: int, upto: int) -> Iterator[Line]:
    """The Events with ``after`` < id <= ``upto`` in order, page by page: memory stays flat however many there are."""
    position = (after, "infinity")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(PAGE, [*position, upto, PAGE_ROWS])
            rows = cursor.fetchall()
        for number, _at, kind, text in rows:
            yield Line(number, kind, text.encode())
        if len(rows) < PAGE_ROWS:
            return
        position = (rows[-1][0], rows[-1][1])
