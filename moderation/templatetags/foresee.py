"""What the pages about a change say of lanes and of how they open."""

from __future__ import annotations

from collections.abc import Mapping

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
    return name_of(desk.queues[lane.queue].name, lane.language, asks(desk, lane))


def name_of(queue: str, tag: str, asked: str) -> SafeString:
    """A lane by the name of its queue, its language, and in words what a rule asks beyond the queue."""
    lane = format_html("<bdi>{}</bdi> · {}", queue, language(tag))
    return format_html('{} <span class="soft">({})</span>', lane, asked) if asked else lane


def asks(desk: Desk, lane: LaneKey) -> str:
    """What a rule asks of a lane beyond its queue, in words; empty where nothing."""
    asked = desk.requirements[lane.requirements]
    parts = []
    if asked.clearances:
        parts.append(gettext("asks: %(clearances)s") % {"clearances": ", ".join(sorted(asked.clearances))})
    if asked.steps:
        parts.append(gettext("own steps"))
    return "; ".join(parts)


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
