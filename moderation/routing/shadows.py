"""Shadows: what an earlier rule always catches before a later one could. Pure; no tables.

It errs on one side: what is called a shadow is one, whatever the facts of a case; not every shadow is found.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from moderation.conditions import BOUNDS

# Combinations of values that are looked at one by one; a rule with more is looked at as a whole.
MOST_VARIANTS: Final = 256

Conditions = Mapping[str, Any]


def catches_all_of(earlier: Conditions, later: Conditions) -> bool:
    """Whether whatever meets ``later`` meets ``earlier``."""
    return all(_implied(key, accepted, later.get(key)) for key, accepted in earlier.items())


def caught_before(conditions: Conditions, earlier: Sequence[tuple[int, Conditions]]) -> list[int]:
    """The numbers of the earlier rules that together catch all that these conditions could; empty where they do not."""
    whole = next((number for number, asked in earlier if catches_all_of(asked, conditions)), None)
    if whole is not None:
        return [whole]
    by: set[int] = set()
    for variant in _variants(conditions):
        number = next((number for number, asked in earlier if catches_all_of(asked, variant)), None)
        if number is None:
            return []
        by.add(number)
    return sorted(by)


def values_caught_before(
    conditions: Conditions, earlier: Sequence[tuple[int, Conditions]]
) -> list[tuple[str, str, int]]:
    """Single accepted values that never count, as (condition, value, number of the rule that catches it before)."""
    found = []
    for key, accepted in conditions.items():
        if not isinstance(accepted, list) or len(accepted) < 2:
            continue
        for value in accepted:
            only = {**conditions, key: [value]}
            number = next((number for number, asked in earlier if catches_all_of(asked, only)), None)
            if number is not None:
                found.append((key, value, number))
    return found


def _implied(key: str, accepted: Any, later: Any) -> bool:
    """Whether one condition holds wherever the later rule's own condition of that name (None: it has none) does."""
    if key in BOUNDS:
        bound = BOUNDS[key]
        trivial = bound.low if bound.least else bound.high
        # Severity and sureness are always known; a score or a reach may not be, and is then under every number.
        if accepted == trivial and bound.fact in ("severity", "confidence"):
            return True
        return later is not None and (later >= accepted if bound.least else later <= accepted)
    if key == "language":
        return "*" in accepted or (
            later is not None
            and all(any(_range_within(inner, outer) for outer in accepted) for inner in later)
        )
    return later is not None and set(later) <= set(accepted)


def _range_within(inner: str, outer: str) -> bool:
    """Whether every tag in the one range is in the other: its subtags, in order, are among the inner one's."""
    have, wanted = inner.lower().split("-"), outer.lower().split("-")
    if wanted[0] not in ("*", have[0]):
        return False
    rest = iter(have[1:])
    return all(any(subtag == each for each in rest) for subtag in wanted[1:] if subtag != "*")


def _variants(conditions: Conditions) -> list[dict[str, Any]]:
    """The conditions once for each combination of their single values: a case that meets them meets one of these."""
    lists = {key: accepted for key, accepted in conditions.items() if isinstance(accepted, list)}
    count = 1
    for accepted in lists.values():
        count *= len(accepted)
    if count > MOST_VARIANTS:
        return [dict(conditions)]
    return [
        {**conditions, **{key: [value] for key, value in zip(lists, values, strict=True)}}
        for values in itertools.product(*lists.values())
    ]
