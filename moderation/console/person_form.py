"""A person's setup as typed: herself, and the tables of her languages, hours and absences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import Clearance, Level, Role, known_time_zone
from moderation.console.rows import RowForm, Rows
from moderation.eligibility.people import Hours
from moderation.staffing import reading
from moderation.staffing.checking import Problem
from moderation.staffing.setups import AbsenceSetup, PersonSetup, SkillSetup

Read = TypeVar("Read")


class AboutForm(forms.Form):
    """What there is once of each person."""

    name = forms.CharField(max_length=150, required=False)
    role = forms.ChoiceField(choices=Role.choices)
    active = forms.BooleanField(required=False)
    time_zone = forms.CharField(max_length=40, validators=[known_time_zone])
    clearances = forms.MultipleChoiceField(required=False, choices=lambda: clearance_choices())

    def clean_name(self) -> str:
        return read(reading.words, self.cleaned_data["name"], 150)


class SkillForm(RowForm):
    """A language, how well, in which scripts, and who says so until when."""

    tag = forms.CharField(max_length=80)
    level = forms.TypedChoiceField(choices=[("", ""), *Level.choices], coerce=int)
    scripts = forms.CharField(max_length=80, required=False)
    certified_by = forms.CharField(max_length=reading.LONGEST_NAME, required=False)
    certified_until = forms.CharField(max_length=20, required=False)

    def clean_tag(self) -> str:
        return read(reading.language, self.cleaned_data["tag"])

    def clean_scripts(self) -> tuple[str, ...]:
        return read(reading.scripts, self.cleaned_data["scripts"], self.cleaned_data.get("tag", "en"))

    def clean_certified_by(self) -> str:
        return read(reading.words, self.cleaned_data["certified_by"], reading.LONGEST_NAME)

    def clean_certified_until(self) -> Any:
        return read(reading.day, self.cleaned_data["certified_until"])

    def setup(self) -> SkillSetup:
        data = self.cleaned_data
        return SkillSetup(
            data["tag"], data["level"], data["scripts"], data["certified_by"], data["certified_until"]
        )


class ShiftForm(RowForm):
    """The same hours on one or several days of the week."""

    weekdays = forms.TypedMultipleChoiceField(choices=list(WEEKDAYS.items()), coerce=int)
    starts = forms.TimeField(input_formats=["%H:%M", "%H:%M:%S"])
    ends = forms.TimeField(input_formats=["%H:%M", "%H:%M:%S"])

    def hours(self) -> list[Hours]:
        data = self.cleaned_data
        return [Hours(day, _minute(data["starts"]), _minute(data["ends"])) for day in data["weekdays"]]


class AbsenceForm(RowForm):
    """A time away, on her own clock."""

    starts_at = forms.CharField(max_length=30)
    ends_at = forms.CharField(max_length=30)
    note = forms.CharField(max_length=200, required=False)

    def clean_starts_at(self) -> datetime:
        return _local(self.cleaned_data["starts_at"])

    def clean_ends_at(self) -> datetime:
        return _local(self.cleaned_data["ends_at"])

    def clean_note(self) -> str:
        return read(reading.words, self.cleaned_data["note"], 200)

    def setup(self, zone: ZoneInfo) -> AbsenceSetup:
        data = self.cleaned_data
        return AbsenceSetup(
            data["starts_at"].replace(tzinfo=zone).astimezone(UTC),
            data["ends_at"].replace(tzinfo=zone).astimezone(UTC),
            data["note"],
        )


class PersonForm:
    """The whole page's form. ``setup`` is what it says, once ``is_valid``."""

    def __init__(
        self, about: AboutForm, skills: Rows[SkillForm], hours: Rows[ShiftForm], absences: Rows[AbsenceForm]
    ) -> None:
        self.about, self.skills, self.hours, self.absences = about, skills, hours, absences

    @classmethod
    def stored(cls, setup: PersonSetup) -> PersonForm:
        zone = ZoneInfo(setup.time_zone)
        about = AboutForm(
            initial={
                "name": setup.name,
                "role": setup.role,
                "active": setup.active,
                "time_zone": setup.time_zone,
                "clearances": sorted(setup.clearances),
            }
        )
        skills = [
            {
                "tag": each.tag,
                "level": each.level,
                "scripts": " ".join(each.scripts),
                "certified_by": each.certified_by,
                "certified_until": each.certified_until.isoformat() if each.certified_until else "",
            }
            for each in setup.skills
        ]
        absences = [
            {
                "starts_at": _on_the_clock(each.starts_at, zone),
                "ends_at": _on_the_clock(each.ends_at, zone),
                "note": each.note,
            }
            for each in setup.absences
        ]
        return cls(
            about,
            Rows(SkillForm, "skill", skills),
            Rows(ShiftForm, "hours", _by_hours(setup.hours)),
            Rows(AbsenceForm, "absence", absences),
        )

    @classmethod
    def typed(cls, data: QueryDict) -> PersonForm:
        """As typed. With ``more`` nothing is judged: it names the table that has a row more now."""
        more = data.get("more")
        about = AboutForm(data)
        if more:
            once = {"clearances": data.getlist("clearances"), "active": "active" in data}
            about = AboutForm(initial={field: data.get(field, "") for field in about.fields} | once)
        return cls(
            about,
            _rows(SkillForm, "skill", data, more),
            _rows(ShiftForm, "hours", data, more),
            _rows(AbsenceForm, "absence", data, more),
        )

    def is_valid(self) -> bool:
        self._find_languages_that_are_there_twice()
        return all(each.is_valid() for each in (self.about, self.skills, self.hours, self.absences))

    @property
    def is_refused(self) -> bool:
        """Whether something is said beside a field."""
        tables: tuple[Rows[Any], ...] = (self.skills, self.hours, self.absences)
        return bool(self.about.errors) or any(row.errors for rows in tables for row in rows.kept())

    def setup(self) -> PersonSetup:
        data = self.about.cleaned_data
        zone = ZoneInfo(data["time_zone"])
        return PersonSetup(
            name=data["name"],
            role=data["role"],
            active=data["active"],
            time_zone=data["time_zone"],
            clearances=frozenset(data["clearances"]),
            skills=tuple(each.setup() for each in self.skills.kept()),
            hours=tuple(hours for each in self.hours.kept() for hours in each.hours()),
            absences=tuple(each.setup(zone) for each in self.absences.kept()),
        )

    def add_problems(self, problems: Sequence[Problem]) -> None:
        """Each beside its field."""
        for problem in problems:
            form, field = self._place(problem)
            form.add_error(field, problem.words)

    def _find_languages_that_are_there_twice(self) -> None:
        """Whatever else is wrong: she should not come back for it."""
        seen: set[str] = set()
        for row in self.skills.kept():
            tag = "" if row.errors.get("tag") else row.cleaned_data["tag"]
            if tag in seen:
                row.add_error("tag", _("“%(tag)s” is there twice") % {"tag": tag})
            elif tag:
                seen.add(tag)

    def _place(self, problem: Problem) -> tuple[forms.Form, str | None]:
        rows: dict[str, list[RowForm]] = {
            "skill": list(self.skills.kept()),
            "hours": [each for each in self.hours.kept() for _hours in each.hours()],
            "absence": list(self.absences.kept()),
        }
        if problem.what in rows:
            return rows[problem.what][problem.number], problem.field
        return self.about, {"clearance": "clearances"}.get(problem.what, problem.what)


def clearance_choices() -> list[tuple[str, str]]:
    return list(Clearance.objects.order_by("name").values_list("slug", "name"))


def read(reader: Callable[..., Read], *arguments: Any) -> Read:
    """By one of staffing.reading's functions, what it refuses being said beside the field."""
    try:
        return reader(*arguments)
    except reading.Unreadable as error:
        raise forms.ValidationError(str(error)) from error


def _rows(form_class: type[Any], name: str, data: QueryDict, more: str | None) -> Rows[Any]:
    """The rows as typed; where another table has a row more, none here, but nothing is judged either."""
    rows = Rows.typed(form_class, name, data, more=bool(more))
    if more and more != name and len(rows.forms) > 1:
        rows.forms.pop()
    return rows


def _by_hours(hours: Sequence[Hours]) -> list[dict[str, Any]]:
    """Days with the same hours in one row."""
    days: defaultdict[tuple[time, time], list[int]] = defaultdict(list)
    for each in hours:
        days[each.starts, each.ends].append(each.weekday)
    return [
        {"weekdays": weekdays, "starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}"}
        for (starts, ends), weekdays in days.items()
    ]


def _minute(at: time) -> time:
    return at.replace(second=0, microsecond=0)


def _local(typed: str) -> datetime:
    """What a browser's field for date and time holds: 2026-12-01T09:00."""
    try:
        at = datetime.fromisoformat(typed.strip())
        if at.tzinfo is not None or not 2000 <= at.year <= reading.LATEST.year:
            raise ValueError
    except ValueError as error:
        raise forms.ValidationError(_("A date and time such as 2026-12-01 09:00")) from error
    return at


def _on_the_clock(at: datetime, zone: ZoneInfo) -> str:
    """To the minute: a browser's field shows nothing for more."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
