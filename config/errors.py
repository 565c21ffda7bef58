"""What answers where no view does: nothing at this address, a method that it does not know, a form without its token.

A program that calls the API is told in problem details, a person on a page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

from moderation.api.problems import METHOD_NOT_ALLOWED, NOT_FOUND, Problem

log = logging.getLogger(__name__)

# Never echoed: secrets, and what nobody typed.
NOT_SHOWN: Final = frozenset({"csrfmiddlewaretoken", "password", "token", "next"})


API: Final = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path.startswith(API):
        return Problem(NOT_FOUND, "There is nothing at this address").response()
    return defaults.page_not_found(request, exception)


def wrong_method(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    """405, with the methods that the address knows."""
    allow = {"Allow": ", ".join(methods)}
    if request.path.startswith(API):
        return Problem(METHOD_NOT_ALLOWED, f"Not {request.method} here", headers=allow).response()
    return HttpResponse(status=405, headers=allow)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 with the words that were sent, to copy. Never a button that sends them again: that would undo the check."""
    log.warning("Form refused at %s: %s", request.path, reason)
    typed = [
        value
        for name, values in request.POST.lists()
        if name not in NOT_SHOWN
        for value in values
        if value.strip()
    ]
    longest_first = sorted(typed, key=len, reverse=True)
    return render(request, "403_csrf.html", {"typed": longest_first, "reason": reason}, status=403)
