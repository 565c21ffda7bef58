"""Grants, for admins: all of them with what each reaches, a new one, and taking one back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import LanguageGrant, Level, User
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.person_form import read
from moderation.console.request import moderator
from moderation.eligibility import loading
from moderation.eligibility.people import Grant
from moderation.foresight.change import Change
from moderation.known_languages import OFFERED
from moderation.staffing import grants as staffing
from moderation.staffing import reading
from moderation.staffing.grants import LONGEST_WHY, BadGrant, GrantSetup, Reach
from moderation.templatetags.desk import in_words


class GrantForm(forms.Form):
    """A grant as typed."""

    moderator = forms.ModelChoiceField(
        User.objects.order_by("first_name", "last_name", "username"),
        required=False,
        empty_label=_("Everybody who reads it"),
    )
    reads = forms.CharField(max_length=80)
    may_take = forms.CharField(max_length=80)
    most_level = forms.TypedChoiceField(choices=Level.choices, coerce=int, initial=Level.B2)
    why = forms.CharField(max_length=LONGEST_WHY)

    def clean_reads(self) -> str:
        return read(reading.language, self.cleaned_data["reads"])

    def clean_may_take(self) -> str:
        return read(reading.language, self.cleaned_data["may_take"])

    def clean_why(self) -> str:
        return read(reading.words, self.cleaned_data["why"], LONGEST_WHY)

    def setup(self) -> GrantSetup:
        data = self.cleaned_data
        person = data["moderator"]
        return GrantSetup(
            person.pk if person else None, data["reads"], data["may_take"], data["most_level"], data["why"]
        )


def grants(request: HttpRequest) -> HttpResponse:
    """The page: a grant is looked at (``foresee``) or added; ``foresee_removal`` is the one that would go."""
    if request.method != "POST":
        asked = request.GET.get("moderator", "")
        return _page(request, GrantForm(initial={"moderator": asked if asked.isdecimal() else None}))
    if "foresee_removal" in request.POST:
        return _page(request, GrantForm(), foreseen=_without(request.POST["foresee_removal"]))
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    setup = form.setup()
    try:
        if "foresee" in request.POST:
            staffing.check(setup)
            return _page(request, form, foreseen=_with(setup), reach=_reach(setup))
        made = staffing.add(setup, moderator(request))
    except BadGrant as error:
        form.add_error(error.field, error.words)
        return _page(request, form)
    reached = _reach(setup)
    messages.success(request, gettext("Saved: the grant holds from now on, on every open board too."))
    if not reached.people:
        messages.warning(
            request,
            gettext("Nobody it is for reads %(language)s yet: it opens nothing until somebody does.")
            % {"language": in_words(made.reads)},
        )
    return HttpResponseRedirect(reverse("grants"))


def remove_grant(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Take one back."""
    try:
        staffing.remove(grant_id, moderator(request))
        messages.success(request, gettext("The grant has been taken back."))
    except LanguageGrant.DoesNotExist:
        messages.warning(request, gettext("Somebody else has taken this grant back already."))
    return HttpResponseRedirect(reverse("grants"))


def _with(setup: GrantSetup) -> Foreseen:
    desk = loading.current(fresh=True)
    what = gettext("Who reads %(reads)s may take %(may_take)s") % {
        "reads": in_words(setup.reads),
        "may_take": in_words(setup.may_take),
    }
    return foreseen(Change(what=what, grants=(*desk.grants, setup.as_counted)))


def _without(grant_id: str) -> Foreseen | None:
    """None where there is no such grant any more."""
    found = LanguageGrant.objects.filter(
        pk=int(grant_id) if grant_id.isdecimal() and len(grant_id) < 19 else 0
    ).first()
    if found is None:
        return None
    gone = _counted(found)
    what = gettext("Who reads %(reads)s may no longer take %(may_take)s") % {
        "reads": in_words(found.reads),
        "may_take": in_words(found.may_take),
    }
    others = tuple(each for each in loading.current(fresh=True).grants if each != gone)
    return foreseen(Change(what=what, grants=others))


def _reach(setup: GrantSetup) -> Reach:
    return staffing.reach(setup.as_counted, loading.current(fresh=True))


def _counted(row: LanguageGrant) -> Grant:
    return Grant(row.reads, row.may_take, row.most_level, row.moderator_id)


def _page(
    request: HttpRequest, form: GrantForm, *, foreseen: Foreseen | None = None, reach: Reach | None = None
) -> HttpResponse:
    """The page with the form as typed. A constant number of statements, however many grants there are."""
    desk = loading.current(fresh=True)
    rows = list(LanguageGrant.objects.select_related("moderator").order_by("reads", "may_take", "pk"))
    refused = form.is_bound and bool(form.errors)
    context: dict[str, Any] = {
        "form": form,
        "grants": [(row, staffing.reach(_counted(row), desk)) for row in rows],
        "reach": reach,
        "queues": desk.queues,
        "foreseen": foreseen,
        "no_step": not staffing.steps_for_grants(desk),
        "refused": refused,
        "languages": OFFERED,
        "levels": Level.choices,
    }
    return render(request, "moderation/grants.html", context, status=422 if refused else 200)
