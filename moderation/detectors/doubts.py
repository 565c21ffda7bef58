"""Terms of our lists that helped to a decision which an appeal took back: an admin removes or keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from moderation import audit
from moderation.actions import NoViolation
from moderation.detectors.keywords import Keywords
from moderation.detectors.lists import take_off
from moderation.models import Decision, Flag, Keyword, KeywordList, TermDoubt

Status = TermDoubt.Status

# Of a list's terms in doubt, so many are shown at once: the others follow as these are answered.
MOST_SHOWN: Final = 50


@dataclass(frozen=True)
class Doubted:
    """A term that is in doubt. ``decisions``: how often something was done about what it was found in, as far as the
    content is still kept; ``overturned``: how often an appeal took that back, ever.
    """

    term: str
    decisions: int
    overturned: int
    latest: datetime


def raise_for(decision: Decision, flags: Iterable[Flag], by: audit.Actor) -> None:
    """An appeal took this decision back: each term still on its list that was found by these flags is in doubt.

    Once per decision, in the transaction of the outcome.
    """
    found = {
        (str(match.get("list", "")), str(match.get("term", "")))
        for flag in flags
        if flag.detector == Keywords.slug
        for match in flag.evidence.get("matches") or ()
    }
    kept = (
        Keyword.objects.filter(
            keyword_list__slug__in={each for each, _ in found}, term__in={term for _, term in found}
        )
        .select_related("keyword_list")
        .order_by("keyword_list__slug", "term")
    )
    for keyword in kept:
        if (keyword.keyword_list.slug, keyword.term) not in found:
            continue
        _, raised = TermDoubt.objects.get_or_create(
            keyword_list=keyword.keyword_list, term=keyword.term, decision=decision
        )
        if raised:
            audit.record(
                "term.doubted",
                by,
                case=decision.case,
                list=keyword.keyword_list.slug,
                term=keyword.term,
                decision_id=decision.pk,
            )


def waiting() -> QuerySet[TermDoubt]:
    """The doubts that nobody has answered, of terms that are still on their list."""
    there = Keyword.objects.filter(keyword_list=OuterRef("keyword_list"), term=OuterRef("term"))
    return TermDoubt.objects.filter(Exists(there), status=Status.OPEN)


def doubted(keyword_list: KeywordList) -> list[Doubted]:
    """The terms of this list that wait for an answer, the most often overturned first; MOST_SHOWN at most.

    One statement, and one more for each.
    """
    rows = (
        TermDoubt.objects.filter(
            keyword_list=keyword_list, term__in=waiting().filter(keyword_list=keyword_list).values("term")
        )
        .values("term")
        .annotate(overturned=Count("pk"), latest=Max("raised_at"))
        .order_by("-overturned", "term")
    )
    return [
        Doubted(
            row["term"],
            max(_decisions(keyword_list, row["term"]), row["overturned"]),
            row["overturned"],
            row["latest"],
        )
        for row in rows[:MOST_SHOWN]
    ]


@transaction.atomic
def remove(keyword_list: KeywordList, term: str, by: User) -> int | None:
    """Take the term off the list, which is a new version of it. That version; None where it was not there any more."""
    version = take_off(keyword_list.pk, term, audit.person(by))
    _answer(keyword_list, term, Status.REMOVED, by)
    return version


@transaction.atomic
def keep(keyword_list: KeywordList, term: str, by: User) -> None:
    """The term is right: it stays, and is in doubt again only after another decision was taken back."""
    _answer(keyword_list, term, Status.KEPT, by)


def _answer(keyword_list: KeywordList, term: str, status: TermDoubt.Status, by: User) -> None:
    unanswered = TermDoubt.objects.filter(keyword_list=keyword_list, term=term, status=Status.OPEN)
    answered = unanswered.update(status=status, answered_by=by, answered_at=timezone.now())
    if answered:
        kind = "term.removed" if status == Status.REMOVED else "term.kept"
        audit.record(kind, audit.person(by), list=keyword_list.slug, term=term, doubts=answered)


def _decisions(keyword_list: KeywordList, term: str) -> int:
    """In how many cases it was found about which something was decided that is more than “no violation”."""
    found = Flag.objects.filter(
        detector=Keywords.slug, evidence__contains={"matches": [{"term": term, "list": keyword_list.slug}]}
    )
    decided = Decision.objects.filter(case__in=found.values("case"))
    return decided.exclude(actions__contains=[{"action": NoViolation.slug}]).count()
