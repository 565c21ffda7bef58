"""The Events that tell of seals (``trail.sealed``): whoever takes the last seal away leaves one that names it."""

from __future__ import annotations

import json
from typing import Any, Final

from django.db import connection

from moderation.models import Seal
from moderation.sealing.findings import Damage, Findings
from moderation.sealing.leaves import LINE, Line
from moderation.sealing.sealer import TELLS

# By the index event_kind.
UNSEALED_TELLINGS: Final = (
    f"SELECT id, {LINE} FROM moderation_event WHERE kind = %s AND id > %s ORDER BY id LIMIT 1000"  # noqa: S608
)


class Tellings:
    """Matches each seal with the Event that tells of it, which comes after all that the seal covers."""

    def __init__(self, findings: Findings) -> None:
        self.since = 1
        self._findings = findings
        self._untold: dict[int, str] = {}
        self._latest = 0
        self._missing: set[int] = set()

    def made(self, seal: Seal) -> None:
        self._untold[seal.number] = bytes(seal.head).hex()
        self._latest = seal.number

    def missing(self, first: int, last: int) -> None:
        """Seals that are known to be gone need no second finding."""
        self._missing |= set(range(first, min(last, first + 10_000) + 1))

    def heard(self, line: Line) -> None:
        if line.kind != TELLS:
            return
        told = _told(line)
        number, head = told.get("seal"), told.get("head")
        if not isinstance(number, int) or number < self.since:
            return
        expected = self._untold.pop(number, None)
        if expected is None and number > self._latest and number not in self._missing:
            self._missing.add(number)
            self._findings.add(
                Damage.SEAL_MISSING,
                f"Seal {number} is missing: event {line.id} tells that it was made",
                event=line.id,
                seal=number,
            )
        elif expected is not None and expected != head and not self._findings:
            self._findings.add(
                Damage.HEAD_DIFFERS,
                f"Seal {number} has another head than event {line.id} tells",
                event=line.id,
                seal=number,
            )

    def hear_unsealed(self, after: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(UNSEALED_TELLINGS, [TELLS, after])
            rows = cursor.fetchall()
        for number, text in rows:
            self.heard(Line(number, TELLS, text.encode()))

    def end(self) -> None:
        """Every seal must have been told of; where something is wrong already, that is said and explains it."""
        if self._findings:
            return
        for number in self._untold:
            self._findings.add(Damage.DELETED, f"The event that told of seal {number} is gone", seal=number)


def _told(line: Line) -> dict[str, Any]:
    data = json.loads(line.content)[-1]
    return data if isinstance(data, dict) else {}
