"""What a change of a person's setup changes: for the preview in words, and for the audit trail in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext

from accounts.models import Level, Role
from moderation.eligibility.people import Hours
from moderation.staffing.setups import PersonSetup, SkillSetup

What = Literal["name", "role", "active", "time_zone", "skill", "clearance", "hours", "absence"]


@dataclass(frozen=True)
class Difference:
    """One thing that is different. ``key`` is a skill's tag, a clearance's slug, an absence's start; else empty.

    ``before`` and ``after`` are JSON; None where there was or will be nothing.
    """

    what: What
    key: str
    before: Any
    after: Any

    @property
    def sign(self) -> Literal["added", "removed", "changed"]:
        return "added" if self.before is None else "removed" if self.after is None else "changed"

    @property
    def tag(self) -> str:
        """The language that it is about, or nothing."""
        return self.key if self.what == "skill" else ""

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def between(before: PersonSetup, after: PersonSetup) -> list[Difference]:
    """What is different, skills first, each in the order of its kind."""
    found = [
        *_keyed("skill", {s.tag: _skill(s) for s in before.skills}, {s.tag: _skill(s) for s in after.skills}),
        *_keyed("clearance", dict.fromkeys(before.clearances, True), dict.fromkeys(after.clearances, True)),
        *_keyed("absence", _absences(before), _absences(after)),
    ]
    plain: list[tuple[What, Any, Any]] = [
        (
            "hours",
            [spell(each) for each in sorted_hours(before)],
            [spell(each) for each in sorted_hours(after)],
        ),
        ("name", before.name, after.name),
        ("role", str(before.role), str(after.role)),
        ("active", before.active, after.active),
        ("time_zone", before.time_zone, after.time_zone),
    ]
    return found + [Difference(what, "", old, new) for what, old, new in plain if old != new]


def in_words(difference: Difference, clearances: Mapping[str, str]) -> str:
    """``level 3 → 4``; a skill's language is shown beside it. ``clearances`` are names by slug."""
    match difference.what:
        case "skill":
            return _skill_in_words(difference.before, difference.after)
        case "clearance":
            return gettext("Clearance: %(name)s") % {"name": clearances.get(difference.key, difference.key)}
        case "absence":
            until = (difference.after or difference.before)["ends_at"]
            away = {"start": _minute(difference.key), "end": _minute(until)}
            return gettext("Away from %(start)s to %(end)s UTC") % away
        case "hours":
            return gettext("Hours: %(before)s → %(after)s") % {
                "before": _hours_in_words(difference.before),
                "after": _hours_in_words(difference.after),
            }
        case "active":
            return gettext("Can sign in again") if difference.after else gettext("Can no longer sign in")
        case "role":
            return gettext("Role: %(before)s → %(after)s") % {
                "before": Role(difference.before).label,
                "after": Role(difference.after).label,
            }
        case "name":
            return gettext("Name: %(before)s → %(after)s") % asdict(difference)
        case "time_zone":
            return gettext("Time zone: %(before)s → %(after)s") % asdict(difference)


def sorted_hours(setup: PersonSetup) -> list[Hours]:
    return sorted(setup.hours, key=lambda each: (each.weekday, each.starts, each.ends))


def spell(hours: Hours) -> str:
    """A shift as it is kept in the audit trail: ``0 22:00-06:00``, Monday being 0."""
    return f"{hours.weekday} {hours.starts:%H:%M}-{hours.ends:%H:%M}"


def _keyed(what: What, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    return [
        Difference(what, key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def _skill(skill: SkillSetup) -> dict[str, Any]:
    until = skill.certified_until
    return {
        "level": int(skill.level),
        "scripts": list(skill.scripts),
        "certified_by": skill.certified_by,
        "certified_until": until.isoformat() if until else None,
    }


def _absences(setup: PersonSetup) -> dict[str, Any]:
    return {
        each.starts_at.isoformat(): {"ends_at": each.ends_at.isoformat(), "note": each.note}
        for each in setup.absences
    }


def _skill_in_words(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if after is None:
        return gettext("no longer read (was level %(level)s)") % (before or {})
    parts = []
    if before is None:
        parts.append(gettext("level %(level)s") % after)
    elif before["level"] != after["level"]:
        parts.append(gettext("level %(old)s → %(new)s") % {"old": before["level"], "new": after["level"]})
    old = before or {"scripts": [], "certified_by": "", "certified_until": None}
    if old["scripts"] != after["scripts"]:
        scripts = ", ".join(after["scripts"]) or gettext("the usual one")
        parts.append(gettext("in script: %(scripts)s") % {"scripts": scripts})
    if old["certified_by"] != after["certified_by"]:
        parts.append(
            gettext("certified by %(who)s") % {"who": after["certified_by"]}
            if after["certified_by"]
            else gettext("no longer certified by %(who)s") % {"who": old["certified_by"]}
        )
    if old["certified_until"] != after["certified_until"]:
        parts.append(
            gettext("until %(day)s") % {"day": after["certified_until"]}
            if after["certified_until"]
            else gettext("with no end")
        )
    return ", ".join(parts)


def _hours_in_words(hours: list[str]) -> str:
    spelled = [f"{WEEKDAYS_ABBR[int(each[0])]} {each[2:].replace('-', '–')}" for each in hours]
    return ", ".join(spelled) or gettext("any hour")


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def level_in_words(level: int) -> str:
    """``4 · C1–C2: nearly everything, slang and allusion too``."""
    return f"{level} · {Level(level).label}"
