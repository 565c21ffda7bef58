"""The triage pane: which language a case is in, one key each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from accounts.models import User
from moderation import languages
from moderation.known_languages import OFFERED
from moderation.models import Case
from moderation.routing.triage import awaits_language, candidates

LANGUAGES_SET: Final = "languages_set"
MOST_RECENT: Final = 6


@dataclass(frozen=True)
class Choice:
    """A language to choose and the number key that chooses it."""

    key: int
    tag: str


def triage_context(case: Case, user: User, recent: Sequence[str]) -> dict[str, Any]:
    """The context of ``moderation/_triage.html``; ``triage`` is False where the case's language is settled."""
    if not awaits_language(case):
        return {"triage": False}
    tags = candidates(case, user, recent)
    offered = sorted({each.tag for each in OFFERED} - languages.SPECIAL)
    return {
        "triage": True,
        "choices": [Choice(key, tag) for key, tag in enumerate(tags, 1)],
        "no_language": languages.NO_LANGUAGE,
        "languages": offered,
    }


def recently_set(request: HttpRequest) -> list[str]:
    """The languages that she set in this session, the latest first."""
    found = request.session.get(LANGUAGES_SET)
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def remember(request: HttpRequest, tag: str) -> None:
    """She has set this language. A special one is no help with the next case."""
    if tag not in languages.SPECIAL:
        request.session[LANGUAGES_SET] = list(dict.fromkeys([tag, *recently_set(request)]))[:MOST_RECENT]
