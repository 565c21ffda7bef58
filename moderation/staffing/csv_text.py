"""The CSV file of people's skills as text: its letters, heading and records, each with its line and columns.

What the cells mean is for ``csv_file``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.utils.translation import gettext

COLUMNS: Final = (
    *("username", "name", "clearances", "language", "language_name"),
    *("scripts", "level", "certified_by", "certified_until"),
)
REQUIRED: Final = ("username", "language", "level")
MOST_BYTES: Final = 1_000_000
# A spreadsheet takes a cell that starts with one of these for a formula and runs it. An apostrophe before it makes
# it text (OWASP, "CSV Injection"); the same apostrophe is taken away when the file is read.
FORMULA: Final = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r\n]")


class Broken(NamedTuple):
    """What is wrong where: the line of the file and its column, both from 1; 0 for the whole line or file."""

    line: int
    column: int
    name: str
    words: str


@dataclass(frozen=True)
class Line:
    """One record of the file. ``places`` are the columns by name, from 1."""

    number: int
    cells: Mapping[str, str]
    places: Mapping[str, int]

    def broken(self, column: str, words: str) -> Broken:
        return Broken(self.number, self.places.get(column, 0), column, words)


class Breaks(Exception):
    """Something is broken."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.words)
        self.broken = broken


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """What ``guarded`` was given."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def decoded(content: bytes) -> str | Broken:
    """The text of a file: UTF-8, or UTF-16 with its mark."""
    if len(content) > MOST_BYTES:
        return Broken(0, 0, "", gettext("The file is larger than 1 MB"))
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Broken(line, 0, "", gettext("This is not UTF-8: save the file as “CSV UTF-8”"))
    if "\0" in text:
        return Broken(text[: text.index("\0")].count("\n") + 1, 0, "", gettext("This is not a text file"))
    return text


def records(text: str, broken: list[Broken]) -> Iterator[Line]:
    """The records below the heading. A quote that is never closed, or a wrong heading, ends it: Breaks."""
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    places: dict[str, int] = {}
    number = 0
    while True:
        begins = rows.line_num + 1
        try:
            cells = [unguarded(cell.strip()) for cell in next(rows)]
        except StopIteration:
            break
        except csv.Error as error:
            raise Breaks(
                Broken(begins, 0, "", gettext("A quotation mark is not closed, or stands in the middle"))
            ) from error
        if not any(cells):
            continue
        if not places:
            places = _heading(begins, cells)
            continue
        number += 1
        if len(cells) > len(places) and any(cells[len(places) :]):
            broken.append(Broken(begins, len(places) + 1, "", gettext("There is a cell too many")))
            continue
        padded = dict(zip(places, [*cells, *[""] * len(places)], strict=False))
        yield Line(begins, padded, places)
    if not number:
        raise Breaks(
            Broken(
                0,
                0,
                "",
                gettext("There is no line below the heading") if places else gettext("The file is empty"),
            )
        )


def _heading(number: int, cells: list[str]) -> dict[str, int]:
    """The place of each column, from 1."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells, start=1):
        name = cell.casefold()
        if not name and not any(cells[place - 1 :]):
            break
        if name not in COLUMNS or name in places:
            words = gettext("is there twice") if name in places else gettext("is not a column of this file")
            raise Breaks(Broken(number, place, cell[:40], f"“{cell[:40]}” {words}"))
        places[name] = place
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise Breaks(
            Broken(number, 0, "", gettext("The heading lacks: %(names)s") % {"names": ", ".join(missing)})
        )
    return places
