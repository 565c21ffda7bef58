"""Simulations that admins asked for: asking for one, how far it is, what came out, and those before it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from moderation.console.foreseeing import DAYS, USUAL_DAYS
from moderation.console.outcome import outcome
from moderation.console.request import is_htmx, moderator
from moderation.foresight import running
from moderation.foresight.change import BadChange
from moderation.foresight.written import from_json
from moderation.models import Foresight

MOST_SHOWN = 50


def start_foresight(request: HttpRequest) -> HttpResponse:
    """Ask for a simulation of the change that the form carries (``change`` as JSON, over so many ``days``).

    Or for one once more (``again``, its number), with another seed unless ``seed`` is "same".
    """
    again, days = request.POST.get("again", ""), request.POST.get("days", "")
    try:
        if again:
            number = int(again) if again.isdecimal() and len(again) < 19 else 0
            before = get_object_or_404(Foresight, pk=number)
            asked = running.ask_again(before, moderator(request), same=request.POST.get("seed") == "same")
        else:
            change = from_json(request.POST.get("change", ""))
            asked = running.ask(
                change, int(days) if days in map(str, DAYS) else USUAL_DAYS, moderator(request)
            )
    except (BadChange, running.TooManyOwed) as error:
        return _list(request, problem=str(error))
    return HttpResponseRedirect(reverse("foresight", args=[asked.pk]))


def foresights(request: HttpRequest) -> HttpResponse:
    """The latest simulations, whoever asked for them. One statement."""
    return _list(request)


def foresight(request: HttpRequest, foresight_id: int) -> HttpResponse:
    """One simulation. While it runs the page asks for its progress (htmx), or is loaded again by hand."""
    found = get_object_or_404(Foresight.objects.select_related("asked_by"), pk=foresight_id)
    template = "moderation/_foresight.html" if is_htmx(request) else "moderation/foresight.html"
    told = outcome(found.result) if found.result is not None else None
    return render(request, template, {"foresight": found, "outcome": told})


def _list(request: HttpRequest, problem: str = "") -> HttpResponse:
    latest = Foresight.objects.select_related("asked_by").order_by("-pk")[:MOST_SHOWN]
    context = {"foresights": latest, "problem": problem}
    return render(request, "moderation/foresights.html", context, status=422 if problem else 200)
