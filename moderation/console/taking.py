"""By which language step somebody took a case, in words, and what it lets her do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from accounts.models import User
from moderation import languages
from moderation.actions import ACTIONS, only_actions
from moderation.eligibility.steps import after_in_words
from moderation.isolates import isolate
from moderation.models import Case, Event


@dataclass(frozen=True)
class HeldThrough:
    """A step that lets her work on a translation, or narrows what she may decide to the labels in ``actions``."""

    step: int
    translated: bool
    actions: list[str]


def held_through(case: Case) -> HeldThrough | None:
    """Of the step by which the case is held, what she must know; None where it changes nothing for her."""
    through = case.claimed_through or {}
    translated = through.get("reads") == "any"
    actions = [str(ACTIONS[slug].label) if slug in ACTIONS else slug for slug in only_actions(case)]
    return HeldThrough(through.get("step", 0), translated, actions) if translated or actions else None


def in_words(through: Mapping[str, Any] | None) -> str:
    """How a case was taken (``Case.claimed_through``, or an Event's ``lane``): ``step 2: ไทย, level 4, after 30 min``.

    Empty where nothing is known of it.
    """
    if not through or "step" not in through:
        return ""
    if not through["step"]:
        return gettext("no language needed")
    if through.get("reads") == "any":
        words = gettext("step %(step)s: with a translation")
    else:
        words = gettext("step %(step)s: %(language)s, level %(level)s")
    said = [
        words
        % {
            "step": through["step"],
            "language": isolate(languages.endonym(through.get("skill") or languages.UNDETERMINED)),
            "level": through.get("level", 0),
        }
    ]
    if through.get("opens_after"):
        said.append(after_in_words(through["opens_after"]))
    if through.get("brought_forward"):
        said.append(gettext("sooner, as nobody before was on shift"))
    return ", ".join(said)


def taken_by(user: User, cases: Iterable[int]) -> dict[int, str]:
    """By case, how she took it when she last did. One statement."""
    claims = Event.objects.filter(
        case_id__in=list(cases), kind="case.claimed", actor=Event.Actor.PERSON, actor_id=user.pk
    )
    return {
        each.case_id: in_words(each.data.get("lane"))
        for each in claims.order_by("id")
        if each.case_id is not None
    }
