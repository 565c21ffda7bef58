"""Where admins look at what readers say is wrong with the texts of their language."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext

from appeals import corrections
from appeals.models import Correction
from moderation.console.request import moderator

MOST_SHOWN: Final = 200


def list_corrections(request: HttpRequest) -> HttpResponse:
    """What waits, by language; and of which languages something was taken over."""
    taken = Correction.objects.filter(status=Correction.Status.TAKEN).order_by("language")
    codes = list(taken.values_list("language", flat=True).distinct())
    context = {"waiting": corrections.waiting(MOST_SHOWN), "taken": codes, "names": dict(settings.LANGUAGES)}
    return render(request, "appeals/desk/corrections.html", context)


def answer_correction(request: HttpRequest, correction_id: int) -> HttpResponse:
    """``answer`` is a status: taken or refused."""
    status = request.POST.get("answer", "")
    if status not in (Correction.Status.TAKEN, Correction.Status.REFUSED):
        raise Http404
    get_object_or_404(Correction, pk=correction_id)
    try:
        corrections.answer(correction_id, Correction.Status(status), moderator(request))
    except corrections.Answered:
        messages.error(request, gettext("Somebody else has answered this one already."))
    return HttpResponseRedirect(reverse("corrections"))


def corrections_file(request: HttpRequest, language: str) -> HttpResponse:
    """What was taken over in a language (a code of settings.LANGUAGES), as a fragment of a PO file."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    fragment = corrections.as_po(language, corrections.taken(language))
    response = HttpResponse(fragment, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="corrections-{language}.po"'
    return response
