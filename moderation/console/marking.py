"""Untrusted text cut into pieces: what a flag points at, and the characters that hide or pretend.

The pieces joined are the text, character for character; templates escape them. Offsets count code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# Abbreviations of the Unicode Standard (chapter 23) for what is most often met.
SHORT_NAMES: Final = {
    "\u00ad": "SHY", "\u061c": "ALM", "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM",
    "\u200f": "RLM", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2060": "WJ", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM",
}  # fmt: skip
JOINERS: Final = "\u200c\u200d"
# Invisible, or changing the direction of what follows: format and control characters, fillers, tags.
HIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
WORD: Final = re.compile(r"\w+")
LATIN: Final = re.compile(r"[A-Za-z]")
# Cyrillic, Greek and Armenian letters that pass for a Latin one, within a word that is otherwise Latin.
LOOKS_LATIN: Final = frozenset("аАВеЕКМНоОрРсСТуУхХіІјЈѕЅһԁԛԝҮ" + "αΑΒΕΖΗΙΚΜΝοΟρΡτΤυΥΧνκι" + "օսոցհ")


@dataclass(frozen=True)
class Piece:
    """A stretch of text. ``flags``: numbers of the flags that point at it. ``sign``: how to show an odd character."""

    text: str
    flags: tuple[int, ...] = ()
    sign: str = ""
    name: str = ""


@dataclass(frozen=True)
class Marked:
    """A text in pieces, and the odd characters in it: [(name, how many), …]."""

    pieces: list[Piece]
    odd: list[tuple[str, int]]

    @property
    def odd_count(self) -> int:
        return sum(count for _, count in self.odd)


def mark(text: str, spans: Iterable[tuple[int, int, int]] = ()) -> Marked:
    """Cut ``text`` at spans (start, end, flag number) and at odd characters. Spans outside of the text are ignored."""
    inside = [
        (*_whole_letters(text, start, end), number)
        for start, end, number in spans
        if 0 <= start < end <= len(text)
    ]
    odd = sorted({*_hidden(text), *_look_alikes(text)})
    cuts = sorted(
        {0, len(text), *(at for start, end, _ in inside for at in (start, end))}
        | {at for i in odd for at in (i, i + 1)}
    )
    opens: dict[int, list[int]] = {}
    closes: dict[int, list[int]] = {}
    for start, end, number in inside:
        opens.setdefault(start, []).append(number)
        closes.setdefault(end, []).append(number)
    pieces, covering, odd_at = [], Counter[int](), set(odd)
    for start, end in pairwise(cuts):
        covering.update(opens.get(start, ()))
        covering.subtract(closes.get(start, ()))
        flags = tuple(sorted(+covering))
        stretch = text[start:end]
        if start in odd_at:
            pieces.append(Piece(stretch, flags, _sign(stretch), _name(stretch)))
        else:
            pieces.append(Piece(stretch, flags))
    return Marked(pieces, Counter(_name(text[i]) for i in odd).most_common())


def _whole_letters(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened so that no mark is torn from its letter: an accent, a Thai vowel, an emoji's variant."""
    while start > 0 and _clings(text[start]):
        start -= 1
    while end < len(text) and _clings(text[end]):
        end += 1
    return start, end


def _clings(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc", "Me") or character == "\u200d"


def _hidden(text: str) -> Iterable[int]:
    for found in HIDDEN.finditer(text):
        i = found.start()
        # Persian, Indic scripts and emoji need joiners: there they hide nothing.
        if text[i] in JOINERS and i > 0 and not text[i - 1].isascii() and not text[i - 1].isspace():
            continue
        yield i


def _look_alikes(text: str) -> Iterable[int]:
    for word in WORD.finditer(text):
        has_latin = LATIN.search(word.group()) is not None
        for i, character in enumerate(word.group(), word.start()):
            if character.isascii():
                continue
            if (has_latin and character in LOOKS_LATIN) or _is_styled_latin(character):
                yield i


def _is_styled_latin(character: str) -> bool:
    """𝐛𝐨𝐥𝐝, ｆｕｌｌ ｗｉｄｔｈ and the like: letters whose compatibility form is a Latin one."""
    return bool(LATIN.fullmatch(unicodedata.normalize("NFKC", character))) and character not in "ªº"


def _sign(character: str) -> str:
    return SHORT_NAMES.get(character, f"U+{ord(character):04X}")


def _name(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}")


def defang(url: str) -> str:
    """A web address that no program takes for one: ``hxxps://example[.]com/…``."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not separator:
        return url.replace(".", "[.]")
    return f"{scheme.replace('tt', 'xx')}://{host.replace('.', '[.]')}{slash}{path}"
