"""One rule's form: what was typed, and the rule that it means. What is wrong with it is for ``routing.rules`` to say.

Whatever was typed goes into the rule as it is where it cannot be understood ("soon" minutes), so that it is refused in
words, and shown again as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from babel import Locale
from django.http import QueryDict
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from moderation import conditions, known_languages
from moderation.console import steps_form
from moderation.console.steps_form import StepsForm
from moderation.detectors import isolation
from moderation.models import Case, Flag, Item, Snapshot
from moderation.routing.sentences import Names
from moderation.routing.written import DEFAULTS, Finding, Rule

# Conditions that are chosen from a list, that are typed with commas between, and that are a number.
CHOSEN: Final = ("policy", "source", "origin", "item_kind", "platform", "disclosure")
LISTED: Final = ("language", "detector", "item_type", "country")
NUMBERS: Final = tuple(conditions.BOUNDS)
LONGEST: Final = 4000
FIXED: Final[dict[str, list[tuple[str, Any]]]] = {
    "source": list(Flag.Source.choices),
    "origin": list(Case.Origin.choices),
    "item_kind": list(Item.Kind.choices),
    "disclosure": list(Snapshot.Disclosure.choices),
}


@dataclass(frozen=True)
class Choice:
    """A value to choose. One that the desk does not know (any more) is shown as it was chosen."""

    value: str
    label: Any
    chosen: bool


@dataclass(frozen=True)
class RuleForm:
    """A rule's fields as text, its language steps, its place in the order (from 1), and what is said of each field."""

    text: Mapping[str, str]
    chosen: Mapping[str, list[str]]
    enabled: bool
    place: int
    steps: StepsForm
    names: Names
    findings: Mapping[str, list[Finding]] = field(default_factory=dict)

    def written(self) -> Rule:
        """The rule, as far as what was typed says one. Steps that cannot be read are left out: ``steps`` says why."""
        return {
            "name": self.text["name"],
            "enabled": self.enabled,
            "conditions": self._conditions(),
            "queue": self.text["queue"],
            "priority_bonus": _number(self.text["priority_bonus"]) if self.text["priority_bonus"] else 0,
            "due_minutes": _number(self.text["due_minutes"]) if self.text["due_minutes"] else None,
            "clearances": self.chosen["clearances"],
            "steps": self.steps.steps or [],
        }

    @property
    def options(self) -> dict[str, list[Choice]]:
        """What can be chosen, by field."""
        known: dict[str, Iterable[tuple[str, Any]]] = {
            **FIXED,
            "policy": self.names.policies.items(),
            "platform": self.names.platforms.items(),
            "clearances": self.names.clearances.items(),
        }
        return {key: _choices(values, self.chosen[key]) for key, values in known.items()}

    @property
    def queues(self) -> list[Choice]:
        return _choices(self.names.queues.items(), [self.text["queue"]] if self.text["queue"] else [])

    @property
    def detectors(self) -> list[str]:
        return sorted(each.slug for each in isolation.registered())

    @property
    def offered_languages(self) -> tuple[known_languages.Offered, ...]:
        return known_languages.OFFERED

    @property
    def countries(self) -> list[tuple[str, str]]:
        territories = Locale.parse(to_locale(get_language() or "en")).territories
        named = [(str(code), str(name)) for code, name in territories.items() if len(str(code)) == 2]
        return sorted(named, key=lambda each: each[1])

    def _conditions(self) -> dict[str, Any]:
        asked: dict[str, Any] = {key: self.chosen[key] for key in CHOSEN if self.chosen[key]}
        for key in LISTED:
            if values := split(self.text[key]):
                asked[key] = [each.upper() for each in values] if key == "country" else values
        return asked | {key: _number(self.text[key]) for key in NUMBERS if self.text[key]}


def stored(rule: Mapping[str, Any], place: int, names: Names) -> RuleForm:
    """The form filled in with a rule as it is written down."""
    asked = rule["conditions"]
    text = {
        "name": rule["name"],
        "queue": rule["queue"],
        "priority_bonus": str(rule["priority_bonus"] or ""),
        "due_minutes": "" if rule["due_minutes"] is None else str(rule["due_minutes"]),
        **{key: ", ".join(asked.get(key, [])) for key in LISTED},
        **{key: str(asked.get(key, "")) for key in NUMBERS},
    }
    chosen = {key: list(asked.get(key, [])) for key in CHOSEN} | {"clearances": list(rule["clearances"])}
    steps = steps_form.stored(rule["steps"], may_be_empty=True)
    return RuleForm(text, chosen, rule["enabled"], place, steps, names)


def empty(place: int, names: Names) -> RuleForm:
    return stored(DEFAULTS, place, names)


def typed(post: QueryDict, places: int, names: Names) -> RuleForm:
    """The form as it was sent. ``places`` is how many there are to choose from."""
    keys = ("name", "queue", "priority_bonus", "due_minutes", *LISTED, *NUMBERS)
    place = post.get("place", "")
    return RuleForm(
        text={key: post.get(key, "").replace("\0", "").strip()[:LONGEST] for key in keys},
        chosen={key: post.getlist(key)[:200] for key in (*CHOSEN, "clearances")},
        enabled="enabled" in post,
        place=min(max(int(place), 1), places) if place.isdecimal() and len(place) < 5 else places,
        steps=steps_form.typed(post, may_be_empty=True),
        names=names,
    )


def split(text: str) -> list[str]:
    """``zh-*, th`` as its values: commas, semicolons and spaces part them."""
    return [each for each in re.split(r"[\s,;،、]+", text) if each]


def _choices(known: Iterable[tuple[str, Any]], chosen: list[str]) -> list[Choice]:
    values = dict(known)
    shown = [Choice(value, label, value in chosen) for value, label in values.items()]
    return shown + [
        Choice(value, _("“%(value)s”, not known here") % {"value": value}, True)
        for value in chosen
        if value not in values
    ]


def _number(text: str) -> Any:
    """The number that was typed; the text itself where it is none, to be refused in words."""
    cleaned = text.replace("\u2212", "-").replace(",", ".").lstrip("+")
    if re.fullmatch(r"-?\d{1,15}", cleaned):
        return int(cleaned)
    return float(cleaned) if re.fullmatch(r"-?\d{1,15}\.\d{1,10}", cleaned) else text
