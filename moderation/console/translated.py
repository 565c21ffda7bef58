"""The translation beside the original, for whoever was let in without reading the language."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from accounts.models import User
from moderation import access, audit, languages, translation
from moderation.console.marking import mark
from moderation.console.request import moderator
from moderation.models import Case

log = logging.getLogger(__name__)


def case_translation(request: HttpRequest, case_id: int) -> HttpResponse:
    """A piece of the case page, asked for when the page is there: the original never waits for it."""
    user = moderator(request)
    return render(
        request, "moderation/_translation.html", translation_context(access.case_for(user, case_id), user)
    )


def translation_context(case: Case, viewer: User) -> dict[str, Any]:
    """The context of ``moderation/_translation.html``: the text in the interface's language, or None where none can
    be had. Writes the Event that ``viewer`` saw it.
    """
    target = languages.normalise(get_language() or "en")
    audit.record(
        "evidence.viewed",
        audit.person(viewer),
        case=case,
        snapshot_id=case.snapshot_id,
        translated_into=target,
    )
    text = _translate(case, target)
    return {"case": case, "target": target, "translation": mark(text) if text else None}


def _translate(case: Case, target: str) -> str | None:
    """Whatever goes wrong in a plugin, the case can still be left to others."""
    try:
        return translation.translate(case.snapshot.text, case.language, target)
    except Exception:
        log.exception("No translation of case %s into %s", case.pk, target)
        return None
