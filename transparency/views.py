"""The figures page."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from transparency.figures import figures

PERIODS = (7, 30, 180)


def show_figures(request: HttpRequest) -> HttpResponse:
    """What was decided in the last ``?days=`` (7, 30 or 180)."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(period) for period in PERIODS} else PERIODS[0]
    until = timezone.now()
    return render(
        request,
        "transparency/figures.html",
        {"figures": figures(until - timedelta(days=days), until), "days": days, "periods": PERIODS},
    )
