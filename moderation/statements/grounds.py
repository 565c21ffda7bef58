"""What a statement of reasons is made from, whom it is for, and which language she reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from moderation import languages
from moderation.hookspecs import Redress
from moderation.judgements import Measure
from moderation.models import Case, Decision, Flag, Item, PolicyTerms


@dataclass(frozen=True)
class Grounds:
    """A decision, or a judgement that is not one yet (no ``redress``), as a statement tells it.

    ``ground`` is a Policy.Ground, ``legal_ground`` the law where it is that. ``approved``: a second person agreed.
    ``replaces``: when the decision was made that this one takes the place of, where the person was told of it.
    """

    case: Case
    policy: PolicyTerms
    measures: Sequence[Measure]
    reasoning: str
    automated: bool
    redress: Redress | None
    ground: str
    legal_ground: str = ""
    approved: bool = False
    replaces: datetime | None = None


def recipient_of(item: Item) -> Item:
    """Whom a decision about ``item`` is explained to: its author's account, or itself where there is none."""
    return item.author or item


def language_for(case: Case) -> str:
    """The language of the person affected, as a BCP 47 tag: what the platform says of her account, else the
    language of what she wrote, else the desk's own.
    """
    about_her = case.snapshot if case.item.kind == Item.Kind.ACCOUNT else case.snapshot.author
    said = [about_her.metadata.get("language"), about_her.language] if about_her else []
    return known_language(*said, case.language) or settings.LANGUAGE_CODE


def known_language(*said: object) -> str | None:
    """The first of these that is a BCP 47 tag of a language."""
    for tag in said:
        if isinstance(tag, str) and tag:
            try:
                known = languages.normalise(tag)
            except languages.UnknownLanguage:
                continue
            if known not in languages.SPECIAL:
                return known
    return None


def sources_of(case: Case) -> set[Flag.Source]:
    """How what is judged in this case was found: by whom the case was flagged in which it all began.

    One statement of SQL for a case of flags; for a decision that is made anew, two more per time.
    """
    began = _where_it_began(case)
    found = Flag.objects.filter(case=began).values_list("source", flat=True).distinct()
    return {Flag.Source(source) for source in found}


def replaced(overrides: Decision | None) -> datetime | None:
    """When the decision was made that another takes the place of; None where the person never heard of it.

    One that was undone before anything of it was sent is overridden by nothing (``reopening.replaced_by``).
    """
    return overrides.decided_at if overrides is not None and overrides.statements.exists() else None


def _where_it_began(case: Case) -> Case:
    while case.origin != Case.Origin.FLAG:
        # An appeal's case is left through the decision that was taken back in it, before it was itself revised.
        made_anew = case.revises if case.origin == Case.Origin.REVISION else _taken_back_in(case)
        if made_anew is None:
            break
        case = made_anew.case
    return case


def _taken_back_in(case: Case) -> Decision | None:
    decision = Decision.objects.filter(case=case).select_related("overrides__case").first()
    return decision.overrides if decision else None
