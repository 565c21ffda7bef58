"""Submitting: the decision, the escalation, and the language. Whatever goes wrong, what was typed comes back."""

from __future__ import annotations

from typing import Any

import langcodes
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, gettext

from moderation import access
from moderation.console import drafts, judgement_form
from moderation.console.case import decide_context, page_context
from moderation.console.holding import next_page
from moderation.console.pages import Standing, page_of, standing
from moderation.console.redeciding import offer_undo
from moderation.console.request import go, is_htmx, moderator, token, typed
from moderation.console.triage import recently_set, remember
from moderation.decisions import AlreadyDecided, InvalidJudgement, LeaseLost, TookPart, decide, escalate
from moderation.languages import UnknownLanguage, normalise
from moderation.models import Case, Queue
from moderation.routing.triage import settle


def decide_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Submit the decision; then the next case opens."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    fields = typed(request)
    try:
        decision = decide(case_id, user, token(request), judgement_form.judgement(fields))
    except InvalidJudgement as invalid:
        return _again(request, case, 422, errors=invalid.errors)
    except AlreadyDecided:
        if standing(_fresh(case), user) != Standing.DECIDED_BY_HER:
            return _again(request, case, 409)
        # The second click on Submit: the first one did it.
    except (LeaseLost, TookPart):
        return _again(request, case, 409)
    else:
        if not offer_undo(request, decision):
            messages.success(request, gettext("Case %(id)s is decided.") % {"id": case_id})
    return go(request, next_page(user, request))


def escalate_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Leave it to another queue, with the reason; then the next case opens."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    queue = get_object_or_404(Queue, slug=request.POST.get("escalate_queue", ""))
    drafts.keep(case, user, typed(request))
    try:
        escalate(case_id, user, token(request), queue, request.POST.get("escalate_why", ""))
    except InvalidJudgement as invalid:
        return _again(request, case, 422, message=" ".join(error["msg"] for error in invalid.errors))
    except (LeaseLost, AlreadyDecided, TookPart):
        return _again(request, case, 409)
    messages.success(
        request, gettext("Case %(id)s waits in “%(queue)s”.") % {"id": case_id, "queue": queue.name}
    )
    return go(request, next_page(user, request))


def set_case_language(request: HttpRequest, case_id: int) -> HttpResponse:
    """Say which language it is. If she may take it there too she goes on with it, else the next case opens."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    drafts.keep(case, user, typed(request))
    try:
        tag = _tag(request.POST.get("choice") or request.POST.get("language_tag", ""))
        settled = settle(case_id, user, token(request), tag)
    except UnknownLanguage as unknown:
        return _again(request, case, 422, message=str(unknown))
    except LeaseLost:
        return _again(request, case, 409)
    remember(request, tag)
    if settled.kept:
        return go(request, page_of(case))
    messages.success(request, gettext("Case %(id)s waits for people who read it.") % {"id": case_id})
    return go(request, next_page(user, request))


def _tag(typed: str) -> str:
    """A language as people write it: a tag (``th``), or its name in English, in itself or in the interface's language.

    Only a whole name counts. What merely resembles one would send the case to a lane that nobody meant.
    """
    try:
        return normalise(typed)
    except UnknownLanguage:
        unknown = UnknownLanguage(gettext("“%(typed)s” is not a language we know") % {"typed": typed[:40]})
    try:
        found = langcodes.find(typed)
    except LookupError:
        raise unknown from None
    names = {found.autonym(), found.display_name("en"), found.display_name(get_language() or "en")}
    if typed.strip().casefold() not in {name.casefold() for name in names}:
        raise unknown
    return found.to_tag()


def _again(
    request: HttpRequest,
    case: Case,
    status: int,
    *,
    errors: list[dict[str, Any]] | None = None,
    message: str = "",
) -> HttpResponse:
    """The form as it was typed, with what is wrong; kept as a draft too. The whole page where no script asked."""
    user = moderator(request)
    case = _fresh(case)
    fields = typed(request)
    drafts.keep(case, user, fields)
    if (page := page_of(case)) != reverse("case", args=[case.pk]):
        # Reviewed on a page of its own, which shows the draft and how the case stands.
        if message:
            messages.error(request, message)
        return go(request, page)
    recent = recently_set(request)
    if is_htmx(request):
        context = decide_context(case, user, fields, errors, message, recent)
        template = "moderation/_triage.html" if context.get("triage") else "moderation/_decide.html"
    else:
        context = page_context(case, user, fields, errors, message, recent)
        template = "moderation/case.html"
    return render(request, template, context, status=status)


def _fresh(case: Case) -> Case:
    """The case as it is now, with what it points at."""
    return Case.objects.select_related(
        "item__platform",
        "item__author",
        "snapshot__author",
        "policy",
        "queue",
        "claimed_by",
        "decision",
        "revises__overrides",
    ).get(pk=case.pk)
