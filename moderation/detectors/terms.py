"""Looking for many terms at once in a text, as words where the script has words.

A term is never a pattern: every character of it stands for itself, but for a ``*`` at its very start or end, which
lets the word go on there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ahocorasick_rs import AhoCorasick, MatchKind

from moderation.detectors.normalised import TAGS, VARIATION_SELECTORS, Normalised, normalise
from moderation.scripts import UNSPACED, script_of

OPEN: Final = "*"


@dataclass(frozen=True)
class Term:
    """A term as the admin wrote it, as it is looked for, and whether a word may go on before or after it."""

    written: str
    sought: str
    open_start: bool
    open_end: bool


@dataclass(frozen=True)
class Match:
    """A term found: ``start`` and ``end`` are offsets in the original text, in code points, the end excluded."""

    term: str
    start: int
    end: int


class NothingToLookFor(ValueError):
    """A term of which nothing is left to look for: only spaces, wildcards or invisible characters."""

    def __init__(self, written: str) -> None:
        super().__init__(f"“{written}” has nothing to look for")
        self.written = written


def read(written: str) -> Term:
    """A term as written by an admin. Raises NothingToLookFor."""
    stripped = written.strip()
    bare = stripped.strip(OPEN)
    sought = normalise(bare).text.strip()
    if not sought:
        raise NothingToLookFor(written)
    return Term(stripped, sought, stripped.startswith(OPEN), stripped.endswith(OPEN))


class Terms:
    """The terms of one list, ready to be looked for."""

    def __init__(self, written: Iterable[str]) -> None:
        by_sought: dict[str, Term] = {}
        for each in written:
            term = read(each)
            other = by_sought.get(term.sought, term)
            by_sought[term.sought] = Term(
                other.written,
                term.sought,
                term.open_start or other.open_start,
                term.open_end or other.open_end,
            )
        self._terms = list(by_sought.values())
        self._automaton = AhoCorasick(by_sought, matchkind=MatchKind.Standard, store_patterns=False)

    def __len__(self) -> int:
        return len(self._terms)

    def find(self, original: str, text: Normalised) -> list[Match]:
        """Where the terms stand in ``original``, whose normalised form is ``text``: the longest at each place."""
        found: list[Match] = []
        for number, start, end in self._automaton.find_matches_as_indexes(text.text, overlapping=True):
            term = self._terms[number]
            if _starts(text, start, term) and _ends(text, end, term):
                found.append(
                    Match(term.written, text.offsets[start], _end(original, text.offsets[end - 1] + 1))
                )
        kept: list[Match] = []
        for match in sorted(found, key=lambda match: (match.start, -match.end)):
            if not kept or match.end > kept[-1].end:
                kept.append(match)
        return kept


def _starts(text: Normalised, start: int, term: Term) -> bool:
    """Whether a term can start here: not inside a character, a word or a pair of flag letters."""
    if start == 0:
        return True
    before, first = text.text[start - 1], text.text[start]
    if text.offsets[start - 1] == text.offsets[start]:
        return False
    if _is_flag_letter(first):
        run = start
        while run and _is_flag_letter(text.text[run - 1]):
            run -= 1
        return (start - run) % 2 == 0
    return term.open_start or not (_in_word(before) and _in_word(first))


def _ends(text: Normalised, end: int, term: Term) -> bool:
    """Whether a term can end here: not before a mark of its last letter, nor inside a word."""
    if end == len(text.text):
        return True
    last, after = text.text[end - 1], text.text[end]
    if text.offsets[end - 1] == text.offsets[end] or after in TAGS:
        return False
    if term.open_end:
        return True
    if unicodedata.category(after).startswith("M") or "\u1160" <= after <= "\u11ff":
        return False
    # Korean hangs its particles on the word, whatever script that is in.
    return not (_in_word(last) and _in_word(after)) or script_of(after) == "Hang"


def _end(original: str, end: int) -> int:
    """Variation selectors belong to the character before them."""
    while end < len(original) and original[end] in VARIATION_SELECTORS:
        end += 1
    return end


@lru_cache(maxsize=65_536)
def _in_word(character: str) -> bool:
    """Whether a character binds others to itself: letters and digits of scripts that part words by spaces."""
    return unicodedata.category(character)[0] in "LMN" and script_of(character) not in UNSPACED


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
