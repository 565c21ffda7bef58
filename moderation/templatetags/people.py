"""Filters for the pages about people."""

from __future__ import annotations

from typing import NamedTuple

from django import template
from django.forms import BaseForm
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.html import format_html
from django.utils.safestring import SafeString

from moderation.console.person_form import ShiftForm
from moderation.console.rows import RowForm
from moderation.eligibility.desk import LaneKey, QueueSetup
from moderation.staffing import reading
from moderation.staffing.differences import Difference, in_words, level_in_words
from moderation.templatetags import desk

register = template.Library()
register.filter("level_words", level_in_words)


class Day(NamedTuple):
    """A day of the week to tick."""

    number: int
    name: str
    chosen: bool


@register.filter
def is_judged(form: BaseForm) -> bool:
    """Whether what is wrong in a row is said: it was typed to be saved, and is not to be removed."""
    return form.is_bound and isinstance(form, RowForm) and not form["remove"].value()


@register.filter
def days(form: ShiftForm) -> list[Day]:
    """Monday to Sunday, as ticked."""
    ticked = form["weekdays"].value() or []
    chosen = {str(each) for each in (ticked if isinstance(ticked, list) else [ticked])}
    return [Day(number, str(name), str(number) in chosen) for number, name in WEEKDAYS_ABBR.items()]


@register.filter
def named(typed: str) -> SafeString:
    """The names of the language that was typed, if it is one: its own, and in the interface's language."""
    try:
        tag = reading.language(typed)
    except reading.Unreadable:
        return SafeString("")
    other = desk.translated(tag)
    return format_html("{} <bdi>{}</bdi>", desk.language(tag), other) if other else desk.language(tag)


@register.filter
def worded(difference: Difference, clearances: dict[str, str]) -> str:
    """A difference as words; a skill's language stands beside them."""
    return in_words(difference, clearances)


@register.filter
def queue_of(lane: LaneKey, queues: dict[int, QueueSetup]) -> str:
    """The name of a lane's queue."""
    return queues[lane.queue].name
