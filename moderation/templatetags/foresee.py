"""What the pages about a change say of lanes and of how they open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from moderation.eligibility.desk import Access, Desk, LaneKey
from moderation.eligibility.steps import after_in_words
from moderation.templatetags.desk import language

register = template.Library()


@register.filter
def named_in(lane: LaneKey, desk: Desk) -> SafeString:
    """A lane by its queue and language, and what a rule asks there: ``Hate speech · বাংলা (asks: terrorism)``."""
    asked = desk.requirements[lane.requirements]
    return name_of(desk.queues[lane.queue].name, lane.language, asked.clearances, bool(asked.steps))


def name_of(queue: str, tag: str, clearances: Iterable[str], own_steps: bool) -> SafeString:
    """The same by the name of the queue, and by what a rule asks there beyond it."""
    lane = format_html("<bdi>{}</bdi> · {}", queue, language(tag))
    slugs = ", ".join(sorted(clearances))
    parts = [
        *([gettext("asks: %(clearances)s") % {"clearances": slugs}] if slugs else []),
        *([gettext("own steps")] if own_steps else []),
    ]
    return format_html('{} <span class="soft">({})</span>', lane, "; ".join(parts)) if parts else lane


@register.filter
def counted(lane: LaneKey, counts: Mapping[LaneKey, int]) -> int:
    """The count of a lane; 0 where nothing was."""
    return counts.get(lane, 0)


@register.filter
def opens(access: Access) -> str:
    """How a lane opens to somebody: ``at once``, ``after 30 min, with a translation and fewer actions``."""
    when = after_in_words(access.opens_after) if access.opens_after else gettext("at once")
    if access.reads == "any":
        return gettext("%(when)s, with a translation and fewer actions") % {"when": when}
    return when
