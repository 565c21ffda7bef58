"""Those who often send what has no ground: put before an admin, who warns, suspends, or lets it be."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext

from appeals import misuse
from appeals.desk_forms import MeasureForm
from appeals.models import Misuse
from moderation.console.request import moderator
from moderation.decisions import InvalidJudgement
from moderation.models import Item

MOST_APPEALS = 50


def list_misuse(request: HttpRequest) -> HttpResponse:
    """Appeals and notices apart, as the law counts them; and whoever is suspended now."""
    kinds = [(each, misuse.often(each)) for each in Misuse.Of]
    return render(
        request,
        "appeals/desk/misuse.html",
        {"kinds": kinds, "suspended": misuse.measures_in_force(), "least": misuse.OFTEN},
    )


def misuse_of(request: HttpRequest, account_id: int, of: str) -> HttpResponse:
    """One account's record, and the measures that can be taken now."""
    account = get_object_or_404(
        Item.objects.select_related("platform"), pk=account_id, kind=Item.Kind.ACCOUNT
    )
    if of not in Misuse.Of.values:
        raise Http404
    kind = Misuse.Of(of)
    form = MeasureForm(request.POST) if request.method == "POST" else MeasureForm()
    if form.is_bound and form.is_valid() and _taken(request, account, kind, form):
        return HttpResponseRedirect(request.path)
    context = {
        "account": account,
        "of": kind,
        "record": misuse.record_of(account, kind),
        "appeals": misuse.appeals_of(account)[:MOST_APPEALS] if kind == Misuse.Of.COMPLAINTS else [],
        "form": form,
        "refused": form.is_bound,
        "most_days": misuse.MOST_DAYS,
    }
    return render(request, "appeals/desk/misuse_of.html", context, status=422 if form.is_bound else 200)


def lift_measure(request: HttpRequest, misuse_id: int) -> HttpResponse:
    """End it before its time. A second click changes nothing."""
    try:
        lifted = misuse.lift(misuse_id, moderator(request))
    except Misuse.DoesNotExist:
        raise Http404 from None
    messages.success(request, gettext("Lifted."))
    return HttpResponseRedirect(reverse("misuse-of", args=[lifted.account_id, lifted.of]))


def _taken(request: HttpRequest, account: Item, of: Misuse.Of, form: MeasureForm) -> bool:
    reasons, days = form.cleaned_data["reasons"], form.cleaned_data["days"]
    try:
        if "suspend" in request.POST:
            misuse.suspend(account, of, reasons, days or 0, moderator(request))
            messages.success(request, gettext("Suspended."))
        else:
            misuse.warn(account, of, reasons, moderator(request))
            messages.success(request, gettext("Warned."))
    except InvalidJudgement as invalid:
        for error in invalid.errors:
            form.add_error(str(error["loc"][0]), error["msg"])
        return False
    return True
