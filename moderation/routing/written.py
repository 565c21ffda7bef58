"""Routing rules as they are written down: in the export, in versions, and in what a page sends. Pure; no tables.

A rule is an object of KEYS: ``{"name": "…", "enabled": true, "conditions": {…}, "queue": "<slug>", "priority_bonus": 0,
"due_minutes": null, "clearances": ["<slug>"], "steps": [{…}]}``; all but ``name`` and ``queue`` may be left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.utils.translation import gettext

from moderation import conditions
from moderation.conditions import Bound, UnknownCondition
from moderation.eligibility import steps as language_steps

MOST_RULES: Final = 500
LONGEST_NAME: Final = 120
MOST_BONUS: Final = 1000
MOST_DUE_MINUTES: Final = 60 * 24 * 366
MOST_VALUES: Final = 200
SLUG: Final = re.compile(r"[-\w]{1,50}", re.ASCII)
DEFAULTS: Final[dict[str, Any]] = {
    "name": "",
    "enabled": True,
    "conditions": {},
    "queue": "",
    "priority_bonus": 0,
    "due_minutes": None,
    "clearances": [],
    "steps": [],
}

Rule = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something about a rule, by its ``number`` from 1 (0: about all of them), beside a ``field``, in ``words``.

    ``field`` is a key of the rule or of its conditions, or empty. An error keeps the rules from being saved.
    """

    number: int
    field: str
    words: str
    level: Literal["error", "warning"] = "error"


@dataclass
class Read:
    """Rules as they were understood, with what cannot be understood left out, and said in ``findings``."""

    rules: list[Rule] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def wrong(self) -> frozenset[int]:
        """The numbers of the rules that cannot be understood."""
        return frozenset(each.number for each in self.findings if each.level == "error")


def read(written: object) -> Read:
    """Rules that anybody may have written: types and ranges are checked, language ranges normalised."""
    found = Read()
    if not isinstance(written, list):
        found.findings.append(Finding(0, "", gettext("The rules are a list")))
        return found
    if len(written) > MOST_RULES:
        words = gettext("There may be at most %(most)s rules; these are %(count)s")
        found.findings.append(Finding(0, "", words % {"most": MOST_RULES, "count": len(written)}))
        return found
    for number, each in enumerate(written, start=1):
        rule, wrong = read_one(each)
        found.rules.append(rule)
        found.findings += [Finding(number, where, words) for where, words in wrong]
    return found


def read_one(written: object) -> tuple[Rule, list[tuple[str, str]]]:
    """One rule with every key, and what is wrong with it as (field, words)."""
    if not isinstance(written, dict):
        return {**DEFAULTS}, [("", gettext("A rule is an object"))]
    wrong = [
        ("", gettext("Nobody knows “%(key)s” in a rule") % {"key": str(key)[:40]})
        for key in written
        if key not in DEFAULTS
    ]
    rule: Rule = {}
    for key, default in DEFAULTS.items():
        value, words = _CHECKS[key](written.get(key, default))
        rule[key] = value
        wrong += words
    return rule, wrong


Checked = tuple[Any, list[tuple[str, str]]]


def _name(value: object) -> Checked:
    if not isinstance(value, str):
        return "", [("name", gettext("A name is a text"))]
    name = " ".join(value.split())
    if not name:
        return "", [("name", gettext("Give the rule a name"))]
    if len(name) > LONGEST_NAME:
        words = gettext("A name has at most %(most)s characters") % {"most": LONGEST_NAME}
        return name, [("name", words)]
    if _has_controls(name):
        return "", [("name", gettext("There is a character in it that cannot be stored"))]
    return name, []


def _enabled(value: object) -> Checked:
    if isinstance(value, bool):
        return value, []
    return True, [("enabled", gettext("A rule is switched on (true) or off (false)"))]


def _queue(value: object) -> Checked:
    if isinstance(value, str) and SLUG.fullmatch(value):
        return value, []
    if value in ("", None):
        return "", [("queue", gettext("Choose a queue"))]
    return "", [("queue", gettext("A queue is named by its slug"))]


def _conditions(value: object) -> Checked:
    if not isinstance(value, dict):
        return {}, [("conditions", gettext("Conditions are an object of fact → list of accepted values"))]
    asked: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for key, accepted in value.items():
        try:
            asked[key] = _condition(key, accepted)
        except UnknownCondition as error:
            wrong.append((error.key or "conditions", str(error)))
    if not wrong:
        try:
            conditions.check(asked)
        except UnknownCondition as error:
            wrong.append((error.key or "conditions", str(error)))
    return asked, wrong


def _condition(key: str, accepted: object) -> Any:
    """Raises UnknownCondition."""
    if key in conditions.BOUNDS:
        return _bounded(conditions.BOUNDS[key], key, accepted)
    conditions.check_one(key, accepted)
    if not isinstance(accepted, list):
        return accepted
    if len(accepted) > MOST_VALUES:
        raise UnknownCondition(gettext("At most %(most)s values are accepted") % {"most": MOST_VALUES}, key)
    values = [conditions.normalise_range(each) if key == "language" else each.strip() for each in accepted]
    if any(not each or len(each) > LONGEST_NAME or _has_controls(each) for each in values):
        raise UnknownCondition(gettext("There is a value in it that cannot be stored"), key)
    return list(dict.fromkeys(values))


def _bounded(bound: Bound, key: str, accepted: object) -> Any:
    try:
        conditions.check_one(key, accepted)
    except UnknownCondition:
        if bound.whole:
            words = gettext("It is a whole number from %(low)s to %(high)s")
        else:
            words = gettext("It is a number from %(low)s to %(high)s")
        told = {"low": f"{bound.low:,}", "high": f"{bound.high:,}"}
        raise UnknownCondition(words % told, key) from None
    return accepted


def _bonus(value: object) -> Checked:
    if _is_whole(value) and -MOST_BONUS <= value <= MOST_BONUS:  # type: ignore[operator]
        return value, []
    words = gettext("It is a whole number from %(least)s to %(most)s")
    return 0, [("priority_bonus", words % {"least": f"−{MOST_BONUS:,}", "most": f"{MOST_BONUS:,}"})]


def _due(value: object) -> Checked:
    if value is None or (_is_whole(value) and 1 <= value <= MOST_DUE_MINUTES):  # type: ignore[operator]
        return value, []
    words = gettext("It is a whole number of minutes from 1 to %(most)s, or nothing")
    return None, [("due_minutes", words % {"most": f"{MOST_DUE_MINUTES:,}"})]


def _clearances(value: object) -> Checked:
    if isinstance(value, list) and all(isinstance(each, str) and SLUG.fullmatch(each) for each in value):
        return sorted(set(value)), []
    return [], [("clearances", gettext("Clearances are a list of their slugs"))]


def _steps(value: object) -> Checked:
    if value == []:
        return [], []
    try:
        language_steps.parse(value)
    except language_steps.BadSteps as error:
        return [], [("steps", str(error))]
    return value, []


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


_CHECKS: Final = {
    "name": _name,
    "enabled": _enabled,
    "conditions": _conditions,
    "queue": _queue,
    "priority_bonus": _bonus,
    "due_minutes": _due,
    "clearances": _clearances,
    "steps": _steps,
}


def with_defaults(rule: Mapping[str, Any]) -> Rule:
    """A rule with every key, in their order: what is compared and kept."""
    return {key: rule.get(key, default) for key, default in DEFAULTS.items()}
