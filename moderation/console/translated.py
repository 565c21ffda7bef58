"""The translation beside the original, for whoever was let in without reading the language."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from accounts.models import User
from moderation import access, audit, languages, translation
from moderation.console.marking import Marked, mark
from moderation.console.request import moderator
from moderation.models import Case

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Original:
    """A text that she cannot read, in a language (BCP 47). ``title`` says what it is, where there are several."""

    text: str
    language: str
    title: str = ""


@dataclass(frozen=True)
class Translated:
    """The same in the interface's language; None where no translation can be had."""

    title: str
    text: Marked | None


def case_translation(request: HttpRequest, case_id: int) -> HttpResponse:
    """A piece of the case page, asked for when the page is there: the original never waits for it."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    return render(request, "moderation/_translation.html", context_of_case(case, user))


def context_of_case(case: Case, viewer: User) -> dict[str, Any]:
    """The translation of what was flagged, as ``translation_context``."""
    again = reverse("case-translation", args=[case.pk])
    return translation_context(case, viewer, [Original(case.snapshot.text, case.language)], again)


def translation_context(
    case: Case, viewer: User, originals: Sequence[Original], again: str
) -> dict[str, Any]:
    """The context of ``moderation/_translation.html``; writes the Event that ``viewer`` saw it.

    ``again`` is the address that makes it once more.
    """
    target = languages.normalise(get_language() or "en")
    audit.record("evidence.viewed", audit.person(viewer), case=case, translated_into=target)
    found = [Translated(each.title, _translate(each, target, case.pk)) for each in originals if each.text]
    return {
        "target": target,
        "translations": found,
        "untranslated": any(each.text is None for each in found),
        "again": again,
    }


def _translate(original: Original, target: str, case_id: int) -> Marked | None:
    """Whatever goes wrong in a plugin, the case can still be left to others."""
    try:
        text = translation.translate(original.text, original.language, target)
    except Exception:
        log.exception("No translation of case %s into %s", case_id, target)
        return None
    return mark(text) if text else None
