"""The figures of appeals, for admins."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from appeals.figures import ENOUGH, figures
from appeals.models import Appeal

PERIODS = (30, 90, 365)


def show_figures(request: HttpRequest) -> HttpResponse:
    """What waits now, and what was answered in the last ``?days=`` (30, 90 or 365)."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(period) for period in PERIODS} else PERIODS[1]
    until = timezone.now()
    found = figures(until - timedelta(days=days), until)
    return render(
        request,
        "appeals/desk/figures.html",
        {
            "figures": found,
            "outcomes": [(each.label, found.answered.get(each, 0)) for each in Appeal.Outcome],
            "days": days,
            "periods": PERIODS,
            "enough": ENOUGH,
            "now": until,
        },
    )
