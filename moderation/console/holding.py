"""Taking a case, keeping it, and giving it back."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from moderation import access
from moderation.console import drafts
from moderation.console.board import live
from moderation.console.pages import page_of, standing
from moderation.console.request import go, moderator, token, typed
from moderation.models import Case
from moderation.queueing.board import held_by
from moderation.queueing.claim import claim_next
from moderation.queueing.lease import LeaseLost, release, renew, skip
from moderation.queueing.reclaim import claim_again


def next_case(request: HttpRequest) -> HttpResponse:
    return go(request, next_page(moderator(request), request))


def next_page(user: User, request: HttpRequest) -> str:
    """The address of the case to work on now: one that she holds, else the next one, else the board.

    Asking twice (a double click, a second tab) leads to the same case and never makes her hold two.
    """
    held = live(held_by(user))
    case = held[0] if held else claim_next(user)
    if case is None:
        messages.info(request, gettext("Nothing waits for you now."))
        return reverse("board")
    return page_of(case)


def claim_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take again a case whose hold was lost, if it is free. What is typed on the page is kept first."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    drafts.keep(case, user, typed(request))
    if claim_again(user, case_id) is None:
        return _standing(request, case_id, 409)
    return go(request, page_of(case))


def heartbeat(request: HttpRequest, case_id: int) -> HttpResponse:
    """Renew the hold: ``{"seconds": 600}`` from now. 409 with the notice to show where it is lost."""
    try:
        until = renew(case_id, moderator(request), token(request))
    except (LeaseLost, Case.DoesNotExist):
        return _standing(request, case_id, 409)
    return JsonResponse({"seconds": seconds_left(until)})


def release_case(request: HttpRequest, case_id: int) -> HttpResponse:
    user = moderator(request)
    case = access.case_for(user, case_id)
    drafts.keep(case, user, typed(request))
    try:
        release(case_id, user, token(request))
    except LeaseLost:
        return _standing(request, case_id, 409)
    messages.success(request, gettext("Case %(id)s waits in its lane again.") % {"id": case_id})
    return go(request, reverse("board"))


def skip_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give it back for others, with a reason, and open the next one."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    drafts.keep(case, user, typed(request))
    try:
        skip(case_id, user, token(request), request.POST.get("skip_reason", ""))
    except LeaseLost:
        return _standing(request, case_id, 409)
    except ValueError:
        return _standing(request, case_id, 422, gettext("Say in a few words why you skip this case."))
    return go(request, next_page(user, request))


def seconds_left(until: datetime) -> int:
    return max(0, round((until - timezone.now()).total_seconds()))


def _standing(request: HttpRequest, case_id: int, status: int, message: str = "") -> HttpResponse:
    """How the case stands now, in words, as a notice over the form; the form itself is left alone."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    context = {"case": case, "standing": standing(case, user), "message": message, "kept": True}
    return render(request, "moderation/_standing.html", context, status=status)
