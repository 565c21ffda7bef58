"""What people type or a file holds, read one value at a time: raises Unreadable, in words for whoever wrote it.

The forms and the CSV file read by the same functions, so that the same thing is refused in the same words everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache
from typing import Final

import langcodes
from django.utils.translation import gettext

from accounts.models import Level
from moderation import known_languages, languages

LATEST: Final = date(2199, 12, 31)
LONGEST_NAME: Final = 120  # characters: who certified
SEPARATORS: Final = re.compile(r"[\s,;·]+")


class Unreadable(ValueError):
    """Says why, in words."""


def language(typed: str) -> str:
    """The normalised tag of a language, typed as a BCP 47 tag or by the name of one that is offered."""
    try:
        tag = known_languages.TAG_BY_NAME.get(typed.strip().casefold()) or languages.normalise(typed)
    except languages.UnknownLanguage as error:
        raise Unreadable(
            gettext("“%(typed)s” is not a language tag (BCP 47) such as bn, zh-Hant or sr-Latn")
            % {"typed": typed.strip()[:40]}
        ) from error
    if tag in languages.SPECIAL:
        raise Unreadable(
            gettext("“%(tag)s” is no language that somebody reads: everybody is given such cases")
            % {"tag": tag}
        )
    return tag


def level(typed: str) -> int:
    """1 to 5."""
    cleaned = typed.strip()
    if cleaned not in {str(value) for value in Level.values}:
        raise Unreadable(
            gettext("A level from 1 to 5")
            if not cleaned
            else gettext("“%(typed)s” is not a level from 1 to 5") % {"typed": cleaned[:20]}
        )
    return int(cleaned)


def day(typed: str) -> date | None:
    """A date as 2027-03-31; None for nothing."""
    cleaned = typed.strip()
    if not cleaned:
        return None
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cleaned):
            raise ValueError
        return date.fromisoformat(cleaned)
    except ValueError as error:
        raise Unreadable(
            gettext("“%(typed)s” is not a date such as 2027-03-31") % {"typed": cleaned[:20]}
        ) from error


def scripts(typed: str, tag: str) -> tuple[str, ...]:
    """ISO 15924 codes, each once and sorted, typed as codes or English names; empty where only the tag's own one."""
    found = {_script(part) for part in SEPARATORS.split(typed) if part}
    return () if found <= {languages.script_of(tag)} else tuple(sorted(found))


def words(typed: str, most: int) -> str:
    """A line of text without control characters, of at most ``most`` characters."""
    cleaned = " ".join(typed.split())
    if any(unicodedata.category(char) == "Cc" for char in cleaned):
        raise Unreadable(gettext("There is a character in it that cannot be shown"))
    if len(cleaned) > most:
        raise Unreadable(gettext("At most %(most)s characters") % {"most": most})
    return cleaned


def _script(typed: str) -> str:
    code = _script_names().get(typed.casefold(), typed.title())
    if not (len(code) == 4 and code.isascii() and code.isalpha() and _is_script(code)):
        raise Unreadable(
            gettext("“%(typed)s” is not a script such as Latn, Cyrl or Arab") % {"typed": typed[:20]}
        )
    return code


@cache
def _is_script(code: str) -> bool:
    return code[0] not in "QZ" and langcodes.tag_is_valid(f"und-{code}")


@cache
def _script_names() -> dict[str, str]:
    """The English names of the scripts that the offered languages are written in."""
    codes = {languages.script_of(each.tag) for each in known_languages.OFFERED}
    return {script_name(code, "en").casefold(): code for code in codes}


def script_name(code: str, interface_language: str) -> str:
    """``Cyrillic``."""
    return langcodes.Language.make(script=code).script_name(interface_language)
