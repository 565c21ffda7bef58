"""Simulations that admins asked for: asking for one, how far it is, what came out, and those before it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from moderation.console.foreseeing import DAYS
from moderation.console.outcome import outcome
from moderation.console.request import is_htmx, moderator
from moderation.foresight import running
from moderation.foresight.change import BadChange
from moderation.foresight.written import from_json
from moderation.models import Foresight

MOST_SHOWN = 50


def start_foresight(request: HttpRequest) -> HttpResponse:
    """Ask for a simulation of the change that the form carries (``change`` as JSON, ``days``, perhaps ``seed``)."""
    days, seed = request.POST.get("days", ""), request.POST.get("seed", "")
    try:
        asked = running.ask(
            from_json(request.POST.get("change", "")),
            days=int(days) if days in map(str, DAYS) else DAYS[1],
            by=moderator(request),
            seed=int(seed)
            if seed.isdecimal() and len(seed) < 11 and int(seed) <= running.MOST_SEED
            else None,
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
