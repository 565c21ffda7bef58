"""What the console's views ask of a request, and how they answer one that htmx or a plain form sent."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User

Typed = dict[str, list[str]]

# What a form carries that nobody typed.
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "token", "choice"})
MOST_TYPED = 40_000


def moderator(request: HttpRequest) -> User:
    """Who asks. The permission table has let nobody else through."""
    return cast(User, request.user)


def token(request: HttpRequest) -> uuid.UUID:
    """The lease's token that the form carries; one that fits no lease where it is missing or broken."""
    try:
        return uuid.UUID(request.POST.get("token", ""))
    except ValueError:
        return uuid.UUID(int=0)


def typed(request: HttpRequest) -> Typed:
    """The form as typed: name → values. NUL cannot be stored and cannot be typed, so it is dropped."""
    return {
        name: [str(value).replace("\0", "")[:MOST_TYPED] for value in values]
        for name, values in request.POST.lists()
        if name not in NOT_TYPED
    }


def is_htmx(request: HttpRequest) -> bool:
    return bool(cast(Any, request).htmx)


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to another page, whoever asks: the page itself or its script."""
    return HttpResponseClientRedirect(url) if is_htmx(request) else HttpResponseRedirect(url)
