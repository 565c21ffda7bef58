"""The weights and thresholds of strikes as typed: read into rules, or with what is wrong beside each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext

from moderation.models import Policy
from moderation.strikes import proposable
from moderation.strikes.weights import (
    DEFAULT_WEIGHTS,
    MOST_DAYS,
    MOST_POINTS,
    SEVERITIES,
    StrikeRules,
    Threshold,
    Weight,
)

# Rows for thresholds that there are not yet.
SPARE_ROWS: Final = 2
MOST_THRESHOLDS: Final = 40


@dataclass
class Field:
    """One field: its name, what was typed, and what is wrong with it."""

    name: str
    typed: str
    error: str = ""


@dataclass(frozen=True)
class Cell:
    """What a breach of a policy weighs at a severity: points, and for how many days."""

    severity: int
    points: Field
    days: Field

    @property
    def error(self) -> str:
        return self.points.error or self.days.error


@dataclass(frozen=True)
class ThresholdRow:
    """A threshold, or an empty row. It goes when all of it is emptied."""

    number: int
    points: Field
    window: Field
    action: Field
    days: Field

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.points, self.window, self.action, self.days

    @property
    def gone(self) -> str:
        """The action where it cannot be proposed (any more): it is shown, to be replaced."""
        return "" if self.action.typed in {action.slug for action in proposable()} else self.action.typed

    @property
    def is_empty(self) -> bool:
        return not any(each.typed for each in self.fields)


@dataclass(frozen=True)
class StrikesForm:
    """The whole page. ``rules`` is None where something is wrong."""

    policies: list[tuple[Policy, list[Cell]]]
    thresholds: list[ThresholdRow]
    rules: StrikeRules | None = field(default=None)


def show(rules: StrikeRules, policies: list[Policy]) -> StrikesForm:
    """The rules as they are, to be changed."""
    typed: dict[str, str] = {}
    for (policy, severity), weight in rules.weights.items():
        typed[f"weight-{policy}-{severity}-points"] = str(weight.points)
        typed[f"weight-{policy}-{severity}-days"] = "" if weight.days is None else str(weight.days)
    for number, each in enumerate(rules.thresholds):
        typed[f"threshold-{number}-points"] = str(each.points)
        typed[f"threshold-{number}-window"] = str(each.window_days)
        typed[f"threshold-{number}-action"] = each.action
        typed[f"threshold-{number}-days"] = "" if each.days is None else str(each.days)
    typed["threshold-rows"] = str(len(rules.thresholds) + SPARE_ROWS)
    return _laid_out(typed, policies)


def read(typed: Mapping[str, str], policies: list[Policy]) -> StrikesForm:
    """What was typed, every character of it kept, with the rules that it says or what is wrong."""
    form = _laid_out(typed, policies)
    weights = {
        (policy.slug, cell.severity): weight
        for policy, cells in form.policies
        for cell in cells
        if (weight := _weight(cell)) is not None
    }
    thresholds = tuple(_thresholds(form.thresholds))
    wrong = any(cell.error for _, cells in form.policies for cell in cells) or any(
        each.error for row in form.thresholds for each in row.fields
    )
    rules = None if wrong else StrikeRules(weights, thresholds)
    return StrikesForm(form.policies, form.thresholds, rules)


def _laid_out(typed: Mapping[str, str], policies: list[Policy]) -> StrikesForm:
    def one(name: str) -> Field:
        return Field(name, typed.get(name, "").strip())

    rows = typed.get("threshold-rows", "")
    count = min(int(rows), MOST_THRESHOLDS) if rows.isdecimal() and len(rows) < 4 else SPARE_ROWS
    return StrikesForm(
        [
            (
                policy,
                [
                    Cell(
                        severity,
                        one(f"weight-{policy.slug}-{severity}-points"),
                        one(f"weight-{policy.slug}-{severity}-days"),
                    )
                    for severity in SEVERITIES
                ],
            )
            for policy in policies
        ],
        [
            ThresholdRow(
                number,
                *(one(f"threshold-{number}-{what}") for what in ("points", "window", "action", "days")),
            )
            for number in range(count)
        ],
    )


def _weight(cell: Cell) -> Weight | None:
    """None for the default, and for what is wrong."""
    if not cell.points.typed:
        if cell.days.typed:
            cell.points.error = gettext("Say how many points")
        return None
    points = _number(cell.points, 0, MOST_POINTS)
    days = _number(cell.days, 1, MOST_DAYS) if cell.days.typed else None
    return None if points is None or cell.error else Weight(points, days)


def _thresholds(rows: list[ThresholdRow]) -> Iterator[Threshold]:
    seen: set[tuple[int, int]] = set()
    can = {action.slug: action for action in proposable()}
    for row in rows:
        if row.is_empty:
            continue
        points = _number(row.points, 1, MOST_POINTS)
        window = _number(row.window, 1, MOST_DAYS)
        days = _number(row.days, 1, MOST_DAYS) if row.days.typed else None
        action = can.get(row.action.typed)
        if action is None:
            row.action.error = gettext("Choose what is proposed")
        elif row.days.typed and "until" not in action.parameters.model_fields:
            row.days.error = gettext("This action has no end: leave it empty")
        if points is not None and window is not None:
            if (points, window) in seen:
                row.points.error = gettext("There is a threshold with these points and days already")
            seen.add((points, window))
        if points is not None and window is not None and not any(each.error for each in row.fields):
            yield Threshold(points, window, row.action.typed, days)


def _number(one: Field, least: int, most: int) -> int | None:
    if (
        one.typed.isascii()
        and one.typed.isdecimal()
        and len(one.typed) < 7
        and least <= int(one.typed) <= most
    ):
        return int(one.typed)
    one.error = gettext("A number from %(least)s to %(most)s") % {"least": least, "most": most}
    return None


def defaults() -> list[tuple[int, Weight]]:
    """What a breach weighs where nothing is set, by severity."""
    return list(DEFAULT_WEIGHTS.items())
