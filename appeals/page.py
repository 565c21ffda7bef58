"""What every public page has in common: its language, and headers that keep the link to the person who has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from appeals import links, opening, words
from appeals.models import Appeal
from appeals.opening import Party

NOTHING_STAYS: Final = "no-store"
# Of the page that she writes on. "no-store" would also forbid the browser to give back what was typed when she comes
# back to it: after a lost connection, on which the browser shows a page of its own, that would lose her words where
# there is no script. So the browser may keep this one page, for her alone, and asks again whenever it is opened anew.
# It shows nothing that its address in the browser's history does not open as well. Once she has sent, the address leads
# to the status, which stays nowhere, and the page's script removes what it kept on the device.
WORDS_STAY: Final = "private, no-cache"

HEADERS: Final = {
    # What is on these pages concerns one person, who may be on a shared computer.
    "Cache-Control": NOTHING_STAYS,
    # The address is the key: no other site may learn it, no search engine may keep it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
COOKIE_SECONDS: Final = 365 * 24 * 60 * 60

type_of_view = Callable[..., HttpResponse]


class UnknownLink(Exception):
    """Nobody was sent this link."""


class TooOld(Exception):
    """The link opens nothing any more, since ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def public_page(view: type_of_view) -> type_of_view:
    """Sets the headers, remembers the language that the person chose, and answers links that open nothing.

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
        except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
            response = show(request, "too_large", 413)
        except UnknownLink:
            response = show(request, "unknown", 404)
        except TooOld as too_old:
            response = show(request, "too_old", 410, until=words.day(too_old.until))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
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


def party_by(request: HttpRequest, token: str) -> Party:
    """Whom the link was made for, with the page turned to her language. Raises UnknownLink and TooOld, which
    ``public_page`` answers.

    Where nothing was appealed the form itself says that it is too late (appeals/form_page.py): she may have begun in
    time.
    """
    try:
        party = opening.party_of(*links.opened_by(token))
    except links.BadLink:
        party = None
    speak(request, party.told.language if party else None)
    if party is None:
        raise UnknownLink
    until = opening.readable_until(party)
    if until < timezone.now() and Appeal.objects.filter(decision=party.decision, reply=party.reply).exists():
        raise TooOld(until)
    return party


def show(request: HttpRequest, name: str, code: int = 200, **context: object) -> HttpResponse:
    """The page of this name (templates/appeals/) in words."""
    return render(request, f"appeals/{name}.html", context, status=code)


def see_other(name: str, token: str, rest: str = "") -> HttpResponse:
    """303 to a page of the same link: going back or loading again sends nothing twice. ``rest``: "?query#fragment"."""
    return HttpResponseRedirect(reverse(name, args=[token]) + rest, status=303)


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
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        return QueryDict()


def _remembered(request: HttpRequest) -> str | None:
    """What she chose before; the nearest to it where it is not offered any more (``pt``)."""
    return words.nearest(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME))
