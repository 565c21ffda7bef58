"""Sentences: a routing rule in words. Pure; the names of queues, policies and clearances are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.eligibility import steps as language_steps
from moderation.models import Case, Flag, Item, Snapshot
from moderation.routing.written import Rule

LABELS: Final[dict[str, Any]] = {
    "conditions": _("when"),
    "queue": _("queue"),
    "priority_bonus": _("priority"),
    "due_minutes": _("due"),
    "clearances": _("clearances"),
    "steps": _("language steps"),
}
# How each condition is said, with %(values)s; the same words label its field.
FACTS: Final[dict[str, Any]] = {
    "language": _("language"),
    "policy": _("policy"),
    "source": _("source"),
    "detector": _("detector"),
    "origin": _("origin"),
    "item_kind": _("kind of item"),
    "item_type": _("type of item"),
    "platform": _("platform"),
    "country": _("country"),
    "disclosure": _("how it was seen"),
}
BOUNDS: Final[dict[str, Any]] = {
    "min_severity": _("severity ≥ %(number)s"),
    "max_severity": _("severity ≤ %(number)s"),
    "min_confidence": _("the language is at least %(number)s sure"),
    "max_confidence": _("the language is at most %(number)s sure"),
    "min_score": _("best score ≥ %(number)s"),
    "min_reach": _("reach ≥ %(number)s"),
    "min_author_breaches": _("earlier breaches by the author ≥ %(number)s"),
}
# In the order in which they are said.
ORDER: Final = (
    *("language", "min_confidence", "max_confidence", "policy", "min_severity", "max_severity"),
    *("source", "detector", "min_score", "origin", "item_kind", "item_type", "platform", "country"),
    *("disclosure", "min_reach", "min_author_breaches"),
)
_CHOICES: Final[dict[str, Mapping[str, Any]]] = {
    "source": dict(Flag.Source.choices),
    "origin": dict(Case.Origin.choices),
    "item_kind": dict(Item.Kind.choices),
    "disclosure": dict(Snapshot.Disclosure.choices),
}


@dataclass(frozen=True)
class Names:
    """Slug → name, of what rules name by slug."""

    queues: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    clearances: Mapping[str, str] = field(default_factory=dict)
    platforms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sentence:
    """A rule in words: *When* ``when`` (empty: always) → ``queue``, then ``effects``, then ``steps``."""

    when: tuple[str, ...]
    queue: str
    effects: tuple[str, ...]
    steps: tuple[str, ...]

    @property
    def text(self) -> str:
        """``When language is zh-* and severity ≥ 4 → Chinese urgent, due in 30 min; then level 3 after 30 min``."""
        start = (
            gettext("When %(all)s") % {"all": gettext(" and ").join(self.when)}
            if self.when
            else gettext("Always")
        )
        text = f"{start} → {', '.join((self.queue, *self.effects))}"
        return "; ".join((text, gettext("; then ").join(self.steps))) if self.steps else text


def of(rule: Rule, names: Names) -> Sentence:
    return Sentence(
        when=conditions(rule["conditions"], names),
        queue=names.queues.get(rule["queue"], rule["queue"]),
        effects=_effects(rule, names),
        steps=steps(rule["steps"]),
    )


def conditions(asked: Mapping[str, Any], names: Names) -> tuple[str, ...]:
    """Each condition in words: ``language is zh-* or th``."""
    return tuple(_condition(key, asked[key], names) for key in ORDER if key in asked)


def steps(written: list[dict[str, Any]]) -> tuple[str, ...]:
    """The language steps in words; empty where the queue's count."""
    return tuple(language_steps.in_words(step) for step in language_steps.parse(written)) if written else ()


def value(key: str, rule: Rule, names: Names) -> str:
    """What a rule says under one of LABELS, in words."""
    if key == "conditions":
        return gettext(" and ").join(conditions(rule["conditions"], names)) or gettext("always")
    if key == "queue":
        return names.queues.get(rule["queue"], rule["queue"])
    if key == "priority_bonus":
        return f"{rule['priority_bonus']:+}"
    if key == "due_minutes":
        return gettext("as queue and policy say") if rule[key] is None else minutes(rule[key])
    if key == "clearances":
        return _clearances(rule, names) or gettext("only the queue’s")
    return gettext("; then ").join(steps(rule["steps"])) or gettext("the queue’s")


def minutes(count: int) -> str:
    """``30 min``, ``2 h``, ``1 d 2 h``."""
    days, rest = divmod(count, 1440)
    hours, left = divmod(rest, 60)
    parts = [
        *([gettext("%(count)s d") % {"count": days}] if days else []),
        *([gettext("%(count)s h") % {"count": hours}] if hours else []),
        *([gettext("%(count)s min") % {"count": left}] if left or not count else []),
    ]
    return " ".join(parts)


def named(key: str, accepted: str, names: Names) -> str:
    """One accepted value in words; itself where it has no others."""
    if key == "policy":
        return names.policies.get(accepted, accepted)
    if key == "platform":
        return names.platforms.get(accepted, accepted)
    return str(_CHOICES.get(key, {}).get(accepted, accepted))


def _condition(key: str, accepted: Any, names: Names) -> str:
    if key in BOUNDS:
        shown = f"{accepted * 100:g} %" if key.endswith("_confidence") else f"{accepted:,}"
        return str(BOUNDS[key]) % {"number": shown}
    values = gettext(" or ").join(named(key, each, names) for each in accepted)
    return gettext("%(fact)s is %(values)s") % {"fact": FACTS[key], "values": values}


def _effects(rule: Rule, names: Names) -> tuple[str, ...]:
    said = []
    if rule["due_minutes"] is not None:
        said.append(gettext("due in %(time)s") % {"time": minutes(rule["due_minutes"])})
    if rule["priority_bonus"]:
        said.append(gettext("priority %(bonus)s") % {"bonus": f"{rule['priority_bonus']:+}"})
    if rule["clearances"]:
        said.append(gettext("only with %(clearances)s") % {"clearances": _clearances(rule, names)})
    return tuple(said)


def _clearances(rule: Rule, names: Names) -> str:
    return ", ".join(names.clearances.get(each, each) for each in rule["clearances"])
