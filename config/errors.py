"""The page for a form that came without a valid token: it says so and gives back what was typed."""

from __future__ import annotations

import logging
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

log = logging.getLogger(__name__)

# Never echoed: secrets, and what nobody typed.
NOT_SHOWN: Final = frozenset({"csrfmiddlewaretoken", "password", "token", "next"})


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
