"""The page on which a moderator reviews an appeal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def review(request: HttpRequest, case_id: int) -> HttpResponse:
    return HttpResponse()


def conclude(request: HttpRequest, case_id: int) -> HttpResponse:
    return HttpResponse()
