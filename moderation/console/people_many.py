"""Many people at once: one change to all who were ticked, looked at before it is saved."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Level, User
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.people_csv import Changed, read_versions, saved_in_words
from moderation.console.person_form import clearance_choices, read
from moderation.console.request import moderator
from moderation.foresight.change import Change
from moderation.known_languages import OFFERED
from moderation.staffing import reading
from moderation.staffing.changing import BadSetup, PeopleChanged, Proposal, change, check
from moderation.staffing.differences import between
from moderation.staffing.many import Operation
from moderation.staffing.setups import Kept, SkillSetup, as_change, kept


class ManyForm(forms.Form):
    """What is to be done to everybody who was ticked. Something must be."""

    tag = forms.CharField(max_length=80, required=False)
    level = forms.TypedChoiceField(
        choices=[("", ""), *Level.choices], coerce=int, empty_value=None, required=False
    )
    scripts = forms.CharField(max_length=80, required=False)
    certified_by = forms.CharField(max_length=reading.LONGEST_NAME, required=False)
    certified_until = forms.CharField(max_length=20, required=False)
    no_longer = forms.CharField(max_length=80, required=False)
    cleared = forms.MultipleChoiceField(required=False, choices=clearance_choices)
    uncleared = forms.MultipleChoiceField(required=False, choices=clearance_choices)

    def clean_tag(self) -> str:
        typed = self.cleaned_data["tag"].strip()
        return read(reading.language, typed) if typed else ""

    def clean_no_longer(self) -> str:
        typed = self.cleaned_data["no_longer"].strip()
        return read(reading.language, typed) if typed else ""

    def clean_scripts(self) -> tuple[str, ...]:
        return read(reading.scripts, self.cleaned_data["scripts"], self.cleaned_data.get("tag") or "en")

    def clean_certified_by(self) -> str:
        return read(reading.words, self.cleaned_data["certified_by"], reading.LONGEST_NAME)

    def clean_certified_until(self) -> Any:
        return read(reading.day, self.cleaned_data["certified_until"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        wrong: list[tuple[str | None, Any]] = []
        if data["tag"] and not data["level"]:
            wrong.append(("level", _("How well do they read it?")))
        if not data["tag"] and any(
            data[each] for each in ("level", "scripts", "certified_by", "certified_until")
        ):
            wrong.append(("tag", _("Which language is this about?")))
        if data["tag"] and data["tag"] == data["no_longer"]:
            wrong.append(("no_longer", _("This is the language that they are to read")))
        if set(data["cleared"]) & set(data["uncleared"]):
            wrong.append(("uncleared", _("A clearance is both given and taken away")))
        if not wrong and not any(data[each] for each in ("tag", "no_longer", "cleared", "uncleared")):
            wrong.append((None, _("Say what is to be done")))
        for field, words in wrong:
            self.add_error(field, words)
        return data

    def operation(self) -> Operation:
        data = self.cleaned_data
        skill = None
        if data["tag"]:
            skill = SkillSetup(
                data["tag"], data["level"], data["scripts"], data["certified_by"], data["certified_until"]
            )
        return Operation(skill, data["no_longer"], frozenset(data["cleared"]), frozenset(data["uncleared"]))


def people_many(request: HttpRequest) -> HttpResponse:
    """Who was ticked, and what is to be done to them: looked at (``preview``, ``foresee``), then saved (``save``)."""
    chosen = _chosen(request)
    if request.method != "POST":
        return _page(request, ManyForm(), chosen)
    form = ManyForm(request.POST)
    if not chosen or not form.is_valid():
        return _page(request, form, chosen, nobody=not chosen)
    setups = {each.id: form.operation().done_to(each.setup) for each in chosen.values()}
    changed = [
        Changed(each, differences)
        for each in chosen.values()
        if (differences := between(each.setup, setups[each.id]))
    ]
    seen, by = _seal(changed), moderator(request)
    try:
        check(setups, by)
        if "foresee" in request.POST:
            changes = tuple(as_change(each.person.id, setups[each.person.id]) for each in changed)
            what = gettext("What was typed would be done to all who are ticked")
            return _page(request, form, chosen, changed, foreseen=foreseen(Change(what=what, people=changes)))
        if "save" not in request.POST or request.POST.get("seen") != seen or not changed:
            return _page(request, form, chosen, changed, otherwise="save" in request.POST and bool(changed))
        versions = read_versions(request.POST.get("versions", ""))
        proposals = {person: Proposal(versions.get(person, 0), setup) for person, setup in setups.items()}
        saved = change(proposals, by, "many")
    except BadSetup as error:
        _say(form, error, chosen)
        return _page(request, form, chosen)
    except PeopleChanged as error:
        return _page(request, form, chosen, changed, changed_meanwhile=error.people)
    messages.success(request, saved_in_words(len(saved)))
    return HttpResponseRedirect(reverse("people"))


def _chosen(request: HttpRequest) -> dict[int, Kept]:
    """The people who were ticked, by name."""
    ticked = request.POST.getlist("who") if request.method == "POST" else request.GET.getlist("who")
    ids = {int(each) for each in ticked if each.isdecimal() and len(each) < 19}
    return kept(User.objects.filter(pk__in=ids).order_by("first_name", "last_name", "username"))


def _seal(changed: list[Changed]) -> str:
    """What was looked at: only the same may be saved."""
    seen = [[each.person.id, [found.as_json for found in each.differences]] for each in changed]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def _say(form: ManyForm, error: BadSetup, chosen: dict[int, Kept]) -> None:
    """What is wrong, beside the field; for whom, where it is not typed in one."""
    fields = {"certified_until", "certified_by", "scripts", "level", "tag"}
    said = set()
    for person, problems in error.problems.items():
        for problem in problems:
            field = problem.field if problem.what == "skill" and problem.field in fields else None
            words = problem.words if field else f"{chosen[person].name}: {problem.words}"
            if (field, words) not in said:
                form.add_error(field, words)
            said.add((field, words))


def _page(
    request: HttpRequest,
    form: ManyForm,
    chosen: dict[int, Kept],
    changed: list[Changed] | None = None,
    *,
    nobody: bool = False,
    otherwise: bool = False,
    changed_meanwhile: tuple[Kept, ...] = (),
    foreseen: Foreseen | None = None,
) -> HttpResponse:
    refused = nobody or otherwise or bool(changed_meanwhile) or (form.is_bound and bool(form.errors))
    context = {
        "form": form,
        "chosen": chosen.values(),
        "changed": changed,
        "nobody": nobody,
        "otherwise": otherwise,
        "changed_meanwhile": changed_meanwhile,
        "foreseen": foreseen,
        "seen": _seal(changed or []),
        "versions_json": json.dumps({each.id: each.version for each in chosen.values()}),
        "clearances": dict(clearance_choices()),
        "languages": OFFERED,
        "levels": Level.choices,
    }
    return render(request, "moderation/people_many.html", context, status=422 if refused else 200)
