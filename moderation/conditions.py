"""The conditions of a routing rule: what may be asked of a case, and whether it holds. Pure; no tables.

Conditions are an object, all of whose entries must hold: fact → list of accepted values, of which one is enough, and
``min_…`` or ``max_…`` → a number. Languages are RFC 4647 extended ranges: ``zh-*`` and ``zh`` are any Chinese,
``*-Cyrl`` is anything in Cyrillic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import langcodes

from moderation import languages

# A language range of RFC 4647, section 2.2.
RANGE: Final = re.compile(r"(\*|[A-Za-z]{1,8})(-(\*|[A-Za-z0-9]{1,8}))*")


class Asked(Protocol):
    """The facts of a case that conditions are asked of (``moderation.routing.facts.Facts``)."""

    @property
    def severity(self) -> int: ...
    @property
    def language(self) -> str: ...


@dataclass(frozen=True)
class Bound:
    """A number that a fact must not be under (or, where not ``least``, over), itself from ``low`` to ``high``.

    A fact that nobody knows is under every number.
    """

    fact: str
    least: bool
    low: float
    high: float
    whole: bool


# Condition → the fact that it looks at. A fact that is a set holds where any of its values is accepted.
FACTS: Final = {
    "policy": "policy",
    "origin": "origin",
    "item_kind": "item_kind",
    "item_type": "item_type",
    "platform": "platform",
    "source": "sources",
    "detector": "detectors",
    "disclosure": "disclosure",
    "country": "country",
}
BOUNDS: Final = {
    "min_severity": Bound("severity", True, 1, 5, whole=True),
    "max_severity": Bound("severity", False, 1, 5, whole=True),
    "min_confidence": Bound("confidence", True, 0, 1, whole=False),
    "max_confidence": Bound("confidence", False, 0, 1, whole=False),
    "min_score": Bound("best_score", True, 0, 1, whole=False),
    "min_reach": Bound("reach", True, 1, 10**12, whole=True),
    "min_author_breaches": Bound("author_breaches", True, 1, 100, whole=True),
}
KNOWN: Final = frozenset({*FACTS, *BOUNDS, "language"})


class UnknownCondition(ValueError):
    """Conditions that cannot be asked: a key nobody knows, or a value of the wrong kind. Says which (``key``)."""

    def __init__(self, words: str, key: str = "") -> None:
        super().__init__(words)
        self.key = key


def check(conditions: object) -> None:
    """Raises UnknownCondition, with words for whoever wrote the rule."""
    if not isinstance(conditions, dict):
        raise UnknownCondition("Conditions are an object of fact → list of accepted values")
    for key, accepted in conditions.items():
        check_one(key, accepted)
    for fact in ("severity", "confidence"):
        least, most = conditions.get(f"min_{fact}"), conditions.get(f"max_{fact}")
        if least is not None and most is not None and least > most:
            raise UnknownCondition(f"No {fact} is both at least {least} and at most {most}", f"max_{fact}")


def check_one(key: str, accepted: object) -> None:
    """Whether one condition can be asked. Raises UnknownCondition."""
    if key in BOUNDS:
        _check_bound(key, accepted)
        return
    if key not in KNOWN:
        raise UnknownCondition(
            f"Nobody knows the condition “{key}”. Known are: {', '.join(sorted(KNOWN))}", key
        )
    if not isinstance(accepted, list) or not accepted or not all(isinstance(v, str) and v for v in accepted):
        raise UnknownCondition(f"“{key}” takes a list of at least one accepted value, each a text", key)
    if key == "language":
        for each in accepted:
            _check_range(each)


def unmet(conditions: Mapping[str, Any], facts: Asked) -> str | None:
    """The first condition that does not hold; None where all do. Raises UnknownCondition."""
    for key, accepted in conditions.items():
        if key == "language":
            holds = any(in_range(facts.language, each) for each in accepted)
        elif key in FACTS:
            value = getattr(facts, FACTS[key])
            holds = not value.isdisjoint(accepted) if isinstance(value, frozenset) else value in accepted
        elif key in BOUNDS:
            holds = _within(BOUNDS[key], getattr(facts, BOUNDS[key].fact), accepted)
        else:
            raise UnknownCondition(f"Nobody knows the condition “{key}”", key)
        if not holds:
            return key
    return None


@lru_cache(maxsize=16_384)
def in_range(tag: str, language_range: str) -> bool:
    """Whether a normalised tag lies in a language range: extended filtering, RFC 4647 section 3.3.2.

    A tag without a script counts as written in its likely one, so ``*-Cyrl`` takes ``ru`` in.
    """
    wanted = language_range.lower().split("-")
    have = _with_script(tag).lower().split("-")
    if wanted[0] not in ("*", have[0]):
        return False
    position = 1
    for subtag in wanted[1:]:
        if subtag == "*":
            continue
        while position < len(have) and have[position] != subtag:
            if len(have[position]) == 1:  # a singleton opens an extension, which a range does not skip
                return False
            position += 1
        if position == len(have):
            return False
        position += 1
    return True


def normalise_range(language_range: str) -> str:
    """A range as it is kept: ``iw-*`` is ``he-*``, ``ZH_tw`` is ``zh-TW``. Raises UnknownCondition."""
    cleaned = language_range.strip().replace("_", "-")
    _check_range(cleaned)
    first, *rest = cleaned.split("-")
    if first != "*":
        first = langcodes.standardize_tag(first)
        # Written Norwegian is Bokmål unless it says otherwise, in tags as in ranges.
        first = {"no": "nb"}.get(first, first)
    shaped = [each.title() if len(each) == 4 else each.upper() if len(each) == 2 else each for each in rest]
    return "-".join([first, *shaped])


def _with_script(tag: str) -> str:
    if tag in languages.SPECIAL:
        return tag
    language = langcodes.Language.get(tag)
    return language.update_dict({"script": language.script or language.maximize().script}).to_tag()


def _check_range(language_range: str) -> None:
    if not RANGE.fullmatch(language_range):
        raise UnknownCondition(
            f"“{language_range}” is not a language or a range like zh-* or *-Cyrl", "language"
        )
    first = language_range.split("-", maxsplit=1)[0]
    if first != "*" and not langcodes.tag_is_valid(first):
        raise UnknownCondition(f"Nobody knows the language “{first}”", "language")


def _within(bound: Bound, number: float | None, accepted: float) -> bool:
    if number is None:
        return not bound.least
    return number >= accepted if bound.least else number <= accepted


def _check_bound(key: str, accepted: object) -> None:
    bound = BOUNDS[key]
    fits = isinstance(accepted, int) or (isinstance(accepted, float) and not bound.whole)
    if isinstance(accepted, bool) or not fits or not bound.low <= accepted <= bound.high:  # type: ignore[operator]
        kind = "a whole number" if bound.whole else "a number"
        raise UnknownCondition(f"{key} is {kind} from {bound.low:,} to {bound.high:,}", key)
