"""The editor of language steps, shared by queues and rules: rows as typed, and the steps that they mean.

Show it with ``{% include "moderation/_steps.html" with steps=steps %}`` inside the page's form. Each row is posted as
``steps-<number>-after`` (a whole number), ``-unit`` (``min``, ``h`` or ``day``; without it minutes), ``-level``,
``-reads`` and any number of ``-actions``. ``add_step`` and ``remove_step`` are buttons of the same form: the page
answers them by showing itself again, nothing saved (``rearranged``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Level
from moderation import translation
from moderation.actions import ACTIONS, Action
from moderation.eligibility import steps as language_steps
from moderation.eligibility.steps import MOST_MINUTES, MOST_STEPS, BadSteps

UNITS: Final = {"min": 1, "h": 60, "day": 60 * 24}
UNIT_LABELS: Final = {"min": _("minutes"), "h": _("hours"), "day": _("days")}
READS_LABELS: Final = {
    "language": _("reads the language"),
    "close": _("reads it, or a close one by a grant"),
    "any": _("anybody, with a translation"),
}
# More rows than may be saved are still shown, so that what was typed is not lost.
MOST_ROWS: Final = MOST_STEPS + 4


@dataclass(frozen=True)
class StepRow:
    """One step as typed, with what is wrong with it."""

    after: str
    unit: str = "min"
    level: str = "3"
    reads: str = "language"
    actions: tuple[str, ...] = ()
    error: str = ""
    words: str = ""
    added: bool = False


@dataclass(frozen=True)
class StepsForm:
    """The rows, what is wrong with all of them together, and the steps as they are stored: None where any is wrong."""

    rows: list[StepRow]
    steps: list[dict[str, Any]] | None
    error: str = ""
    rearranged: bool = False
    may_be_empty: bool = False

    @property
    def units(self) -> Mapping[str, Any]:
        return UNIT_LABELS

    @property
    def reads(self) -> Mapping[str, Any]:
        return READS_LABELS

    @property
    def levels(self) -> list[tuple[str, str]]:
        """From the best on: ``3 · B2``. What each of them means is on the pages of people."""
        return [
            (str(each.value), f"{each.value} · {str(each.label).partition(':')[0]}")
            for each in reversed(Level)
        ]

    @property
    def deciding(self) -> list[Action]:
        """The actions that a step may be narrowed to. Escalating is always possible."""
        return [action for action in ACTIONS.values() if action.decides]

    @property
    def translates(self) -> bool:
        return translation.available()

    @property
    def full(self) -> bool:
        return len(self.rows) >= MOST_STEPS


def stored(steps: Sequence[Mapping[str, Any]], *, may_be_empty: bool = False) -> StepsForm:
    """The editor filled in with steps as they are stored. ``may_be_empty``: a rule may leave them to its queue."""
    return _checked([_row(step) for step in steps], may_be_empty=may_be_empty)


def typed(post: QueryDict, *, may_be_empty: bool = False) -> StepsForm:
    """The editor as typed, with the button that was pressed carried out: ``add_step`` or ``remove_step``."""
    numbers = [n for n in range(1, MOST_ROWS + 1) if f"steps-{n}-after" in post]
    rows = [_typed_row(post, number) for number in numbers]
    removed = post.get("remove_step", "")
    if removed.isdecimal() and int(removed) in numbers:
        del rows[numbers.index(int(removed))]
    if "add_step" in post and len(rows) < MOST_ROWS:
        rows.append(_after(rows))
    read = _checked(rows, may_be_empty=may_be_empty)
    return replace(read, rearranged="add_step" in post or "remove_step" in post)


def _row(step: Mapping[str, Any]) -> StepRow:
    minutes = step["after_minutes"]
    # In hours or days where these are whole, so that a day does not stand there as 1440.
    unit = next((name for name in ("day", "h") if minutes and minutes % UNITS[name] == 0), "min")
    return StepRow(
        str(minutes // UNITS[unit]),
        unit,
        str(step["level"]),
        step.get("reads", "language"),
        tuple(step.get("actions", ())),
    )


def _typed_row(post: QueryDict, number: int) -> StepRow:
    def of(name: str, otherwise: str) -> str:
        return (post.get(f"steps-{number}-{name}") or otherwise).replace("\0", "")[:40]

    actions = dict.fromkeys(each[:40] for each in post.getlist(f"steps-{number}-actions") if each in ACTIONS)
    return StepRow(
        of("after", "").strip(), of("unit", "min"), of("level", "3"), of("reads", "language"), tuple(actions)
    )


def _after(rows: list[StepRow]) -> StepRow:
    """A row that may follow these: later, and one level wider, or else for close languages."""
    if not rows:
        return StepRow("0", level="4", added=True)
    last = rows[-1]
    later = str(2 * int(last.after) or 30) if re.fullmatch(r"\d{1,4}", last.after) else ""
    unit = last.unit if last.after != "0" else "min"
    wider = str(max(1, int(last.level) - 1)) if last.level in set("12345") else "3"
    if last.reads != "language":
        return StepRow(later, unit, wider, "close", added=True)
    return StepRow(later, unit, *(("3", "close") if last.level in "21" else (wider, "language")), added=True)


def _checked(rows: list[StepRow], *, may_be_empty: bool) -> StepsForm:
    """The rows with what is wrong beside each, and the steps where nothing is."""
    read = [_read(row) for row in rows]
    rows = [
        replace(row, error=step) if isinstance(step, str) else row
        for row, step in zip(rows, read, strict=True)
    ]
    steps = [step for step in read if not isinstance(step, str)]
    if len(steps) < len(rows):
        return StepsForm(rows, None, may_be_empty=may_be_empty)
    if not steps and may_be_empty:
        return StepsForm(rows, [], may_be_empty=True)
    try:
        parsed = language_steps.parse(steps)
    except BadSteps as bad:
        if not bad.number:
            return StepsForm(rows, None, bad.why, may_be_empty=may_be_empty)
        rows[bad.number - 1] = replace(rows[bad.number - 1], error=bad.why)
        return StepsForm(rows, None, may_be_empty=may_be_empty)
    rows = [replace(row, words=language_steps.in_words(step)) for row, step in zip(rows, parsed, strict=True)]
    return StepsForm(rows, steps, may_be_empty=may_be_empty)


def _read(row: StepRow) -> dict[str, Any] | str:
    """The step that a row means as it is stored, or what is wrong with it in words."""
    if not re.fullmatch(r"\d{1,6}", row.after) or row.unit not in UNITS:
        return gettext("Say after how long it opens, as a whole number; 0 is at once")
    minutes = int(row.after) * UNITS[row.unit]
    if minutes > MOST_MINUTES:
        return gettext("It opens after 30 days at the latest")
    if row.level not in {str(each.value) for each in Level} or row.reads not in READS_LABELS:
        return gettext("Choose who reads it, and how well")
    if row.reads == "any" and not translation.available():
        return gettext("No translation is installed, so this step could never open")
    step: dict[str, Any] = {"after_minutes": minutes, "level": int(row.level)}
    if row.reads != "language":
        step["reads"] = row.reads
    if row.actions:
        step["actions"] = list(row.actions)
    return step
