"""The form of a CyberTipline report: the report's JSON as fields, and what was typed as JSON again."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.http import QueryDict

from moderation.console import cyber_tip_place as place
from moderation.console.cyber_tip_fields import (
    CLASSIFICATION,
    OF_A_FILE,
    PLACE,
    SECTIONS,
    TABLES,
    Field,
    Path,
    Section,
    Table,
    Words,
)
from moderation.console.cyber_tip_values import as_typed, from_form, get, in_form, pruned, put
from moderation.referrals.cybertipline.confirming import Problem
from moderation.referrals.cybertipline.enclosed import Enclosed
from moderation.referrals.cybertipline.report import TipFile

MOST_ROWS: Final = 100


@dataclass
class Shown:
    """A field as it stands on the page."""

    of: Field
    name: str
    value: Any
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"id_{self.name}"

    @property
    def choices(self) -> list[tuple[str, Words]]:
        if self.of is PLACE.fields[0]:
            return [(slug, label) for slug, (label, _parts) in place.PLACES.items()]
        return [(each, each) for each in self.of.choices]


@dataclass
class ShownRows:
    table: Table
    rows: list[list[Shown]]


@dataclass
class ShownFile:
    """A file with what is known of it, and the fields about it."""

    enclosed: Enclosed
    fields: list[Shown]

    @property
    def flags(self) -> list[Shown]:
        """What is to be seen. Whether it is sent at all is the first field, and stands by itself."""
        return [each for each in self.fields[1:] if each.of.kind == "flag"]


class TipForm:
    """The whole form. ``written`` is the JSON that it stands for; ``add_problems`` puts words beside the fields."""

    def __init__(
        self, written: dict[str, Any], enclosed: Sequence[Enclosed], typed: QueryDict | None = None
    ) -> None:
        self._enclosed = list(enclosed)
        self.other_problems: list[str] = []
        self.written = self._as_typed(written, typed) if typed is not None else copy.deepcopy(written)
        report = self.written.setdefault("report", {})
        self.sections = [(each, self._section(each, report, typed)) for each in SECTIONS]
        parts = place.read(report.get("internetDetails", []))
        self.place = [self._one(each, "", parts, typed) for each in PLACE.fields]
        self.tables = [self._rows(each, report, typed) for each in TABLES]
        self.files = [self._file(each, typed) for each in self._enclosed]

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Words go beside the field that they are about; what has none stands above."""
        for problem in problems:
            found = self._found(problem.path)
            if found is not None:
                found.errors.append(problem.words)
            else:
                named = ".".join(str(each) for each in problem.path[1:])
                self.other_problems.append(f"{named}: {problem.words}" if named else problem.words)

    @property
    def wrong(self) -> list[Shown]:
        """The fields with something said beside them, in order."""
        return [each for each in self._all() if each.errors]

    def _all(self) -> Iterable[Shown]:
        for _section, shown in self.sections:
            yield from shown
        yield from self.place
        for table in self.tables:
            for row in table.rows:
                yield from row
        for file in self.files:
            yield from file.fields

    def _found(self, path: Path) -> Shown | None:
        if path[:1] == ("files",):
            return self._found_in_a_file(path)
        inner = path[1:]
        if inner[:1] == ("internetDetails",):
            wanted = place.field_of(inner[2:])
            return next(each for each in self.place if each.of.path == (wanted,))
        for rows in self.tables:
            start = len(rows.table.path)
            if inner[:start] == rows.table.path and len(inner) > start:
                filled = [row for row in rows.rows if any(each.value not in ("", None) for each in row)]
                number = inner[start]
                if isinstance(number, int) and number < len(filled):
                    return _nearest(filled[number], inner[start + 1 :])
        return _nearest([each for _section, shown in self.sections for each in shown], inner)

    def _found_in_a_file(self, path: Path) -> Shown | None:
        keys = [each["key"] for each in self.written.get("files", [])]
        number = path[1] if len(path) > 1 else None
        if not isinstance(number, int) or number >= len(keys):
            return None
        for each in self.files:
            if each.enclosed.file.key == keys[number]:
                return _nearest(each.fields, path[2:]) or each.fields[0]
        return None

    # What stands there.

    def _section(self, section: Section, report: dict[str, Any], typed: QueryDict | None) -> list[Shown]:
        return [self._one(each, "", report, typed) for each in section.fields]

    def _rows(self, table: Table, report: dict[str, Any], typed: QueryDict | None) -> ShownRows:
        if typed is not None:
            numbers = range(_count(typed, table) + ("more" in typed))
            return ShownRows(
                table,
                [
                    [self._one(each, f"{table.slug}-{n}-", {}, typed) for each in table.fields]
                    for n in numbers
                ],
            )
        stored = [*(get(report, table.path) or []), {}]
        return ShownRows(
            table,
            [
                [self._one(each, f"{table.slug}-{n}-", row, None) for each in table.fields]
                for n, row in enumerate(stored)
            ],
        )

    def _file(self, enclosed: Enclosed, typed: QueryDict | None) -> ShownFile:
        stored = enclosed.file.model_dump(mode="json", by_alias=True)
        prefix = f"file-{enclosed.file.key.replace(':', '_')}-"
        return ShownFile(
            enclosed, [self._one(each, prefix, stored, typed) for each in of_a_file(enclosed.file)]
        )

    def _one(self, each: Field, prefix: str, stored: dict[str, Any], typed: QueryDict | None) -> Shown:
        name = prefix + each.name
        value = typed.get(name, "") if typed is not None else in_form(each, get(stored, each.path))
        return Shown(each, name, value)

    # What was typed.

    def _as_typed(self, written: dict[str, Any], typed: QueryDict) -> dict[str, Any]:
        report = copy.deepcopy(written.get("report", {}))
        for section in SECTIONS:
            for each in section.fields:
                put(report, each.path, from_form(each, as_typed(typed, each.name), get(report, each.path)))
        parts = {
            str(each.path[0]): from_form(each, as_typed(typed, each.name), None) for each in PLACE.fields
        }
        for table in TABLES:
            put(report, table.path, self._typed_rows(table, get(report, table.path) or [], typed))
        files = [self._typed_file(each.file, typed) for each in self._enclosed]
        # A place of which nothing more is said is still said.
        details = place.write(report.pop("internetDetails", []), parts)
        return {
            "report": (pruned(report) or {}) | ({"internetDetails": details} if details else {}),
            "files": files,
        }

    def _typed_rows(self, table: Table, stored: list[Any], typed: QueryDict) -> list[Any]:
        rows = []
        for number in range(_count(typed, table)):
            row = copy.deepcopy(stored[number]) if number < len(stored) else {}
            for each in table.fields:
                value = from_form(
                    each, as_typed(typed, f"{table.slug}-{number}-{each.name}"), get(row, each.path)
                )
                put(row, each.path, value)
            rows.append(pruned(row))
        return [row for row in rows if row]

    def _typed_file(self, file: TipFile, typed: QueryDict) -> dict[str, Any]:
        made = file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        prefix = f"file-{file.key.replace(':', '_')}-"
        for each in of_a_file(file):
            put(made, each.path, from_form(each, as_typed(typed, prefix + each.name), get(made, each.path)))
        made["included"] = prefix + "included" in typed
        return dict(pruned(made))


def of_a_file(file: TipFile) -> tuple[Field, ...]:
    """Files are classified only where the desk has agreed to; what was classified before can be emptied."""
    may = settings.CYBERTIPLINE_HASH_SHARING or file.details.industry_classification
    return (*OF_A_FILE, CLASSIFICATION) if may else OF_A_FILE


def _nearest(shown: Sequence[Shown], path: Path) -> Shown | None:
    """The field of a path; of a path that leads into a field or stops above some, the field that is nearest."""
    into = [each for each in shown if path[: len(each.of.path)] == each.of.path]
    beneath = [each for each in shown if each.of.path[: len(path)] == path] if path else []
    return next(iter(into or beneath), None)


def _count(typed: QueryDict, table: Table) -> int:
    count = typed.get(f"{table.slug}-rows", "")
    return min(int(count), MOST_ROWS) if count.isdecimal() and len(count) < 4 else 0
