"""What a rule asks of whoever takes a case, beyond its queue, under a digest that is the same for the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from moderation.models import Requirements


def remember(clearances: Sequence[str], steps: list[dict[str, Any]], languages: Sequence[str] = ()) -> str:
    """The digest of these requirements, written down if they are new. Empty where nothing more is asked."""
    digest = digest_of(clearances, steps, languages)
    if digest:
        Requirements.objects.get_or_create(
            digest=digest,
            defaults={"clearances": sorted(clearances), "steps": steps, "languages": sorted(languages)},
        )
    return digest


def remember_many(asked: Mapping[str, tuple[Sequence[str], list[dict[str, Any]], Sequence[str]]]) -> None:
    """Write down whatever is new of these: digest → clearances, steps and languages. One statement, or none for
    nothing.
    """
    rows = [
        Requirements(digest=digest, clearances=sorted(clearances), steps=steps, languages=sorted(languages))
        for digest, (clearances, steps, languages) in asked.items()
        if digest
    ]
    if rows:
        Requirements.objects.bulk_create(rows, ignore_conflicts=True)


def without_steps(digest: str) -> str:
    """The digest of the same clearances and languages with the queue's own steps, for a case that a person takes
    elsewhere.
    """
    if not digest:
        return ""
    asked = Requirements.objects.get(digest=digest)
    return remember(asked.clearances, [], asked.languages)


def digest_of(clearances: Sequence[str], steps: list[dict[str, Any]], languages: Sequence[str] = ()) -> str:
    """Sixteen hexadecimal digits that name the requirements; empty where nothing more is asked."""
    if not clearances and not steps and not languages:
        return ""
    parts: list[Any] = [sorted(clearances), steps]
    # Those that ask for no language keep the name that they always had.
    written = json.dumps([*parts, sorted(languages)] if languages else parts, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]
