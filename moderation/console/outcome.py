"""What came of a simulation, in words and rows: from the JSON of ``foresight.comparison.compare``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from moderation.foresight.recorded import ENOUGH, STATED_SECONDS
from moderation.templatetags.desk import number as number_of
from moderation.templatetags.desk import span
from moderation.templatetags.foresee import name_of

# Smaller differences of a mean wait are not said in words: in seconds, and as a share of the wait.
LEAST_SECONDS: Final = 60.0
LEAST_SHARE: Final = 0.05
MOST_SENTENCES: Final = 12

Figures = Mapping[str, Any]
NONE: Final[Figures] = {
    "arrived": 0,
    "taken": 0,
    "left": 0,
    "missed": 0,
    "mean_wait": None,
    "median_wait": None,
    "p90_wait": None,
}


@dataclass(frozen=True)
class Cell:
    """A figure under both configurations, as it is shown; ``change`` is "better", "worse" or empty."""

    today: str
    proposed: str
    change: str


@dataclass(frozen=True)
class Row:
    """A lane. ``cases`` came into it under each configuration."""

    lane: SafeString
    today: Figures
    proposed: Figures

    @property
    def cases(self) -> Cell:
        return Cell(number_of(self.today["arrived"]), number_of(self.proposed["arrived"]), "")

    @property
    def left(self) -> Cell:
        return _counted(self, "left")

    @property
    def missed(self) -> Cell:
        return _counted(self, "missed")

    @property
    def mean(self) -> Cell:
        return _waited(self, "mean_wait")

    @property
    def p90(self) -> Cell:
        return _waited(self, "p90_wait")

    @property
    def differs(self) -> bool:
        return dict(self.today) != dict(self.proposed)

    def less(self, name: str) -> float:
        """By how much less the figure would be; 0 where it is not known for both."""
        before, after = self.today[name], self.proposed[name]
        return 0.0 if before is None or after is None else before - after


@dataclass(frozen=True)
class Outcome:
    """All of it, for the page. ``stated`` where hardly any handle time was recorded, so that one was assumed."""

    start: datetime
    end: datetime
    cases: int
    handled: int
    stated: timedelta | None
    all_lanes: Row
    sentences: list[SafeString]
    more: int
    changed: list[Row]
    same: list[Row]
    people: list[dict[str, Any]]


def outcome(result: Mapping[str, Any]) -> Outcome:
    """The result of a simulation as the page shows it: the greatest differences first."""
    rows = [
        Row(
            name_of(each["queue"], each["language"], each["asks"], each["own_steps"]),
            each["today"] or NONE,
            each["proposed"] or NONE,
        )
        for each in result["lanes"]
    ]
    # Where most changes, first.
    rows.sort(key=lambda row: (-abs(row.less("missed")), -abs(row.less("mean_wait")), -row.today["arrived"]))
    said = _sentences(rows)
    start = datetime.fromisoformat(result["start"])
    return Outcome(
        start=start,
        end=start + timedelta(seconds=result["seconds"]),
        cases=result["cases"],
        handled=result["handled"],
        stated=timedelta(seconds=STATED_SECONDS) if result["handled"] < ENOUGH else None,
        all_lanes=_together(rows),
        sentences=said[:MOST_SENTENCES],
        more=max(0, len(said) - MOST_SENTENCES),
        changed=[row for row in rows if row.differs],
        same=[row for row in rows if not row.differs],
        people=[
            {"name": each["name"], "today": _percent(each["today"]), "proposed": _percent(each["proposed"])}
            for each in sorted(result["people"], key=lambda each: -(each["proposed"] or 0))
        ],
    )


def _sentences(rows: list[Row]) -> list[SafeString]:
    """The differences in words: lanes that nobody takes, then cases that are late, then waits."""
    said: list[SafeString] = []
    told: set[int] = set()
    for number, row in enumerate(rows):
        if row.proposed["arrived"] and not row.proposed["taken"] and row.today["taken"]:
            cases = row.proposed["arrived"]
            words = ngettext(
                "Nobody would take the {n} case in {lane}",
                "Nobody would take any of the {n} cases in {lane}",
                cases,
            )
            said.append(_said(False, words, row, number_of(cases)))
        elif row.today["arrived"] and not row.today["taken"] and row.proposed["taken"]:
            cases = row.proposed["taken"]
            words = ngettext(
                "{n} case would be taken in {lane}, where nobody takes any today",
                "{n} cases would be taken in {lane}, where nobody takes any today",
                cases,
            )
            said.append(_said(True, words, row, number_of(cases)))
        else:
            continue
        told.add(number)
    rest = [row for number, row in enumerate(rows) if number not in told]
    for row in rest:
        fewer = int(row.less("missed"))
        if fewer > 0:
            words = ngettext("{n} fewer missed in {lane}", "{n} fewer missed in {lane}", fewer)
        else:
            words = ngettext("{n} more missed in {lane}", "{n} more missed in {lane}", -fewer)
        said += [_said(fewer > 0, words, row, number_of(abs(fewer)))] if fewer else []
    for row in sorted(rest, key=lambda row: -abs(row.less("mean_wait"))):
        shorter = row.less("mean_wait")
        if abs(shorter) >= LEAST_SECONDS and abs(shorter) >= LEAST_SHARE * row.today["mean_wait"]:
            words = (
                gettext("{n} shorter mean wait in {lane}")
                if shorter > 0
                else gettext("{n} longer mean wait in {lane}")
            )
            said.append(_said(shorter > 0, words, row, span(timedelta(seconds=abs(shorter)))))
    return said


def _said(better: bool, words: str, row: Row, n: str) -> SafeString:
    mark, kind = ("✓", "good") if better else ("■", "bad")
    sentence = format_html(words, n=n, lane=row.lane)
    return format_html('<span class="{}" aria-hidden="true">{}</span> {}', kind, mark, sentence)


def _together(rows: list[Row]) -> Row:
    """All lanes as one; its percentiles are not known."""

    def over(figures: Callable[[Row], Figures]) -> Figures:
        counts = {
            name: sum(figures(row)[name] for row in rows) for name in ("arrived", "taken", "left", "missed")
        }
        waited = sum((figures(row)["mean_wait"] or 0) * figures(row)["taken"] for row in rows)
        mean = waited / counts["taken"] if counts["taken"] else None
        return {**NONE, **counts, "mean_wait": mean}

    return Row(
        format_html("<strong>{}</strong>", gettext("All lanes")),
        over(lambda row: row.today),
        over(lambda row: row.proposed),
    )


def _counted(row: Row, name: str) -> Cell:
    return Cell(number_of(row.today[name]), number_of(row.proposed[name]), _change(row.less(name)))


def _waited(row: Row, name: str) -> Cell:
    shorter = row.less(name)
    noticed = abs(shorter) >= 1
    return Cell(_length(row.today[name]), _length(row.proposed[name]), _change(shorter) if noticed else "")


def _change(less: float) -> str:
    return "better" if less > 0 else "worse" if less < 0 else ""


def _length(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return span(timedelta(seconds=seconds)) if seconds >= 1 else "0"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{number_of(round(share * 100))} %"
