"""People's requests about their own data, for admins: a copy of it, and its erasure, each recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform, User
from moderation.console.request import moderator
from moderation.models import DataRequest, Item
from moderation.referrals.access import may_see_referrals
from moderation.retention import erasure, export
from moderation.retention.stays import Stay, erased_in_words, in_words

SHOWN: Final = 50
# The look before an erasure goes over so many captures of each kind.
MOST_FORESEEN: Final = 1000

Kind = DataRequest.Kind


class RequestForm(forms.Form):
    """Whose data, and what is asked for."""

    platform = forms.ModelChoiceField(Platform.objects.order_by("name"))
    account = forms.CharField(max_length=255, error_messages={"required": _("Type the account's id.")})
    kind = forms.ChoiceField(choices=Kind.choices)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "platform" in data and "account" in data:
            found = Item.objects.filter(
                platform=data["platform"], kind=Item.Kind.ACCOUNT, external_id=data["account"]
            )
            data["item"] = found.select_related("platform").first()
            if data["item"] is None:
                self.add_error("account", _("The desk knows no account with this id on this platform."))
        return data


@dataclass(frozen=True)
class Foreseen:
    """What an erasure would do."""

    account: Item
    goes: int
    stays: list[Stay]
    more: bool


def data_requests(request: HttpRequest) -> HttpResponse:
    """The page. A copy is recorded at once; an erasure is looked at first, and done once it is confirmed."""
    if request.method != "POST":
        platforms = list(Platform.objects.values_list("pk", flat=True)[:2])
        only = platforms[0] if len(platforms) == 1 else None
        return _page(request, RequestForm(initial={"platform": only, "kind": Kind.EXPORT}))
    form = RequestForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    account, user = form.cleaned_data["item"], moderator(request)
    if form.cleaned_data["kind"] == Kind.EXPORT:
        made = export.ask(account, user)
        messages.success(request, gettext("Recorded. Her copy is below, to take and to send to her."))
    elif "confirmed" in request.POST:
        made = erasure.ask(account, user)
        messages.success(
            request,
            gettext("Recorded. It is carried out now; what stays, and why, stands below in a moment."),
        )
    else:
        return _page(request, form, _foreseen(account, user))
    return HttpResponseRedirect(f"{reverse('data-requests')}#request-{made.pk}")


def data_copy(request: HttpRequest, request_id: int) -> HttpResponse:
    """The zip of a recorded request, as the desk holds it now."""
    found = get_object_or_404(
        DataRequest.objects.select_related("account__platform"), pk=request_id, kind=Kind.EXPORT
    )
    answer = HttpResponse(export.take(found, moderator(request)), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="fairlead-data-{found.pk}.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _foreseen(account: Item, user: User) -> Foreseen:
    goes, stays = erasure.would_erase(account, MOST_FORESEEN)
    words = in_words(stays.as_json(), cleared=may_see_referrals(user))
    return Foreseen(account, goes, words, more=goes + stays.count() >= MOST_FORESEEN)


def _page(request: HttpRequest, form: RequestForm, foreseen: Foreseen | None = None) -> HttpResponse:
    cleared = may_see_referrals(moderator(request))
    found = DataRequest.objects.select_related("account__platform", "recorded_by").order_by("-pk")
    shown = [
        {
            "request": each,
            "erased": erased_in_words(each.outcome.get("erased", {})),
            "stays": in_words(each.outcome.get("stays", []), cleared=cleared),
        }
        for each in found[:SHOWN]
    ]
    refused = form.is_bound and bool(form.errors)
    context = {
        "form": form,
        "requests": shown,
        "foreseen": foreseen,
        "refused": refused,
        "kinds": Kind.choices,
    }
    return render(request, "moderation/data_requests.html", context, status=422 if refused else 200)
