"""Keyword and emoji lists: one automaton per list, kept in the process until the list's version changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any, Final

from django.db.models import QuerySet

from moderation import languages
from moderation.detectors.interface import Detector, Finding, ProposedFlag
from moderation.detectors.normalised import normalise
from moderation.detectors.terms import Terms
from moderation.hookspecs import hookimpl
from moderation.identification import identify
from moderation.models import Keyword, KeywordList, Snapshot

# A text that is nothing but matches is shown with its first; how many there were is in what the detector saw.
MOST_MATCHES: Final = 200

_automata: dict[int, tuple[int, Terms]] = {}  # list id → version, terms


class Keywords:
    """Flags texts that hold a term of a list, for the list's policy."""

    slug = "keywords"

    def __init__(self) -> None:
        self._lists: list[KeywordList] = []

    def version(self) -> str:
        """One name for the present versions of all lists, which are then looked for."""
        self._lists = list(_enabled().select_related("policy").order_by("slug"))
        said = [
            (each.slug, each.version, each.language, each.score, each.policy.slug) for each in self._lists
        ]
        return f"lists {sha256(repr(said).encode()).hexdigest()[:12]}"

    def screen(self, snapshot: Snapshot) -> Finding | None:
        if not snapshot.text:
            return None
        language = snapshot.language or identify(snapshot.text).tag
        text = normalise(snapshot.text)
        saw: dict[str, Any] = {"language": language, "lists": {}}
        flags: dict[str, ProposedFlag] = {}
        for each in self._lists:
            if not _applies(each, language):
                continue
            matches = [
                asdict(match) | {"list": each.slug} for match in terms_of(each).find(snapshot.text, text)
            ]
            saw["lists"][each.slug] = {"version": each.version, "matches": len(matches)}
            if matches:
                _add(flags, each, matches)
        return Finding([*flags.values()], saw) if saw["lists"] else None


def _enabled() -> QuerySet[KeywordList]:
    return KeywordList.objects.filter(enabled=True)


def _applies(keyword_list: KeywordList, language: str) -> bool:
    """A list of a language is for texts that its readers read, and for those of which nobody knows the language."""
    return (
        not keyword_list.language
        or language in languages.SPECIAL
        or languages.readable(keyword_list.language, language)
    )


def _add(flags: dict[str, ProposedFlag], keyword_list: KeywordList, matches: list[dict[str, Any]]) -> None:
    """One flag per policy, whichever of its lists found something."""
    policy = keyword_list.policy.slug
    so_far = flags.get(policy, ProposedFlag(policy, 0.0, {"matches": []}))
    together = sorted(
        [*so_far.evidence["matches"], *matches], key=lambda match: (match["start"], match["end"])
    )
    flags[policy] = ProposedFlag(
        policy, max(so_far.score, keyword_list.score), {"matches": together[:MOST_MATCHES]}
    )


def terms_of(keyword_list: KeywordList) -> Terms:
    """The list's terms, read again where its version is not the one that this process knows."""
    known = _automata.get(keyword_list.pk)
    if known is None or known[0] != keyword_list.version:
        written = Keyword.objects.filter(keyword_list=keyword_list.pk).values_list("term", flat=True)
        known = (keyword_list.version, Terms(written))
        _automata[keyword_list.pk] = known
    return known[1]


def warm() -> None:
    """Read every list, so that processes forked from this one need not."""
    for each in _enabled():
        terms_of(each)


@hookimpl
def detectors() -> Sequence[Detector]:
    return [Keywords()]
