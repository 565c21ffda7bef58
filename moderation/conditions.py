"""The conditions of a routing rule: what may be asked of a case, and whether it holds. Pure; no tables.

Conditions are an object of fact → list of accepted values, all of which must hold, and ``min_severity``: a number.
Languages are RFC 4647 extended ranges: ``zh-*`` and ``zh`` are any Chinese, ``*-Cyrl`` is anything in Cyrillic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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


# Condition → the fact that it looks at. A fact that is a set holds where any of its values is accepted.
FACTS: Final = {
    "policy": "policy",
    "origin": "origin",
    "item_kind": "item_kind",
    "item_type": "item_type",
    "platform": "platform",
    "source": "sources",
    "disclosure": "disclosure",
    "country": "country",
}


class UnknownCondition(ValueError):
    """Conditions that cannot be asked: a key nobody knows, or a value of the wrong kind. Says which."""


def check(conditions: object) -> None:
    """Raises UnknownCondition, with words for whoever wrote the rule."""
    if not isinstance(conditions, dict):
        raise UnknownCondition("Conditions are an object of fact → list of accepted values")
    for key, accepted in conditions.items():
        if key == "min_severity":
            if isinstance(accepted, bool) or not isinstance(accepted, int) or not 1 <= accepted <= 5:
                raise UnknownCondition("min_severity is a number from 1 to 5")
            continue
        if key != "language" and key not in FACTS:
            known = ", ".join(sorted([*FACTS, "language", "min_severity"]))
            raise UnknownCondition(f"Nobody knows the condition “{key}”. Known are: {known}")
        if not isinstance(accepted, list) or not accepted or not all(isinstance(v, str) for v in accepted):
            raise UnknownCondition(f"“{key}” takes a list of at least one accepted value, each a text")
        if key == "language":
            for each in accepted:
                _check_range(each)


def unmet(conditions: Mapping[str, Any], facts: Asked) -> str | None:
    """The first condition that does not hold; None where all do. Raises UnknownCondition."""
    check(conditions)
    for key, accepted in conditions.items():
        if key == "min_severity":
            holds = facts.severity >= accepted
        elif key == "language":
            holds = any(in_range(facts.language, each) for each in accepted)
        else:
            value = getattr(facts, FACTS[key])
            holds = not value.isdisjoint(accepted) if isinstance(value, frozenset) else value in accepted
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


def _with_script(tag: str) -> str:
    if tag in languages.SPECIAL:
        return tag
    language = langcodes.Language.get(tag)
    return language.update_dict({"script": language.script or language.maximize().script}).to_tag()


def _check_range(language_range: str) -> None:
    if not RANGE.fullmatch(language_range):
        raise UnknownCondition(f"“{language_range}” is not a language or a range like zh-* or *-Cyrl")
    first = language_range.split("-", maxsplit=1)[0]
    if first != "*" and not langcodes.tag_is_valid(first):
        raise UnknownCondition(f"Nobody knows the language “{first}”")
