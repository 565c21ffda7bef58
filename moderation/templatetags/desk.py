"""Filters for the console's templates: times, languages, and addresses, in the words of the active language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import langcodes
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, to_locale

from moderation import languages
from moderation.console import words
from moderation.console.marking import Marked, defang, mark
from moderation.eligibility.steps import after_in_words

UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))

register = template.Library()
register.filter("defang", defang)
register.filter("action_label", words.action_label)


def _locale() -> str:
    return to_locale(get_language() or "en")


@register.filter
def span(delta: timedelta | None, smallest: str = "second") -> str:
    """A length of time in at most two units: ``1h 4m``, ``2m 10s``. Negative ones are shown as positive."""
    if delta is None:
        return "–"
    seconds = abs(int(delta.total_seconds()))
    parts: list[str] = []
    for unit, size in UNITS:
        if seconds >= size and len(parts) < 2:
            parts.append(_unit(seconds // size, unit))
        elif parts:
            break
        seconds %= size
        if unit == smallest:
            break
    return " ".join(parts) or f"<{_unit(1, smallest)}"


def _unit(value: int, unit: str) -> str:
    """As short as the language has it: CLDR knows no narrow form in some, and Babel then writes the unit's code."""
    narrow = format_unit(value, f"duration-{unit}", length="narrow", locale=_locale())
    if "duration-" not in narrow:
        return narrow
    return format_unit(value, f"duration-{unit}", length="short", locale=_locale())


@register.filter
def moment(at: datetime | None, words: str = "ago") -> SafeString | str:
    """A time as how long ago or how far off it is, or (``words`` "plain") as that length alone; the date to point at.

    To the minute: a page that is asked again within it stays as it is.
    """
    if at is None:
        return "–"
    away = at - timezone.now()
    length = span(away, "minute")
    if words == "plain":
        text = length
    elif away > timedelta(0):
        text = gettext("in %(length)s") % {"length": length}
    else:
        text = gettext("%(length)s ago") % {"length": length}
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        at.isoformat(timespec="seconds"),
        format_datetime(at, "medium", locale=_locale()),
        text,
    )


@register.filter
def dated(at: datetime) -> str:
    """A day with its year: ``21 Nov 2026``."""
    return format_date(at, "medium", locale=_locale())


@register.filter
def number(value: Any) -> str:
    return "–" if value is None else format_decimal(value, locale=_locale())


@register.filter
def percent(share: float) -> str:
    """A share from 0 to 1, in whole per cent."""
    return format_percent(share, locale=_locale())


@register.filter
def language(tag: str) -> SafeString:
    """A language by its own name, in its own direction."""
    if tag in languages.SPECIAL:
        return format_html("<span>{}</span>", in_words(tag))
    return format_html(
        '<bdi lang="{}" dir="{}">{}</bdi>', tag, languages.direction(tag), languages.endonym(tag)
    )


@register.filter
def translated(tag: str) -> str:
    """Its name in the language of the interface, where that says more than its own name does."""
    name = in_words(tag)
    return "" if tag in languages.SPECIAL or name == languages.endonym(tag) else name


@register.filter
def in_words(tag: str) -> str:
    """A language by its name in the language of the interface."""
    if tag in languages.SPECIAL:
        return {
            languages.UNDETERMINED: gettext("Undetermined"),
            languages.MULTIPLE: gettext("Several languages"),
            languages.NO_LANGUAGE: gettext("No language"),
        }[tag]
    return langcodes.Language.get(tag).display_name(get_language() or "en")


@register.filter
def direction(tag: str) -> str:
    return languages.direction(tag)


@register.filter
def marked(text: str) -> Marked:
    """Untrusted text with its hidden and look-alike characters set apart."""
    return mark(text)


@register.filter
def after(seconds: int) -> str:
    """When a language step opens, as the steps say it: ``after 30 min``."""
    return after_in_words(seconds)


@register.filter
def is_past(at: datetime) -> bool:
    return at <= timezone.now()
