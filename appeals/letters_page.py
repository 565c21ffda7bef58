"""The letters that wait and those that were given up, for admins, and the button that sends them again."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from appeals.letters import sending
from appeals.models import Letter
from moderation import audit
from moderation.console.request import moderator

SHOWN = 100


def letters(request: HttpRequest) -> HttpResponse:
    """Of an address only where it is: who it belongs to is nobody's business here."""
    context = {
        "set_up": bool(settings.EMAIL_URL),
        "failed": _shown(Letter.Status.FAILED),
        "waiting": _shown(Letter.Status.PENDING),
    }
    return render(request, "appeals/letters.html", context)


def retry_letters(request: HttpRequest) -> HttpResponse:
    """One letter (``letter``: its id), or all that were given up."""
    asked = request.POST.get("letter", "")
    failed = Letter.objects.filter(status=Letter.Status.FAILED).select_related("appeal__case")
    chosen = failed.filter(pk=int(asked)) if asked.isdecimal() and len(asked) < 19 else failed.none()
    if not asked:
        chosen = failed
    for letter in chosen.order_by("pk"):
        sending.retry(letter, audit.person(moderator(request)))
    messages.success(request, gettext("They are sent again now."))
    return redirect("letters")


def _shown(status: Letter.Status) -> list[Letter]:
    rows = Letter.objects.filter(status=status).select_related("appeal").order_by("-pk")[:SHOWN]
    return list(rows)
