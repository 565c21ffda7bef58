"""The fields of an action on the decision form, and what is typed into them: all from the action's own declaration.

An action that a plugin registers has its fields too. Labels and choices come from ``LABELS`` and ``CHOICE_LABELS``
where the action is ours, else from the ``title`` and ``description`` of its pydantic fields.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from babel.dates import format_datetime
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _
from pydantic.fields import FieldInfo

from moderation.actions import Action, Place
from moderation.console.request import Typed
from moderation.models import Authority, Item, Referral

# Days until an action ends by itself, as offered; the empty one is "without an end".
DAYS: Final = ("", "1", "3", "7", "30", "90")
MOST_DAYS: Final = 3650
# A text that may be longer than this gets several lines.
ONE_LINE: Final = 500
LABELS: Final = {
    "how": _("How"),
    "until": _("How long"),
    "label": _("Text of the label"),
    "basis": _("Why"),
    "urgency": _("How urgent"),
    "authority": _("Authority"),
    "authority_written": _("or another one"),
    "country": _("Country"),
    "order_reference": _("Reference of the order"),
    "summary": _("What is known"),
}
HINTS: Final = {
    "country": _("Its code, such as TH"),
    "summary": _("For the authority: who, what, where, when"),
    "authority_written": _("Its name, if it is not in the list"),
}
CHOICE_LABELS: Final = {
    "demote": _("show it to fewer people"),
    "age_gate": _("adults only"),
    "geo_block": _("block it in some countries"),
    "label": _("put a label on it"),
    "disable_interaction": _("no comments or sharing"),
    "limit_visibility": _("followers only (accounts)"),
    **dict(Referral.Basis.choices),
    **dict(Referral.Urgency.choices),
}
# Fields that mean nothing without one choice of another field (static/fairlead/decide.css hides them until then).
ONLY_FOR: Final = {"label": "label", "order_reference": "court_order"}


@dataclass(frozen=True)
class Field:
    """One field of an action. ``kind``: ``choice``, ``line``, ``text`` (several lines) or ``tick``."""

    name: str
    label: str
    value: str
    kind: str = "line"
    choices: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""
    hint: str = ""
    only_for: str = ""
    most: int | None = None


def fields_of(action: Action, item: Item, typed: Typed, errors: dict[str, str]) -> list[Field]:
    """Every field of an action on a case about ``item``, filled in as typed; what must be chosen before what may be."""
    fields = [] if len(where := _where(action, item)) < 2 else [_on(action, where, typed, errors)]
    declared = action.parameters.model_fields.items()
    for parameter, info in sorted(declared, key=lambda each: _is_time(each[1])):
        fields.append(_field(f"{action.slug}.{parameter}", parameter, info, typed, errors))
    if action.territorial:
        name = f"{action.slug}.territories"
        hint = gettext("TH DE; empty: everywhere")
        fields.append(
            Field(name, gettext("Where"), first(typed, name), error=errors.get(name, ""), hint=hint)
        )
    return fields


def read(
    action: Action | None, slug: str, typed: Typed, now: datetime
) -> tuple[dict[str, Any], list[str], str]:
    """What was typed for an action: its parameters, its countries, and on what. Unchecked."""
    declared = action.parameters.model_fields if action else {}
    parameters: dict[str, Any] = {}
    territories: list[str] = []
    for name in typed:
        parameter, value = name.removeprefix(f"{slug}."), first(typed, name).strip()
        if not name.startswith(f"{slug}.") or parameter == "on":
            continue
        info = declared.get(parameter)
        if parameter == "territories":
            territories = re.findall(r"\w+", value.upper())
        elif info is not None and _is_time(info):
            parameters[parameter] = _time(value, now)
        elif value and info is not None and _plain(info) in (list, tuple, set, frozenset):
            parameters[parameter] = [each for each in re.split(r"[,;\s]+", value) if each]
        elif value:
            parameters[parameter] = value.upper() if parameter == "country" else value
    for parameter, choice in ONLY_FOR.items():
        if choice not in parameters.values():
            parameters.pop(parameter, None)
    return parameters, territories, first(typed, f"{slug}.on")


def written(
    action: Action | None, slug: str, judged: dict[str, Any], decided_at: datetime, *, exactly: bool
) -> Typed:
    """What is typed into the form to judge so again: the inverse of ``read``. ``judged`` as in Decision.actions.

    ``exactly``: an end is the moment that it was, so that what is in force stays as it is; else so many days from now.
    """
    declared = action.parameters.model_fields if action else {}
    typed: Typed = {f"{slug}.on": [judged["on"]]} if judged.get("on") else {}
    for parameter, value in judged.get("parameters", {}).items():
        info = declared.get(parameter)
        if info is not None and _is_time(info) and not exactly and (ends := _moment(str(value or ""))):
            value = str(max(1, round((ends - decided_at) / timedelta(days=1))))
        if isinstance(value, list):
            value = " ".join(map(str, value))
        typed[f"{slug}.{parameter}"] = ["" if value is None or value is False else str(value)]
    if judged.get("territories"):
        typed[f"{slug}.territories"] = [" ".join(judged["territories"])]
    return typed


def is_over(action: Action | None, judged: dict[str, Any], now: datetime) -> bool:
    """Whether the time for which it was judged has passed."""
    ends = [
        _moment(str(judged.get("parameters", {}).get(parameter) or ""))
        for parameter, info in (action.parameters.model_fields.items() if action else ())
        if _is_time(info)
    ]
    return any(end is not None and end <= now for end in ends)


def first(typed: Typed, name: str) -> str:
    return typed.get(name, [""])[0] if typed.get(name) else ""


def days_in_words(days: str) -> str:
    """``24 hours``, ``7 days``, ``without an end``."""
    if not days:
        return gettext("without an end")
    return gettext("24 hours") if days == "1" else gettext("%(days)s days") % {"days": days}


def _where(action: Action, item: Item) -> list[Place]:
    """The places that are different things: an account has no author beside it."""
    found: dict[int, Place] = {}
    for place in action.places_on(item):
        target = action.target(item, place)
        if target is not None:
            found.setdefault(target.pk, place)
    return list(found.values())


def _on(action: Action, where: Iterable[Place], typed: Typed, errors: dict[str, str]) -> Field:
    name = f"{action.slug}.on"
    choices = [(str(place.value), str(place.label)) for place in where]
    return Field(name, gettext("On what"), first(typed, name), "choice", choices, errors.get(name, ""))


def _field(name: str, parameter: str, info: FieldInfo, typed: Typed, errors: dict[str, str]) -> Field:
    value = first(typed, name)
    if name not in typed and info.default is not None and isinstance(info.default, str | int):
        value = "on" if info.default is True else "" if info.default is False else str(info.default)
    choices = _choices(parameter, info, value)
    most = next((each.max_length for each in info.metadata if getattr(each, "max_length", None)), None)
    kind = "choice" if choices else "tick" if _plain(info) is bool else "line"
    if (
        kind == "line"
        and _plain(info) is str
        and (most is None or most > ONE_LINE)
        and parameter != "country"
    ):
        kind = "text"
    return Field(
        name,
        str(LABELS.get(parameter) or info.title or parameter),
        value,
        kind,
        choices,
        errors.get(name, ""),
        str(HINTS.get(parameter) or info.description or ""),
        ONLY_FOR.get(parameter, ""),
        most,
    )


def _choices(parameter: str, info: FieldInfo, value: str) -> list[tuple[str, str]]:
    if _is_time(info):
        choices = [(days, days_in_words(days)) for days in DAYS]
        return choices if value in DAYS else [*choices, (value, _until_in_words(value))]
    if parameter == "authority":
        listed = Authority.objects.filter(in_use=True).order_by("country", "name")
        named = [(str(each.pk), f"{each.country} {each.name}".strip()) for each in listed]
        return [("", gettext("not in the list")), *named]
    plain = _plain(info)
    if typing.get_origin(plain) is typing.Literal:
        return [(str(each), str(CHOICE_LABELS.get(each, each))) for each in typing.get_args(plain)]
    return []


def _plain(info: FieldInfo) -> Any:
    """Its type without "or None"; the kind of collection where it is one."""
    declared = info.annotation
    if typing.get_origin(declared) in (typing.Union, types.UnionType):
        declared = next(each for each in typing.get_args(declared) if each is not type(None))
    origin = typing.get_origin(declared)
    return origin if origin in (list, tuple, set, frozenset) else declared


def _is_time(info: FieldInfo) -> bool:
    plain = _plain(info)
    return getattr(plain, "__name__", "") == "AwareDatetime" or plain is datetime


def _time(value: str, now: datetime) -> str | None:
    """The end that was chosen: so many days from now, or the moment that it already was; None: without an end."""
    if value.isdecimal() and 0 < int(value) <= MOST_DAYS:
        return (now + timedelta(days=int(value))).isoformat()
    return value if _moment(value) else None


def _moment(value: str) -> datetime | None:
    try:
        found = parse_datetime(value)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _until_in_words(value: str) -> str:
    if at := _moment(value):
        locale = to_locale(get_language() or "en")
        when = format_datetime(at.astimezone(UTC), "medium", locale=locale)
        return gettext("as before: until %(when)s UTC") % {"when": when}
    return days_in_words(value) if value.isdecimal() else value
