"""The languages that the desk offers by name wherever a language is chosen; any other BCP 47 tag can be typed.

The names are those by which ``languages`` calls them too. In the interface each endonym stands in its own direction.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

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


BY_TAG: Final = {each.tag: each for each in OFFERED}
# English names that people use beside CLDR's.
ALSO_CALLED: Final = {
    "Bengali": "bn",
    "Brazilian Portuguese": "pt-BR",
    "European Portuguese": "pt-PT",
    "Farsi": "fa",
    "Mandarin": "zh-Hans",
    "Norwegian": "nb",
    "Panjabi": "pa",
    "Simplified Chinese": "zh-Hans",
    "Slovene": "sl",
    "Tagalog": "fil",
}
# By any of its names, case folded.
TAG_BY_NAME: Final = {
    **{name.casefold(): tag for name, tag in ALSO_CALLED.items()},
    **{name.casefold(): each.tag for each in OFFERED for name in (each.endonym, each.english)},
}
