"""The public pages: the way in by code, why and how to appeal, and how the appeal stands. No sign-in, no script."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from appeals import attempts, entry, filing, links, opening, words
from appeals.forms import AppealForm, CodeForm
from appeals.models import Appeal
from appeals.opening import Party
from appeals.page import public_page, speak
from moderation import audit
from moderation.isolates import isolate
from moderation.models import Decision, Policy
from moderation.policies import as_it_was
from moderation.statements import name_of_rule


@public_page
def enter(request: HttpRequest) -> HttpResponse:
    """The way in for somebody who has the code on paper or on another device."""
    speak(request)
    if request.method != "POST":
        return _page(request, "enter", form=CodeForm())
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, "enter", 422, form=form)
    try:
        keys = attempts.count(request, form.cleaned_data["code"])
    except attempts.TooManyAttempts:
        response = _page(request, "enter", 429, form=form, too_many=True)
        response["Retry-After"] = str(int(attempts.WINDOW.total_seconds()))
        return response
    party = entry.party_for(form.cleaned_data["code"], form.cleaned_data["account"])
    if party is None:
        return _page(request, "enter", 422, form=form, not_found=True)
    attempts.forgive(keys)
    return _to("appeal", links.token_for(party.decision.pk, party.reply.flag_id if party.reply else None))


@public_page
def appeal(request: HttpRequest, token: str) -> HttpResponse:
    """What was decided and why; and the form to say that it is wrong."""
    party = _party(request, token)
    if party is None:
        return _page(request, "unknown", 404)
    try:
        way = opening.way_for(party)
        if request.method != "POST":
            return _form_page(request, token, way, AppealForm())
        if "change_language" in request.POST:
            # Only the page's words change. Hers stay as they are, and are not judged yet.
            return _form_page(request, token, way, AppealForm(initial=request.POST.dict()))
        form = AppealForm(request.POST)
        if not form.is_valid():
            return _form_page(request, token, way, form, 422)
        filing.file_appeal(
            party,
            form.cleaned_data["text"],
            request.LANGUAGE_CODE,
            Appeal.FiledBy.PERSON,
            audit.APPELLANT,
            background=form.cleaned_data["background"],
        )
    except opening.AppealClosed as closed:
        return _page(request, "late", 410, until=words.day(closed.until) if closed.until else "")
    except opening.AlreadyAppealed:
        # Also where she pressed twice: the first one counts, and its page is where she wants to be.
        return _to("appeal-status", token)
    return _to("appeal-status", token)


@public_page
def status(request: HttpRequest, token: str) -> HttpResponse:
    """How the appeal stands, and its outcome. Also after the time to appeal is over: the answer may come later."""
    party = _party(request, token)
    if party is None:
        return _page(request, "unknown", 404)
    filed = opening.latest_appeal(party)
    if filed is None:
        return _to("appeal", token)
    return _page(
        request,
        "status",
        appeal=filed,
        party=party,
        token=token,
        filed_on=words.day(filed.filed_at),
        decided_on=words.day(filed.decided_at) if filed.decided_at else "",
        due_on=words.day(filed.case.due_at) if filed.case.due_at else "",
        what_was_done=words.what_was_done(party.decision),
    )


def _party(request: HttpRequest, token: str) -> Party | None:
    """Whom the link was made for, with the page turned to her language."""
    party = None
    with suppress(links.BadLink):
        party = opening.party_of(*links.opened_by(token))
    speak(request, party.told.language if party else None)
    return party


def _form_page(
    request: HttpRequest, token: str, way: opening.Way, form: AppealForm, code: int = 200
) -> HttpResponse:
    decision: Decision = way.party.decision
    return _page(
        request,
        "appeal",
        code,
        form=form,
        token=token,
        decision=decision,
        snapshot=decision.case.snapshot,
        platform=decision.item.platform,
        what_was_done=words.what_was_done(decision),
        rule=isolate(name_of_rule(as_it_was(decision), get_language() or way.party.told.language)),
        law=isolate(decision.legal_ground) if decision.ground == Policy.Ground.LAW else "",
        # What a second person approved later was told in a message of its own.
        told=[(each, words.day(each.created_at)) for each in decision.statements.order_by("pk")],
        on_what=words.on_what(decision.item),
        by_whom=words.by_whom(decision),
        decided_on=words.day(decision.decided_at),
        until=words.day(way.until),
        # The choice of language is sent with the form, so that nothing typed is lost without a script.
        language_form="appeal-form",
    )


def _page(request: HttpRequest, name: str, code: int = 200, **context: object) -> HttpResponse:
    return render(request, f"appeals/{name}.html", context, status=code)


def _to(name: str, token: str) -> HttpResponse:
    """See other: going back or loading again sends nothing twice."""
    return HttpResponseRedirect(reverse(name, args=[token]), status=303)
