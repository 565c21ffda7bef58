"""Languages as BCP 47 tags: normalising, naming, direction, and who reads what.

Matching follows CLDR's language distance in the direction "can a speaker of the first use the second", by
``langcodes.tag_distance``; never string equality, never truncation to two letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import langcodes
from babel import Locale, UnknownLocaleError

from moderation import known_languages

UNDETERMINED: Final = "und"
MULTIPLE: Final = "mul"
NO_LANGUAGE: Final = "zxx"
# Honest answers that no skill matches: work in them is for everybody with the clearance.
SPECIAL: Final = frozenset({UNDETERMINED, MULTIPLE, NO_LANGUAGE})

# Codes of a single language where people mean by it what is written under the wider one: CLDR's own replacements, and
# Norwegian, whose wider code says less.
ONE_LANGUAGE: Final = {
    "no": "nb",
    "als": "sq",
    "arb": "ar",
    "azj": "az",
    "cmn": "zh",
    "ekk": "et",
    "lvs": "lv",
    "pes": "fa",
    "swh": "sw",
    "uzn": "uz",
    "zsm": "ms",
}

# Up to here two tags are one language for a reader: regional variants (≤ 5), near-identical standards (≤ 10).
READABLE_DISTANCE: Final = 10
# Who reads the first was taught to read the second, which CLDR's distance does not say: good enough to be spoken to
# in, though not to judge by.
TAUGHT: Final = {"nn": "nb"}


class UnknownLanguage(ValueError):
    """Not a BCP 47 tag of a known language."""


@lru_cache(maxsize=4096)
def normalise(tag: str) -> str:
    """The canonical form of a BCP 47 tag (``iw`` → ``he``, ``no`` → ``nb``, ``zh_tw`` → ``zh-Hant-TW``).

    Raises UnknownLanguage.
    """
    cleaned = tag.strip().replace("_", "-")
    if len(cleaned) > 35 or not langcodes.tag_is_valid(cleaned):
        raise UnknownLanguage(f"“{tag[:40]}” is not a BCP 47 language tag")
    language = langcodes.Language.get(langcodes.standardize_tag(cleaned))
    if language.language in (None, *SPECIAL):
        # Which script nobody's language is in says not who could read it.
        return language.language or UNDETERMINED
    if language.language in ONE_LANGUAGE:
        language = language.update_dict({"language": ONE_LANGUAGE[language.language]})
    if language.language == "zh" and language.script is None:
        # A bare zh says nothing of the script that a reader must know: CLDR's likely one is written out.
        likely = language.maximize()
        return langcodes.Language.make(
            language="zh", script=likely.script, territory=language.territory
        ).to_tag()
    return language.to_tag()


@lru_cache(maxsize=65_536)
def readable(skill: str, content: str) -> bool:
    """Whether somebody who reads ``skill`` reads ``content``. Both normalised tags, neither one SPECIAL."""
    return langcodes.tag_distance(skill, content) <= READABLE_DISTANCE


@lru_cache(maxsize=4096)
def script_of(tag: str) -> str:
    """The ISO 15924 code of the script that a tag is written, or likely written, in; empty where nobody knows."""
    language = langcodes.Language.get(tag)
    return language.script or language.maximize().script or ""


@lru_cache(maxsize=4096)
def in_script(tag: str, script: str) -> str:
    """The same language in that script, normalised: ``sr`` in ``Latn`` is ``sr-Latn``."""
    return normalise(langcodes.Language.get(tag).update_dict({"script": script}).to_tag())


def nearest(reader: str, tags: Iterable[str]) -> str | None:
    """Of these tags the one that a reader of ``reader`` reads best; None where she reads none of them."""
    best = min(tags, key=lambda tag: langcodes.tag_distance(reader, tag), default=None)
    return best if best is not None and readable(reader, best) else None


@lru_cache(maxsize=4096)
def to_speak_to(reader: str, codes: tuple[str, ...]) -> str | None:
    """Of these codes of Django's (``pt-br``, ``zh-hk``) the one to speak to a reader of ``reader`` in; None where she
    reads none of them."""
    if reader in SPECIAL:
        return None
    by_tag = {normalise(code): code for code in codes}
    tag = nearest(reader, by_tag) or nearest(TAUGHT.get(reader, reader), by_tag)
    return by_tag[tag] if tag else None


@lru_cache(maxsize=4096)
def endonym(tag: str) -> str:
    """The language's name in itself (``ไทย``); the tag where nobody knows it."""
    offered = known_languages.BY_TAG.get(tag)
    return offered.endonym if offered else _special_name(tag) or langcodes.Language.get(tag).autonym()


@lru_cache(maxsize=4096)
def english_name(tag: str) -> str:
    return _special_name(tag) or langcodes.Language.get(tag).display_name("en")


@lru_cache(maxsize=4096)
def direction(tag: str) -> str:
    """``ltr`` or ``rtl``, by the script that the language is likely written in."""
    try:
        return Locale.parse(langcodes.Language.get(tag).maximize().to_tag(), sep="-").text_direction
    except (UnknownLocaleError, ValueError):
        script = langcodes.Language.get(tag).maximize().script
        return "rtl" if script in {"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"} else "ltr"


def _special_name(tag: str) -> str:
    return {UNDETERMINED: "Undetermined", MULTIPLE: "Several languages", NO_LANGUAGE: "No language"}.get(
        tag, ""
    )
