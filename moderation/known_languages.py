"""The languages that the desk offers by name wherever a language is chosen; any other BCP 47 tag can be typed.

The names are CLDR's. In the interface each endonym stands in its own direction.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from moderation import languages

_DATA: Final = Path(__file__).parent / "data" / "languages60.json"


class Offered(NamedTuple):
    """A language to choose: its normalised BCP 47 tag, its names, and ``ltr`` or ``rtl``."""

    tag: str
    endonym: str
    english: str
    direction: str


OFFERED: Final[tuple[Offered, ...]] = tuple(
    Offered(row["tag"], row["endonym"], row["english"], row["direction"])
    for row in json.loads(_DATA.read_text(encoding="utf-8"))
)


@cache
def _tags_by_name() -> dict[str, str]:
    return {name.casefold(): each.tag for each in OFFERED for name in (each.endonym, each.english)}


def tag_of(typed: str) -> str:
    """The normalised tag of what somebody typed: a BCP 47 tag, or an offered language's endonym or English name.

    Raises languages.UnknownLanguage.
    """
    cleaned = typed.strip()
    return _tags_by_name().get(cleaned.casefold()) or languages.normalise(cleaned)
