"""The way in for somebody who has the code on paper or on another device."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from appeals import attempts, entry, links
from appeals.forms import CodeForm
from appeals.page import public_page, see_other, show, speak


@public_page
def enter(request: HttpRequest) -> HttpResponse:
    """The code, and one of the names that whoever was sent it goes by."""
    speak(request)
    if request.method != "POST":
        return show(request, "enter", form=CodeForm())
    form = CodeForm(request.POST)
    if not form.is_valid():
        return show(request, "enter", 422, form=form)
    try:
        keys = attempts.count(request, form.cleaned_data["code"])
    except attempts.TooManyAttempts:
        response = show(request, "enter", 429, form=form, too_many=True)
        response["Retry-After"] = str(int(attempts.WINDOW.total_seconds()))
        return response
    party = entry.party_for(form.cleaned_data["code"], form.cleaned_data["account"])
    if party is None:
        return show(request, "enter", 422, form=form, not_found=True)
    attempts.forgive(keys)
    return see_other(
        "appeal", links.token_for(party.decision.pk, party.reply.flag_id if party.reply else None)
    )
