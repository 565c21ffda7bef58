"""People's skills and clearances as a CSV file: written, and read back with every broken line named (docs/people.md).

One row for each person and language; a person who reads nothing has one row without a language. Text only: what a
file would do is for ``changing`` to check and save.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from django.utils.translation import gettext

from moderation import languages
from moderation.staffing import reading
from moderation.staffing.checking import problems
from moderation.staffing.setups import Kept, PersonSetup, SkillSetup

COLUMNS: Final = (
    *("username", "name", "clearances", "language", "language_name"),
    *("scripts", "level", "certified_by", "certified_until"),
)
REQUIRED: Final = ("username", "language", "level")
# Written for whoever reads the file; what they hold is never read back.
ONLY_SHOWN: Final = frozenset({"name", "language_name"})
MOST_BYTES: Final = 1_000_000
MOST_BROKEN: Final = 100
# A spreadsheet takes a cell that starts with one of these for a formula and runs it. An apostrophe before it makes
# it text (OWASP, "CSV Injection"); the same apostrophe is taken away when the file is read.
FORMULA: Final = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r\n]")

Read = TypeVar("Read")


class Broken(NamedTuple):
    """What is wrong where: the line of the file and its column, both from 1; 0 for the whole line or file."""

    line: int
    column: int
    name: str
    words: str


@dataclass
class FileRead:
    """What a file says: how each person that it names would be set up, by id; or what is broken."""

    setups: dict[int, PersonSetup] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True)
class _Line:
    """One record of the file. ``places`` are the columns by name, from 1."""

    number: int
    cells: Mapping[str, str]
    places: Mapping[str, int]

    def broken(self, column: str, words: str) -> Broken:
        return Broken(self.number, self.places.get(column, 0), column, words)


class _Breaks(Exception):
    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.words)
        self.broken = broken


def written(people: Iterable[Kept]) -> str:
    """The file of these people, with a byte order mark, without which spreadsheets mistake its letters."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for person in people:
        for skill in person.setup.skills or (None,):
            writer.writerow([guarded(str(cell)) for cell in _cells(person, skill)])
    return f"\ufeff{text.getvalue()}"


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


def read(
    text: str, people: Mapping[str, Kept], clearances: Set[str], now: datetime, *, replaces: bool
) -> FileRead:
    """What a file says of these people, who are given by username.

    With ``replaces`` it names every skill and clearance that they keep; otherwise it only adds and changes.
    """
    found = FileRead()
    lines: dict[int, list[_Line]] = {}
    by_id = {each.id: each for each in people.values()}
    try:
        for line in _lines(text, found.broken):
            person = people.get(line.cells["username"])
            if person is None:
                found.broken.append(line.broken("username", _nobody(line.cells["username"])))
            else:
                lines.setdefault(person.id, []).append(line)
    except _Breaks as error:
        found.broken.append(error.broken)
    for person_id, of_person in lines.items():
        _read_person(by_id[person_id], of_person, clearances, now, replaces, found)
    found.broken.sort()
    return found


def _cells(person: Kept, skill: SkillSetup | None) -> Iterator[object]:
    yield from (person.username, person.setup.name, ";".join(sorted(person.setup.clearances)))
    if skill is not None:
        yield from (skill.tag, languages.endonym(skill.tag), " ".join(skill.scripts), int(skill.level))
        yield from (skill.certified_by, skill.certified_until or "")
    else:
        yield from [""] * 6


def _lines(text: str, broken: list[Broken]) -> Iterator[_Line]:
    """The records below the heading. A quote that is never closed, or a wrong heading, ends it: _Breaks."""
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    places: dict[str, int] = {}
    number = 0
    while True:
        begins = records.line_num + 1
        try:
            cells = [unguarded(cell.strip()) for cell in next(records)]
        except StopIteration:
            break
        except csv.Error as error:
            raise _Breaks(
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
        yield _Line(begins, padded, places)
    if not number:
        raise _Breaks(
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
            raise _Breaks(Broken(number, place, cell[:40], f"“{cell[:40]}” {words}"))
        places[name] = place
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise _Breaks(
            Broken(number, 0, "", gettext("The heading lacks: %(names)s") % {"names": ", ".join(missing)})
        )
    return places


def _read_person(
    person: Kept, lines: list[_Line], clearances: Set[str], now: datetime, replaces: bool, found: FileRead
) -> None:
    """Her setup by all of her lines; or what is broken in them."""
    broken: list[Broken] = []
    skills: dict[str, tuple[_Line, SkillSetup]] = {}
    held: tuple[_Line, frozenset[str]] | None = None
    for line in lines:
        try:
            held = _read_clearances(line, clearances, held)
            skill = _read_skill(line, person.setup)
        except _Breaks as error:
            broken.append(error.broken)
            continue
        if skill is not None and skill.tag in skills:
            words = gettext("“%(tag)s” stands in line %(line)s too") % {
                "tag": skill.tag,
                "line": skills[skill.tag][0].number,
            }
            broken.append(line.broken("language", words))
        elif skill is not None:
            skills[skill.tag] = (line, skill)
    setup = person.setup
    if replaces:
        setup = replace(setup, skills=())
        if "clearances" in lines[0].places:
            setup = replace(setup, clearances=frozenset())
    for _line, skill in skills.values():
        setup = setup.with_skill(skill)
    if held is not None:
        setup = replace(setup, clearances=setup.clearances | held[1])
    if not broken:
        broken += _problems(setup, person, skills, clearances, now)
    found.broken += broken
    found.setups[person.id] = setup


def _problems(
    setup: PersonSetup,
    person: Kept,
    skills: Mapping[str, tuple[_Line, SkillSetup]],
    clearances: Set[str],
    now: datetime,
) -> Iterator[Broken]:
    """What is wrong with her as a whole, at the lines that say so. What stood there before is not the file's fault."""
    for problem in problems(setup, person.setup, clearances=clearances, now=now, own=False):
        skill = setup.skills[problem.number] if problem.what == "skill" else None
        if skill is not None and skill.tag in skills:
            column = {"tag": "language"}.get(problem.field, problem.field)
            yield skills[skill.tag][0].broken(column, problem.words)


def _read_clearances(
    line: _Line, known: Set[str], held: tuple[_Line, frozenset[str]] | None
) -> tuple[_Line, frozenset[str]] | None:
    """The clearances that her lines name: a line may leave them out, but not name others than the lines before."""
    named = frozenset(part.strip() for part in line.cells.get("clearances", "").split(";") if part.strip())
    unknown = sorted(named - known)
    if unknown:
        words = gettext("There is no clearance “%(slug)s”. There are: %(known)s") % {
            "slug": unknown[0][:50],
            "known": "; ".join(sorted(known)) or "–",
        }
        raise _Breaks(line.broken("clearances", words))
    if not named:
        return held
    if held is not None and held[1] != named:
        words = gettext("Line %(line)s names other clearances of hers") % {"line": held[0].number}
        raise _Breaks(line.broken("clearances", words))
    return held or (line, named)


def _read_skill(line: _Line, stands: PersonSetup) -> SkillSetup | None:
    cells = line.cells
    if not cells["language"]:
        for column in ("level", "scripts", "certified_by", "certified_until"):
            if cells.get(column):
                raise _Breaks(line.broken("language", gettext("Which language is this about?")))
        return None
    tag = _cell(line, "language", reading.language)
    before = stands.skill(tag) or SkillSetup(tag, 1)
    wanted: dict[str, Any] = {"level": _cell(line, "level", reading.level)}
    if "scripts" in cells:
        wanted["scripts"] = _cell(line, "scripts", reading.scripts, tag)
    if "certified_by" in cells:
        wanted["certified_by"] = _cell(line, "certified_by", reading.words, reading.LONGEST_NAME)
    if "certified_until" in cells:
        wanted["certified_until"] = _cell(line, "certified_until", reading.day)
    return replace(before, **wanted)


def _cell(line: _Line, column: str, reader: Callable[..., Read], *arguments: object) -> Read:
    try:
        return reader(line.cells[column], *arguments)
    except reading.Unreadable as error:
        raise _Breaks(line.broken(column, str(error))) from error


def _nobody(username: str) -> str:
    if not username:
        return gettext("Whose line is this?")
    return gettext("Nobody signs in as “%(username)s”") % {"username": username[:60]}
