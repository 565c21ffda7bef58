"""Scripts: which one a character belongs to (ISO 15924), and which of them are written without spaces."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

COMMON: Final = "Zyyy"  # punctuation, digits, symbols, emoji

# Unicode names its letters by script: the name's first word tells it.
_BY_NAME: Final = {
    "ADLAM": "Adlm",
    "ARABIC": "Arab",
    "ARMENIAN": "Armn",
    "BALINESE": "Bali",
    "BENGALI": "Beng",
    "BOPOMOFO": "Bopo",
    "CANADIAN": "Cans",
    "CHEROKEE": "Cher",
    "CJK": "Hani",
    "CYRILLIC": "Cyrl",
    "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi",
    "GEORGIAN": "Geor",
    "GREEK": "Grek",
    "GUJARATI": "Gujr",
    "GURMUKHI": "Guru",
    "HANGUL": "Hang",
    "HEBREW": "Hebr",
    "HIRAGANA": "Hira",
    "IDEOGRAPHIC": "Hani",
    "JAVANESE": "Java",
    "KANNADA": "Knda",
    "KATAKANA": "Kana",
    "KATAKANA-HIRAGANA": "Kana",
    "KHMER": "Khmr",
    "LAO": "Laoo",
    "LATIN": "Latn",
    "MALAYALAM": "Mlym",
    "MEETEI": "Mtei",
    "MONGOLIAN": "Mong",
    "MYANMAR": "Mymr",
    "NKO": "Nkoo",
    "OL": "Olck",
    "ORIYA": "Orya",
    "SINHALA": "Sinh",
    "SYRIAC": "Syrc",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "THAANA": "Thaa",
    "THAI": "Thai",
    "TIBETAN": "Tibt",
    "TIFINAGH": "Tfng",
    "YI": "Yiii",
}

# Written without spaces between words: a term may begin and end anywhere in running text.
UNSPACED: Final = frozenset(
    {"Bali", "Bopo", "Hani", "Hira", "Java", "Kana", "Khmr", "Laoo", "Mymr", "Thai", "Tibt"}
)


@lru_cache(maxsize=131_072)
def script_of(character: str) -> str:
    """The script of one character, as its ISO 15924 code; COMMON where it belongs to none that we know."""
    if not unicodedata.category(character).startswith(("L", "M")):
        return COMMON
    words = unicodedata.name(character, "").split(" ", 2)
    if words[0] in ("FULLWIDTH", "HALFWIDTH") and len(words) > 1:
        del words[0]
    return _BY_NAME.get(words[0], COMMON)


def letters_by_script(text: str) -> Counter[str]:
    """How many letters of each script a text has. Marks, digits and symbols do not count."""
    counts: Counter[str] = Counter()
    for character, count in Counter(text).items():
        if unicodedata.category(character).startswith("L"):
            counts[script_of(character)] += count
    return counts
