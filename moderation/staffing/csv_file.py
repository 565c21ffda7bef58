"""People's skills and clearances as a CSV file: written, and read back with every broken line named (docs/people.md).

One row for each person and language; a person who reads nothing has one row without a language. Text only: what a
file would do is for ``changing`` to check and save.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from moderation import languages
from moderation.staffing import reading
from moderation.staffing.checking import problems
from moderation.staffing.csv_text import COLUMNS, Breaks, Broken, Line, guarded, records
from moderation.staffing.setups import Kept, PersonSetup, SkillSetup


@dataclass
class FileRead:
    """What a file says: how each person that it names would be set up, by id; or what is broken."""

    setups: dict[int, PersonSetup] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)


def written(people: Iterable[Kept]) -> str:
    """The file of these people, with a byte order mark, without which spreadsheets mistake its letters."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for person in people:
        for skill in person.setup.skills or (None,):
            writer.writerow([guarded(str(cell)) for cell in _cells(person, skill)])
    return f"\ufeff{text.getvalue()}"


def read(
    text: str, people: Mapping[str, Kept], clearances: Set[str], now: datetime, *, replaces: bool
) -> FileRead:
    """What a file says of these people, who are given by username.

    With ``replaces`` it names every skill and clearance that they keep; otherwise it only adds and changes.
    """
    found = FileRead()
    lines: dict[int, list[Line]] = {}
    by_id = {each.id: each for each in people.values()}
    try:
        for line in records(text, found.broken):
            person = people.get(line.cells["username"])
            if person is None:
                found.broken.append(line.broken("username", _nobody(line.cells["username"])))
            else:
                lines.setdefault(person.id, []).append(line)
    except Breaks as error:
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


def _read_person(
    person: Kept, lines: list[Line], clearances: Set[str], now: datetime, replaces: bool, found: FileRead
) -> None:
    """Her setup by all of her lines; or what is broken in them."""
    broken: list[Broken] = []
    skills: dict[str, tuple[Line, SkillSetup]] = {}
    held: tuple[Line, frozenset[str]] | None = None
    for line in lines:
        held = _read_clearances(line, clearances, held, broken)
        skill = _read_skill(line, person.setup, broken)
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
    found.broken += [*broken, *_problems(setup, person, skills, clearances, now)]
    found.setups[person.id] = setup


def _problems(
    setup: PersonSetup,
    person: Kept,
    skills: Mapping[str, tuple[Line, SkillSetup]],
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
    line: Line, known: Set[str], held: tuple[Line, frozenset[str]] | None, broken: list[Broken]
) -> tuple[Line, frozenset[str]] | None:
    """The clearances that her lines name: a line may leave them out, but not name others than the lines before."""
    named = frozenset(part.strip() for part in line.cells.get("clearances", "").split(";") if part.strip())
    unknown = sorted(named - known)
    if unknown:
        words = gettext("There is no clearance “%(slug)s”. There are: %(known)s") % {
            "slug": unknown[0][:50],
            "known": "; ".join(sorted(known)) or "–",
        }
        broken.append(line.broken("clearances", words))
    elif named and held is not None and held[1] != named:
        words = gettext("Line %(line)s names other clearances of hers") % {"line": held[0].number}
        broken.append(line.broken("clearances", words))
    elif named and held is None:
        return line, named
    return held


def _read_skill(line: Line, stands: PersonSetup, broken: list[Broken]) -> SkillSetup | None:
    """The skill of a line; None where it has none, or where one of its cells is broken: each of them is named."""
    cells = line.cells
    if not cells["language"]:
        if any(cells.get(column) for column in ("level", "scripts", "certified_by", "certified_until")):
            broken.append(line.broken("language", gettext("Which language is this about?")))
        return None
    count = len(broken)

    def cell(column: str, reader: Callable[..., Any], *arguments: object) -> Any:
        try:
            return reader(cells[column], *arguments)
        except reading.Unreadable as error:
            broken.append(line.broken(column, str(error)))
            return None

    tag = cell("language", reading.language)
    wanted = {"level": cell("level", reading.level)}
    if "scripts" in cells:
        wanted["scripts"] = cell("scripts", reading.scripts, tag or "en")
    if "certified_by" in cells:
        wanted["certified_by"] = cell("certified_by", reading.words, reading.LONGEST_NAME)
    if "certified_until" in cells:
        wanted["certified_until"] = cell("certified_until", reading.day)
    if len(broken) > count:
        return None
    return replace(stands.skill(tag) or SkillSetup(tag, wanted["level"]), **wanted)


def _nobody(username: str) -> str:
    if not username:
        return gettext("Whose line is this?")
    return gettext("Nobody signs in as “%(username)s”") % {"username": username[:60]}
