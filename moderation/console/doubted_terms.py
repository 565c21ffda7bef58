"""The terms of a keyword list that are in doubt, on the list's page: removed after asking once more, or kept."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from moderation.console.request import moderator
from moderation.detectors import doubts
from moderation.models import KeywordList

# The page's buttons: the value of each is the term.
ASK: Final = "doubted-ask"
REMOVE: Final = "doubted-remove"
KEEP: Final = "doubted-keep"
LEAVE: Final = "doubted-leave"


def asked(data: QueryDict) -> str:
    """Which of these buttons was pressed; empty where none was."""
    return next((button for button in (ASK, REMOVE, KEEP, LEAVE) if button in data), "")


def shown(found: KeywordList) -> list[doubts.Doubted]:
    return doubts.doubted(found)


def answer(request: HttpRequest, found: KeywordList, data: QueryDict, button: str) -> str:
    """Do what the button says. What she typed on the page, ``data``, follows: the term goes from it as well, and the
    version that it began from goes on, so that she can still save it. The term to ask about once more, or empty.
    """
    term, user = str(data[button]), moderator(request)
    if button == ASK:
        return term if any(each.term == term for each in shown(found)) else ""
    if button == KEEP:
        doubts.keep(found, term, user)
        messages.success(request, gettext("“%(term)s” stays on the list.") % {"term": term})
    if button == REMOVE:
        before, version = found.version, doubts.remove(found, term, user)
        found.refresh_from_db()
        data["terms"] = _without(data.get("terms", ""), term)
        if version is not None and data.get("version") == str(before) and version == before + 1:
            data["version"] = str(version)
        messages.success(
            request,
            gettext("“%(term)s” is off the list. Workers do not look for it from now on.") % {"term": term},
        )
    return ""


def _without(lines: str, term: str) -> str:
    return "\n".join(line for line in lines.splitlines() if line.strip() != term)
