"""What a rule asks of whoever takes a case, beyond its queue, under a digest that is the same for the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from moderation.models import Requirements


def remember(clearances: Sequence[str], steps: list[dict[str, Any]]) -> str:
    """The digest of these requirements, written down if they are new. Empty where nothing more is asked."""
    digest = digest_of(clearances, steps)
    if digest:
        Requirements.objects.get_or_create(
            digest=digest, defaults={"clearances": sorted(clearances), "steps": steps}
        )
    return digest


def remember_many(asked: Mapping[str, tuple[Sequence[str], list[dict[str, Any]]]]) -> None:
    """Write down whatever is new of these: digest → clearances and steps. One statement, or none for nothing."""
    rows = [
        Requirements(digest=digest, clearances=sorted(clearances), steps=steps)
        for digest, (clearances, steps) in asked.items()
        if digest
    ]
    if rows:
        Requirements.objects.bulk_create(rows, ignore_conflicts=True)


def clearances_alone(digest: str) -> str:
    """The digest of the same clearances with the queue's own steps, for a case that a person takes elsewhere."""
    return remember(Requirements.objects.get(digest=digest).clearances, []) if digest else ""


def digest_of(clearances: Sequence[str], steps: list[dict[str, Any]]) -> str:
    """Sixteen hexadecimal digits that name the requirements; empty where nothing more is asked."""
    if not clearances and not steps:
        return ""
    written = json.dumps([sorted(clearances), steps], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]
