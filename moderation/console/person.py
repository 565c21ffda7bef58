"""One person, for admins: shown, foreseen, changed; somebody new; and a new one-time password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import LanguageGrant, Level, User
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.people import skill_state
from moderation.console.person_form import PersonForm, clearance_choices
from moderation.console.request import moderator
from moderation.eligibility import loading
from moderation.foresight.change import Change
from moderation.known_languages import OFFERED
from moderation.staffing.changing import (
    BadSetup,
    PeopleChanged,
    Proposal,
    change,
    check,
    create,
    renew_password,
)
from moderation.staffing.setups import Kept, PersonSetup, as_change, kept
from moderation.staffing.time_zones import TIME_ZONES


class NameForm(forms.Form):
    """The name with which somebody new signs in. It stays."""

    username = forms.CharField(max_length=150, validators=[UnicodeUsernameValidator()])


def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Her page: as she stands, with a row more, with what the change would do, or saved."""
    found = _found(person_id)
    if request.method != "POST":
        return _page(request, PersonForm.stored(found.setup), found)
    form = PersonForm.typed(request.POST)
    if "more" in request.POST or not form.is_valid():
        return _page(request, form, found)
    setup, by = form.setup(), moderator(request)
    try:
        if "foresee" in request.POST:
            check({found.id: setup}, by)
            return _page(request, form, found, foreseen=_foreseen(found.id, found.name, setup))
        change({found.id: Proposal(version(request.POST.get("version", "")), setup)}, by, "page")
    except BadSetup as error:
        form.add_problems(error.problems[found.id])
        return _page(request, form, found)
    except PeopleChanged as error:
        return _page(request, form, found, changed_meanwhile=error.people[0])
    messages.success(
        request,
        gettext("Saved: %(name)s. It holds from now on, on every open board too.")
        % {"name": setup.name or found.username},
    )
    return HttpResponseRedirect(reverse("person", args=[found.id]))


def new_person(request: HttpRequest) -> HttpResponse:
    """Somebody new. Her one-time password is shown once, in the answer, and is nowhere kept."""
    if request.method != "POST":
        return _page(request, PersonForm.stored(PersonSetup("")), name_form=NameForm())
    form, name_form = PersonForm.typed(request.POST), NameForm(request.POST)
    if "more" in request.POST or not (name_form.is_valid() and form.is_valid()):
        return _page(request, form, name_form=name_form)
    setup, by = form.setup(), moderator(request)
    username = name_form.cleaned_data["username"]
    try:
        if "foresee" in request.POST:
            check({0: setup}, by)
            return _page(request, form, name_form=name_form, foreseen=_foreseen(0, username, setup))
        with transaction.atomic():
            user, password = create(username, setup, by)
    except BadSetup as error:
        form.add_problems(error.problems[0])
        return _page(request, form, name_form=name_form)
    except IntegrityError:
        name_form.add_error("username", _("Somebody signs in with this name already"))
        return _page(request, form, name_form=name_form)
    return _one_time_password(request, user, password, is_new=True)


def person_password(request: HttpRequest, person_id: int) -> HttpResponse:
    """Another one-time password for somebody who lost hers."""
    user = get_object_or_404(User, pk=person_id)
    return _one_time_password(request, user, renew_password(user.pk, moderator(request)), is_new=False)


def version(typed: str) -> int:
    """The version that a form carries; 0, which nothing is at, where it is missing or broken."""
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _found(person_id: int) -> Kept:
    return kept([get_object_or_404(User, pk=person_id)])[person_id]


def _foreseen(person_id: int, name: str, setup: PersonSetup) -> Foreseen:
    what = gettext("%(name)s would be set up as typed") % {"name": name}
    return foreseen(Change(what=what, people=(as_change(person_id, setup),)))


def _page(
    request: HttpRequest,
    form: PersonForm,
    found: Kept | None = None,
    *,
    name_form: NameForm | None = None,
    changed_meanwhile: Kept | None = None,
    foreseen: Foreseen | None = None,
) -> HttpResponse:
    """The page with everything as typed, whatever became of it."""
    refused = changed_meanwhile is not None or form.is_refused or bool(name_form and name_form.errors)
    now = timezone.now()
    desk = loading.current()
    known = desk.moderators.get(found.id) if found else None
    context: dict[str, Any] = {
        "form": form,
        "name_form": name_form,
        "found": found,
        "own": found is not None and found.id == moderator(request).pk,
        "version": request.POST.get("version") or (found.version if found else ""),
        "changed_meanwhile": changed_meanwhile,
        "refused": refused and foreseen is None,
        "foreseen": foreseen,
        "clearances": clearance_choices(),
        "languages": OFFERED,
        "levels": Level.choices,
        "time_zones": TIME_ZONES,
        "lanes": len(desk.open_lanes(found.id)) if found else 0,
        "on_shift": known is not None and known.on_shift(now),
        "ending": [
            (each, skill_state(each, now.date()))
            for each in (found.setup.skills if found else ())
            if skill_state(each, now.date())
        ],
        "grants": _grants(found) if found else [],
    }
    return render(request, "moderation/person.html", context, status=422 if refused else 200)


def _grants(found: Kept) -> list[LanguageGrant]:
    """Those that name her, and those for everybody."""
    named = Q(moderator=found.id) | Q(moderator=None)
    return list(LanguageGrant.objects.filter(named).order_by("reads", "may_take"))


def _one_time_password(request: HttpRequest, user: User, password: str, *, is_new: bool) -> HttpResponse:
    context = {"made": user, "password": password, "is_new": is_new}
    answer = render(request, "moderation/person_password.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer
