"""An export of Events with proofs: whoever has the file and the desk's public key, or one head that was written down,
can check each Event without Fairlead (``check_proof.py``).

One JSON object a line: first the format and the keys, then each seal followed by its Events with their proofs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from moderation import keys
from moderation.models import Seal
from moderation.sealing import heads, merkle
from moderation.sealing.leaves import lines

FORMAT: Final = "fairlead audit export 1"


class Damaged(Exception):
    """An Event is not as it was sealed, so there is no proof of it. ``audit verify`` says what is wrong."""


def export(first: int = 1, last: int | None = None) -> Iterator[str]:
    """The lines of an export of the seals numbered ``first`` to ``last`` (None: the latest). Raises Damaged."""
    yield _line(format=FORMAT, keys=[key.public_bytes_raw().hex() for key in keys.public_keys()])
    number = first
    while (last is None or number <= last) and (seal := Seal.objects.filter(number=number).first()):
        yield _line(
            seal=seal.number,
            statement=heads.statement(seal),
            head=bytes(seal.head).hex(),
            signature=bytes(seal.signature).hex(),
        )
        yield from _events(seal)
        number += 1


def _events(seal: Seal) -> Iterator[str]:
    levels = merkle.tree(merkle.split(bytes(seal.leaves)))
    index = -1
    for index, line in enumerate(lines(seal.first_event - 1, seal.last_event)):
        if index >= len(levels[0]) or merkle.leaf(line.content) != levels[0][index]:
            raise Damaged(f"Event {line.id} is not as seal {seal.number} has it")
        path = [each.hex() for each in merkle.proof(levels, index)]
        yield _line(event=line.id, seal=seal.number, index=index, line=line.content.decode(), proof=path)
    if index + 1 != len(levels[0]):
        raise Damaged(f"Events of seal {seal.number} are missing")


def _line(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"
