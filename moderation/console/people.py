"""The people of the desk, for admins: what each reads and is cleared for, who works now, and how many lanes she has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from moderation.console.person_form import clearance_choices, read
from moderation.eligibility import loading
from moderation.eligibility.desk import Desk
from moderation.eligibility.people import reads_itself
from moderation.known_languages import OFFERED
from moderation.staffing import reading
from moderation.staffing.setups import Kept, SkillSetup, kept

PAGE: Final = 200
# A certificate that ends within this time is shown as ending.
SOON: Final = timedelta(days=30)


class FilterForm(forms.Form):
    """Whom to show. ``reads`` finds everybody whom matching lets read it."""

    q = forms.CharField(required=False, max_length=150)
    reads = forms.CharField(required=False, max_length=80)
    clearance = forms.ChoiceField(
        required=False, choices=lambda: [("", _("any clearance")), *clearance_choices()]
    )
    show = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("everybody who can sign in")),
            ("on", _("on shift now")),
            ("away", _("not on shift now")),
            ("ending", _("a skill has run out, or does within 30 days")),
            ("admins", _("admins")),
            ("off", _("who can no longer sign in")),
        ],
    )

    def clean_reads(self) -> str:
        typed = self.cleaned_data["reads"].strip()
        return read(reading.language, typed) if typed else ""


@dataclass(frozen=True)
class ShownSkill:
    """A skill, and whether its certificate is ``over``, ends ``soon``, or neither (empty)."""

    setup: SkillSetup
    state: str


@dataclass(frozen=True)
class Row:
    """A person in the list. ``lanes`` is how many she may take from, now or later."""

    kept: Kept
    skills: list[ShownSkill]
    clearances: list[str]
    on_shift: bool
    away_until: datetime | None
    lanes: int

    @property
    def ends(self) -> bool:
        return any(each.state for each in self.skills)


def people(request: HttpRequest) -> HttpResponse:
    """The list, filtered. A constant number of statements, however many people there are."""
    form = FilterForm(request.GET)
    chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    everybody = User.objects.order_by("username")
    desk = loading.current()
    shown = sorted(
        (row for row in rows(everybody, desk) if _matches(row, chosen, desk)),
        key=lambda row: row.kept.name.casefold(),
    )
    context = {
        "form": form,
        "total": len(shown),
        "filtered": any(chosen.values()) or not form.is_valid(),
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "languages": OFFERED,
    }
    return render(request, "moderation/people.html", context)


def rows(users: Any, desk: Desk) -> Iterator[Row]:
    """These people as the list shows them."""
    names, now = dict(clearance_choices()), timezone.now()
    for each in kept(users, now).values():
        absences = each.setup.absences
        moderator = desk.moderators.get(each.id)
        yield Row(
            kept=each,
            skills=shown_skills(each, now.date()),
            clearances=sorted(names[slug] for slug in each.setup.clearances),
            on_shift=moderator is not None and moderator.on_shift(now),
            away_until=max((a.ends_at for a in absences if a.starts_at <= now < a.ends_at), default=None),
            lanes=len(desk.open_lanes(each.id)),
        )


def shown_skills(person: Kept, today: date) -> list[ShownSkill]:
    """Her skills, the best first."""
    return [
        ShownSkill(each, skill_state(each, today))
        for each in sorted(person.setup.skills, key=lambda each: (-each.level, each.tag))
    ]


def skill_state(skill: SkillSetup, today: date) -> str:
    if skill.certified_until is None:
        return ""
    return "over" if skill.certified_until < today else "soon" if skill.certified_until < today + SOON else ""


def _matches(row: Row, chosen: dict[str, Any], desk: Desk) -> bool:
    person, sought = row.kept, chosen.get("q", "").casefold()
    if sought and sought not in f"{person.name} {person.username}".casefold():
        return False
    if chosen.get("clearance") and chosen["clearance"] not in person.setup.clearances:
        return False
    if chosen.get("reads"):
        moderator = desk.moderators.get(person.id)
        if moderator is None or reads_itself(moderator, chosen["reads"], desk.day) is None:
            return False
    show = chosen.get("show", "")
    if show == "off" or not person.setup.active:
        return show == "off" and not person.setup.active
    return {
        "on": row.on_shift,
        "away": not row.on_shift,
        "ending": row.ends,
        "admins": person.setup.role == Role.ADMIN,
    }.get(show, True)
