"""What every public page has in common: its language, and headers that keep the link to the person who has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from appeals import words

HEADERS: Final = {
    # What is on these pages concerns one person, who may be on a shared computer.
    "Cache-Control": "no-store",
    # The address is the key: no other site may learn it, no search engine may keep it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
COOKIE_SECONDS: Final = 365 * 24 * 60 * 60

type_of_view = Callable[..., HttpResponse]


def public_page(view: type_of_view) -> type_of_view:
    """Sets the headers and remembers the language that the person chose.

    CSRF protection is off, and need not be on: it keeps another site from using the rights that a browser's cookies
    carry, and no cookie carries any right here. Whoever can make the browser send the form must already know the
    signed address, or the code, and could as well send it herself. In return the form works without cookies and
    however long it was open, so nobody loses what she wrote.
    """

    @csrf_exempt
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except RequestDataTooBig:
            response = render(request, "appeals/too_large.html", status=413)
        for name, value in HEADERS.items():
            response[name] = value
        chosen = chosen_language(request)
        if chosen:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=COOKIE_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return page


def chosen_language(request: HttpRequest) -> str | None:
    """The language just chosen from the page's own list."""
    given = (request.GET if request.method == "GET" else _posted(request)).get("language")
    return given if given in dict(settings.LANGUAGES) else None


def speak(request: HttpRequest, statement_language: str | None = None) -> str:
    """Turn the page to the person's language, and say which (a code of settings.LANGUAGES).

    In this order: what she chose now, what she chose before, what the statement is written in (or the nearest that a
    reader of it reads), what her browser asks for.
    """
    language = (
        chosen_language(request)
        or _remembered(request)
        or words.nearest(statement_language)
        or translation.get_language()
        or settings.LANGUAGE_CODE
    )
    translation.activate(language)
    request.LANGUAGE_CODE = language
    return language


def _posted(request: HttpRequest) -> QueryDict:
    """The form as sent; an empty one where it is too large to read, so that the page can say so in her language."""
    try:
        return request.POST
    except RequestDataTooBig:
        return QueryDict()


def _remembered(request: HttpRequest) -> str | None:
    kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return kept if kept in dict(settings.LANGUAGES) else None
