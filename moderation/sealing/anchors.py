"""Heads that were written down elsewhere: with one, nobody who can write to the database and knows the desk's key can
put another trail in the place of this one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from moderation.models import Seal
from moderation.sealing.findings import Damage, Findings

# As `audit head` writes it; more may stand before and behind.
ANCHOR: Final = re.compile(r"\bseal (?P<seal>\d{1,18}) head (?P<head>[0-9a-f]{64})\b")
HEAD: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Anchor:
    """The head of a seal (hex), and the seal's number where it was written down too."""

    head: str
    seal: int | None = None


def read(text: str) -> list[Anchor]:
    """Every line of a file that holds what ``audit head`` printed. Raises ValueError where none does."""
    found = [Anchor(each["head"], int(each["seal"])) for each in ANCHOR.finditer(text)]
    if not found:
        raise ValueError("No line says “seal … head …”")
    return found


def compare(anchors: Iterable[Anchor], findings: Findings) -> None:
    """Add a finding for each head that no seal, or another than was written down, has."""
    for anchor in anchors:
        number = Seal.objects.filter(head=bytes.fromhex(anchor.head)).values_list("number", flat=True).first()
        if number is None:
            of = "A seal" if anchor.seal is None else f"Seal {anchor.seal}"
            words = f"{of} had the head {anchor.head} when it was written down, and no seal has it now"
            findings.add(Damage.HEAD_DIFFERS, words, seal=anchor.seal)
        elif anchor.seal is not None and number != anchor.seal:
            words = f"Seal {number} has the head that was written down for seal {anchor.seal}"
            findings.add(Damage.HEAD_DIFFERS, words, seal=anchor.seal)
