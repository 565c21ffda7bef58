"""The decision form: which fields an action needs, and how what was typed becomes a Judgement.

A typed form is ``name → values`` (as in Draft.fields): ``policy``, ``actions``, ``reasoning``, ``note``, and for each
action ``<slug>.<parameter>`` and ``<slug>.territories``. Parameters come from the action's own declaration, so an
action that a plugin registers has its fields here too.
"""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.actions import Action, NoViolation, allowed_actions
from moderation.console.request import Typed
from moderation.judgements import JudgedAction, Judgement
from moderation.models import Case, Policy

# Days until an action ends by itself, as offered; the empty one is "without an end".
DAYS: Final = ("", "1", "3", "7", "30", "90")
PARAMETER_LABELS: Final = {"how": _("How"), "until": _("How long"), "label": _("Text of the label")}
CHOICE_LABELS: Final = {
    "demote": _("show it to fewer people"),
    "age_gate": _("adults only"),
    "geo_block": _("block it in some countries"),
    "label": _("put a label on it"),
    "disable_interaction": _("no comments or sharing"),
}


@dataclass(frozen=True)
class Field:
    """One field of an action. ``choices`` empty: a line of text."""

    name: str
    label: str
    value: str
    choices: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""
    hint: str = ""
    # The choice of another field without which this one means nothing (static/fairlead/decide.css hides it).
    only_for: str = ""


@dataclass(frozen=True)
class ActionRow:
    """An action to choose, with the number key that chooses it."""

    number: int
    action: Action
    chosen: bool
    fields: list[Field]
    error: str = ""
    # The item it is carried out on, where that is not the one that the case is about.
    on: str = ""

    @property
    def exclusive(self) -> bool:
        return self.action.slug == NoViolation.slug


def first(typed: Typed, name: str) -> str:
    return typed.get(name, [""])[0] if typed.get(name) else ""


def judgement(typed: Typed, now: datetime | None = None) -> Judgement:
    """What was typed as a Judgement, unchecked: ``decide`` says what is wrong with it."""
    return Judgement(
        policy=first(typed, "policy"),
        actions=[_judged(slug, typed, now or timezone.now()) for slug in typed.get("actions", [])],
        reasoning=first(typed, "reasoning"),
        note=first(typed, "note"),
    )


def _judged(slug: str, typed: Typed, now: datetime) -> JudgedAction:
    parameters: dict[str, Any] = {}
    territories: list[str] = []
    for name in typed:
        if not name.startswith(f"{slug}."):
            continue
        parameter, value = name.removeprefix(f"{slug}."), first(typed, name).strip()
        if parameter == "territories":
            territories = re.findall(r"\w+", value.upper())
        elif parameter == "until":
            parameters["until"] = (
                (now + timedelta(days=int(value))).isoformat() if value in DAYS[1:] else None
            )
        elif value:
            parameters[parameter] = value
    if parameters.get("how") != "label":
        parameters.pop("label", None)
    return JudgedAction(slug, parameters, territories)


def rows(case: Case, policy: Policy, typed: Typed, errors: dict[str, str] | None = None) -> list[ActionRow]:
    """The actions that are allowed under ``policy``, filled in as typed. Escalating is a tool of its own."""
    errors = errors or {}
    deciding = [action for action in allowed_actions(case, policy) if action.decides]
    return [
        ActionRow(
            number,
            action,
            action.slug in typed.get("actions", []),
            _fields(action, typed, errors),
            errors.get(action.slug, ""),
            _other_target(action, case),
        )
        for number, action in enumerate(deciding, 1)
    ]


def _other_target(action: Action, case: Case) -> str:
    target = action.target(case.item)
    return target.external_id if target is not None and target.pk != case.item_id else ""


def _fields(action: Action, typed: Typed, errors: dict[str, str]) -> list[Field]:
    fields = []
    # What must be chosen stands before what may be.
    for parameter, declared in sorted(
        action.parameters.model_fields.items(), key=lambda each: each[0] == "until"
    ):
        name = f"{action.slug}.{parameter}"
        fields.append(
            Field(
                name,
                str(PARAMETER_LABELS.get(parameter, parameter)),
                first(typed, name),
                _choices(parameter, declared.annotation),
                errors.get(name, ""),
                only_for="label" if parameter == "label" else "",
            )
        )
    if action.territorial:
        name = f"{action.slug}.territories"
        hint = gettext("Country codes, such as TH DE; empty: everywhere")
        fields.append(Field(name, gettext("Where"), first(typed, name), [], errors.get(name, ""), hint))
    return fields


def _choices(parameter: str, annotation: Any) -> list[tuple[str, str]]:
    if parameter == "until":
        return [(days, _days(days)) for days in DAYS]
    if typing.get_origin(annotation) is typing.Literal:
        return [(value, str(CHOICE_LABELS.get(value, value))) for value in typing.get_args(annotation)]
    return []


def _days(days: str) -> str:
    if not days:
        return gettext("without an end")
    return gettext("24 hours") if days == "1" else gettext("%(days)s days") % {"days": days}


def errors_by_field(errors: list[dict[str, Any]], typed: Typed) -> dict[str, str]:
    """``InvalidJudgement.errors`` by the name of the field that each belongs to."""
    chosen = typed.get("actions", [])
    found: dict[str, str] = {}
    for error in errors:
        loc = error["loc"]
        if loc[0] == "actions" and len(loc) > 1 and loc[1] < len(chosen):
            slug = chosen[loc[1]]
            name = slug
            if "parameters" in loc and len(loc) > loc.index("parameters") + 1:
                name = f"{slug}.{loc[loc.index('parameters') + 1]}"
            elif "territories" in loc:
                name = f"{slug}.territories"
            elif "parameters" in loc:
                # The action's own rule over several parameters: it belongs to the first.
                name = slug
        else:
            name = str(loc[0])
        found.setdefault(name, error["msg"])
    return found
