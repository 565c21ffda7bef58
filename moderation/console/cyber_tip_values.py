"""Values of the form of a CyberTipline report: as typed, as in the report's JSON, and at a path within it."""

from __future__ import annotations

import itertools
from datetime import UTC
from typing import Any, Final

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from moderation.console.cyber_tip_fields import Field, Path

MOST_TYPED: Final = 100_000
YES_OR_NO: Final = {"yes": True, "no": False}


def as_typed(typed: QueryDict, name: str) -> str:
    """NUL cannot be stored and cannot be typed."""
    return str(typed.get(name, "")).replace("\0", "").replace("\r\n", "\n")[:MOST_TYPED].strip()


def in_form(each: Field, value: Any) -> Any:
    if value is None:
        return ""
    if each.kind == "lines":
        return "\n".join(str(line) for line in value)
    if each.kind == "texts":
        return "\n".join(str(line.get("text", "")) for line in value)
    if each.kind == "yes":
        return "yes" if value else "no"
    if each.kind == "flag":
        return "on" if value else ""
    if each.kind == "moment":
        at = parse_datetime(str(value))
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at and not is_naive(at) else value
    return value


def from_form(each: Field, typed: str, before: Any) -> Any:
    """As the report's JSON has it; what cannot be read stays as typed, for the shapes to say so. None: not said."""
    if not typed:
        return None
    if each.kind == "lines":
        return [line.strip() for line in typed.split("\n") if line.strip()]
    if each.kind == "texts":
        known = {line.get("text"): line for line in before or []}
        return [known.get(line.strip(), {"text": line.strip()}) for line in typed.split("\n") if line.strip()]
    if each.kind == "yes":
        return YES_OR_NO.get(typed)
    if each.kind == "flag":
        return True
    if each.kind == "number":
        return int(typed) if typed.isdecimal() and len(typed) < 19 else typed
    return _moment(typed) if each.kind == "moment" else typed


def _moment(typed: str) -> str:
    try:
        at = parse_datetime(typed)
    except ValueError:
        return typed
    if at is None:
        return typed
    at = at.replace(tzinfo=UTC) if is_naive(at) else at.astimezone(UTC)
    return at.isoformat().replace("+00:00", "Z")


def get(inside: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, int):
            inside = inside[step] if isinstance(inside, list) and step < len(inside) else None
        else:
            inside = inside.get(step) if isinstance(inside, dict) else None
    return inside


def put(inside: Any, path: Path, value: Any) -> None:
    """Set what is at the path, making what is missing on the way; None takes it out."""
    for step, following in itertools.pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            inside.extend({} for _missing in range(step + 1 - len(inside)))
            inside = inside[step]
        else:
            if not isinstance(inside.get(step), type(empty)):
                inside[step] = empty
            inside = inside[step]
    inside[path[-1]] = value


def pruned(value: Any) -> Any:
    """Without what says nothing: None, empty texts, empty lists and objects. None where nothing is left."""
    if isinstance(value, dict):
        kept = {key: inner for key, each in value.items() if (inner := pruned(each)) is not None}
        return kept or None
    if isinstance(value, list):
        left = [inner for each in value if (inner := pruned(each)) is not None]
        return left or None
    return None if value == "" else value
