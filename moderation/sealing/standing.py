"""How single Events stand: in which seal, and whether they still are what was sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from moderation.sealing.leaves import LINE
from moderation.sealing.merkle import leaf

# The seal that covers each number, by the index seal_last_event, and the hash that it has for it: none where the
# number is not among what was sealed. Then the Event as it is now.
STANDING: Final = f"""
SELECT e.id, {LINE}, seal.number, substring(seal.leaves FROM seal.place * 32 - 31 FOR 32)
FROM moderation_event e
LEFT JOIN LATERAL (
    SELECT s.number, s.leaves, array_position(s.event_ids, e.id) AS place
    FROM moderation_seal s WHERE s.last_event >= e.id ORDER BY s.last_event LIMIT 1
) AS seal ON true
WHERE e.id = ANY(%s)
"""  # noqa: S608  LINE is ours


@dataclass(frozen=True)
class Standing:
    """``seal`` is the number of the seal that covers the Event (none: not sealed yet). ``sound``: it is as sealed."""

    seal: int | None
    sound: bool


def standing_of(numbers: Sequence[int]) -> dict[int, Standing]:
    """How these Events stand, by number. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(numbers)])
        rows = cursor.fetchall()
    return {
        number: Standing(seal, seal is None or (sealed is not None and leaf(line.encode()) == bytes(sealed)))
        for number, line, seal, sealed in rows
    }
