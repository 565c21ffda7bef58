"""The warning of gaps over the admins' pages, and what the pages about coverage and explanations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Final

from babel.dates import format_date
from django import template
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, to_locale

from accounts.models import Role
from moderation.console import taking
from moderation.coverage.gaps import open_gaps
from moderation.coverage.hours import Stretch
from moderation.eligibility import steps
from moderation.eligibility.desk import Access
from moderation.eligibility.steps import Step
from moderation.templatetags.desk import language

# The page that shows the gaps anyway, and those on which a case has all of her attention.
NOT_ON: Final = {"coverage", "case", "appeal-review"}
# So many lanes are named in the warning, and the rest are counted.
NAMED: Final = 3

register = template.Library()


@register.inclusion_tag("moderation/_coverage_warning.html", takes_context=True)
def coverage_warning(context: Context) -> dict[str, Any]:
    """The gaps that are open, for admins, on every page but those of NOT_ON. One statement."""
    request = context["request"]
    if request.user.role != Role.ADMIN or request.resolver_match.url_name in NOT_ON:
        return {}
    gaps = open_gaps()
    return {"gaps": gaps[:NAMED], "more": len(gaps) - NAMED, "count": len(gaps)}


@register.filter
def few(names: Sequence[str], most: int = 5) -> SafeString:
    """``Ada, Mali, Noor and 4 more``, each name in its own direction."""
    shown = format_html_join(gettext(", "), "<bdi>{}</bdi>", ((name,) for name in names[:most]))
    return _and_more(shown, len(names) - most)


@register.filter
def languages(tags: Sequence[str], most: int = 12) -> SafeString:
    """``ไทย, العربية and 40 more``, each language by its own name in its own direction."""
    shown = format_html_join(gettext(", "), "{}", ((language(tag),) for tag in tags[:most]))
    return _and_more(shown, len(tags) - most)


@register.filter
def how(access: Access) -> str:
    """By which step and skill somebody is let in."""
    return taking.in_words(asdict(access))


@register.filter
def step(of: Step) -> str:
    """``level 3 and better after 30 min``."""
    return steps.in_words(of)


@register.filter
def day(at: date) -> str:
    """``Mon 16 Nov``, in the language of the interface."""
    return format_date(at, "E d MMM", locale=_locale())


@register.filter
def hours_of(stretch: Stretch, monday: date) -> str:
    """``Mon 09:00–17:00``."""
    weekday = format_date(monday + timedelta(days=stretch.start // 24), "E", locale=_locale())
    start = stretch.start % 24
    return f"{weekday} {start:02}:00–{start + stretch.hours:02}:00"


@register.filter
def shade(people: int) -> str:
    """The class of a cell of the heat map: by how many people there are."""
    return "n0" if not people else "n1" if people == 1 else "n2" if people < 4 else "n4"


def _and_more(shown: SafeString, left: int) -> SafeString:
    if left <= 0:
        return shown
    more = ngettext("and %(count)s more", "and %(count)s more", left) % {"count": left}
    return format_html("{} {}", shown, more)


def _locale() -> str:
    return to_locale(get_language() or "en")
