"""The clearances, for admins: all of them with who holds and asks for them, a new one, and taking one away."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Clearance
from moderation.console.person_form import read
from moderation.console.request import moderator
from moderation.staffing import clearances as staffing
from moderation.staffing import reading
from moderation.staffing.clearances import InUse


class ClearanceForm(forms.Form):
    """A clearance as typed."""

    name = forms.CharField(max_length=80)
    slug = forms.SlugField(max_length=50)

    def clean_name(self) -> str:
        return read(reading.words, self.cleaned_data["name"], 80)


def clearances(request: HttpRequest) -> HttpResponse:
    """The page, or one more."""
    if request.method != "POST":
        return _page(request, ClearanceForm())
    form = ClearanceForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        made = staffing.add(form.cleaned_data["slug"], form.cleaned_data["name"], moderator(request))
    except IntegrityError:
        form.add_error("slug", _("There is a clearance with this slug already"))
        return _page(request, form)
    messages.success(
        request, gettext("Saved: people can be cleared for “%(name)s” now.") % {"name": made.name}
    )
    return HttpResponseRedirect(reverse("clearances"))


def remove_clearance(request: HttpRequest, clearance_id: int) -> HttpResponse:
    """Take one away that nothing and nobody needs."""
    try:
        gone = staffing.remove(clearance_id, moderator(request))
        messages.success(request, gettext("“%(name)s” is no clearance any more.") % {"name": gone.name})
    except InUse:
        messages.error(
            request,
            gettext("It stays: somebody holds it, or a queue or rule asks for it. Nothing was changed."),
        )
    except Clearance.DoesNotExist:
        messages.warning(request, gettext("Somebody else has taken this clearance away already."))
    return HttpResponseRedirect(reverse("clearances"))


def _page(request: HttpRequest, form: ClearanceForm) -> HttpResponse:
    every = Clearance.objects.annotate(
        people=Count("holders", distinct=True), asking=Count("queues", distinct=True)
    ).order_by("name")
    refused = form.is_bound and bool(form.errors)
    context = {"form": form, "clearances": every, "refused": refused}
    return render(request, "moderation/clearances.html", context, status=422 if refused else 200)
