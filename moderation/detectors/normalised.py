"""Text as terms are looked for in it: every way of writing the same thing made one, each character still knowing
where it stood.

Compatibility forms (NFKC's, reached through NFKD so that characters map one by one), upper and lower case, invisible
and direction characters, variation selectors, stretched and vowelled Arabic and Hebrew, Arabic and Persian keyboards,
dotted and dotless i, and runs of white space are all folded.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

VARIATION_SELECTORS: Final = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
# Inside an emoji flag of a region these are its letters; anywhere else they are a way to hide text.
TAGS: Final = frozenset(map(chr, range(0xE0020, 0xE0080)))
BLACK_FLAG: Final = "\U0001f3f4"

# Marks that are written or left out at will: Arabic and Hebrew vowels (and the hamza that NFKD takes off its alef),
# Mongolian variation selectors, the grapheme joiner. And the stroke that only stretches Arabic words.
OPTIONAL: Final = frozenset(
    map(chr, [*range(0x0591, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7])
) | frozenset(map(chr, [0x0640, *range(0x064B, 0x0660), 0x0670, 0x034F, *range(0x180B, 0x1810)]))
ALIKE: Final = str.maketrans({"ı": "i", "ي": "ی", "ى": "ی", "ك": "ک"})
DOT_ABOVE: Final = "\u0307"


@dataclass(frozen=True)
class Normalised:
    """``text`` is what is searched; ``offsets[i]`` is where its i-th character stood in the original."""

    text: str
    offsets: list[int] | range


def normalise(original: str) -> Normalised:
    if original.isascii():
        folded = original.lower()
        if "  " not in folded and folded.isprintable():
            return Normalised(folded, range(len(folded)))
    characters: list[str] = []
    offsets: list[int] = []
    in_flag = False
    for offset, character in enumerate(original):
        in_flag = character == BLACK_FLAG or (in_flag and character in TAGS)
        folded = character if in_flag else _fold(character)
        for each in folded:
            previous = characters[-1] if characters else ""
            if (each == " " == previous) or (each == DOT_ABOVE and previous == "i"):
                continue
            characters.append(each)
            offsets.append(offset)
    _reorder(characters)
    return Normalised("".join(characters), offsets)


@lru_cache(maxsize=65_536)
def _fold(character: str) -> str:
    """One character folded: nothing, one or several characters."""
    if character.isspace():
        return " "
    decomposed = unicodedata.normalize("NFKD", character)
    decomposed = unicodedata.normalize("NFKD", decomposed.casefold())
    kept = (
        c
        for c in decomposed
        if not (c in OPTIONAL or c in VARIATION_SELECTORS or unicodedata.category(c) in ("Cf", "Cc"))
    )
    return "".join(" " if c.isspace() else c for c in kept).translate(ALIKE)


def _reorder(characters: list[str]) -> None:
    """Put runs of combining marks into their canonical order, in place.

    Their offsets stay as they are: the marks of a run change places among themselves, and offsets only ever grow.
    """
    start = 0
    while start < len(characters):
        end = start
        while end < len(characters) and unicodedata.combining(characters[end]):
            end += 1
        if end - start > 1:
            characters[start:end] = sorted(characters[start:end], key=unicodedata.combining)
        start = max(end, start + 1)
