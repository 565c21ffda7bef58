"""Dates and numbers as readers of a language write them: the Gregorian calendar, in the digits of CLDR's default
numbering system (Bengali, Marathi and Persian have their own). Codes, references and addresses are never changed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

LATIN: Final = "0123456789"
# CLDR's numbering systems that differ from Latin digits only in the digits: the zero of each.
ZEROS: Final = {"arab": "٠", "arabext": "۰", "beng": "০", "deva": "०"}


def day(moment: datetime, locale: Locale) -> str:
    """The day (UTC) in words: ``22 November 2026``."""
    return in_digits(format_date(moment.astimezone(UTC).date(), "long", locale), locale)


def moment(at: datetime, locale: Locale) -> str:
    """The day and the time (UTC)."""
    return in_digits(format_datetime(at.astimezone(UTC), "long", locale=locale), locale)


def number(value: float, locale: Locale) -> str:
    return in_digits(format_decimal(value, locale=locale, numbering_system="default"), locale)


def in_digits(text: str, locale: Locale) -> str:
    """The text with the locale's own digits."""
    zero = ZEROS.get(locale.default_numbering_system)
    if zero is None:
        return text
    return text.translate(str.maketrans(LATIN, "".join(chr(ord(zero) + value) for value in range(10))))
