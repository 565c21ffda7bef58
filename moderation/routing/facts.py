"""The facts of a case: everything that a rule can ask of it, and what its priority is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, Func, IntegerField, Max, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from moderation import languages
from moderation.models import Case, Decision, Flag, Snapshot, Statement

# An author's breaches are counted up to here: no rule asks for more, and somebody may have thousands.
MOST_BREACHES: Final = 100


@dataclass(frozen=True)
class Facts:
    """What routing looks at: everything that ``conditions`` can ask, and what priority is made of.

    ``author_breaches``: decisions before this one, about the author or things by the author, that held something
    against them and stand; MOST_BREACHES at most. ``also_language``: read by whoever takes the case besides its own.
    """

    policy: str
    severity: int
    sla_minutes: int
    opened_at: datetime
    origin: str = Case.Origin.FLAG
    language: str = languages.UNDETERMINED
    language_source: str = Case.LanguageSource.NONE
    language_confidence: float | None = None
    also_language: str = ""
    item_kind: str = "content"
    item_type: str = ""
    platform: str = ""
    disclosure: str = Snapshot.Disclosure.PUBLIC
    country: str = ""
    sources: frozenset[str] = frozenset()
    detectors: frozenset[str] = frozenset()
    flags: int = 0
    best_score: float | None = None
    reach: int | None = None
    author_breaches: int = 0

    @property
    def confidence(self) -> float:
        """How sure the language is, from 0 to 1: what was identified says so itself, what somebody said is sure."""
        if self.language_confidence is not None:
            return self.language_confidence
        return 0.0 if self.language_source == Case.LanguageSource.NONE else 1.0


def facts_of(case: Case) -> Facts:
    """The facts of a case as the tables have them. Two statements, however many flags. Raises Case.DoesNotExist."""
    found = facts_of_many([case.pk])
    if case.pk not in found:
        raise Case.DoesNotExist
    return found[case.pk]


def facts_of_many(case_ids: Collection[int]) -> dict[int, Facts]:
    """The facts of these cases by id; those that there are. Two statements, however many cases and flags."""
    rows = (
        Case.objects.filter(pk__in=case_ids)
        .annotate(
            has_text=~Q(snapshot__text=""),
            breaches=Func(ArraySubquery(_breaches()), function="cardinality", output_field=IntegerField()),
        )
        .values(
            "pk",
            "origin",
            "opened_at",
            "language",
            "language_source",
            "language_confidence",
            "also_language",
            "has_text",
            "breaches",
            policy_slug=F("policy__slug"),
            severity=F("policy__severity"),
            sla_minutes=F("policy__sla_minutes"),
            item_kind=F("item__kind"),
            platform=F("item__platform__slug"),
            item_type=F("snapshot__type"),
            disclosure=F("snapshot__disclosure"),
            country=F("snapshot__country"),
            reach=F("snapshot__reach"),
            declared=F("snapshot__language"),
            identified=F("snapshot__screening__language"),
            identified_confidence=F("snapshot__screening__confidence"),
        )
    )
    flags = (
        Flag.objects.filter(case__in=case_ids)
        .values("case")
        .annotate(
            flags=Count("pk"),
            best_score=Max("score"),
            most_reach=Max("snapshot__reach"),
            sources=ArrayAgg("source", distinct=True, default=[]),
            detectors=ArrayAgg("detector", distinct=True, default=[], filter=~Q(detector="")),
        )
    )
    flags_of = {each["case"]: each for each in flags}
    return {row["pk"]: _facts(row, flags_of.get(row["pk"])) for row in rows}


def _breaches() -> Any:
    """Earlier decisions that stand, of which the person behind the outer query's case was told.

    What another decision replaced stands no more, unless that one was undone; nor does what was undone. Whoever is
    told is her account, or the item where nobody is known to have made it (``statements.recipient_of``).
    """
    return (
        Statement.objects.filter(
            recipient=Coalesce(OuterRef("item__author"), OuterRef("item")),
            decision__decided_at__lt=Coalesce(OuterRef("decided_at"), Now()),
        )
        .exclude(decision__case=OuterRef("pk"))
        .exclude(Exists(Decision.objects.filter(~_undone(), overrides=OuterRef("decision"))))
        .exclude(_undone("decision"))
        .order_by()
        .values("decision")
        .distinct()[:MOST_BREACHES]
    )


def _undone(decision: str = "pk") -> Exists:
    return Exists(Case.objects.filter(revises=OuterRef(decision), revised=Case.Revised.UNDONE))


def _facts(row: Mapping[str, Any], flags: Mapping[str, Any] | None) -> Facts:
    language, source, confidence = _language(row)
    return Facts(
        policy=row["policy_slug"],
        severity=row["severity"],
        sla_minutes=row["sla_minutes"],
        opened_at=row["opened_at"],
        origin=row["origin"],
        language=language,
        language_source=source,
        language_confidence=confidence,
        also_language=row["also_language"],
        item_kind=row["item_kind"],
        item_type=row["item_type"],
        platform=row["platform"],
        disclosure=row["disclosure"],
        country=row["country"],
        sources=frozenset(flags["sources"]) if flags else frozenset(),
        detectors=frozenset(flags["detectors"]) if flags else frozenset(),
        flags=flags["flags"] if flags else 0,
        best_score=flags["best_score"] if flags else None,
        reach=flags["most_reach"] if flags else row["reach"],
        author_breaches=row["breaches"],
    )


def _language(row: Mapping[str, Any]) -> tuple[str, str, float | None]:
    """Tag, who says so, and how sure: what a person said stays; else declared, else identified, else ``und``."""
    sources = Case.LanguageSource
    if row["language_source"] in (sources.MODERATOR, sources.APPELLANT):
        return row["language"], row["language_source"], row["language_confidence"]
    if row["declared"] and row["declared"] != languages.UNDETERMINED:
        return row["declared"], sources.DECLARED, None
    if not row["has_text"]:
        return languages.NO_LANGUAGE, sources.IDENTIFIED, None
    if row["identified"]:
        return row["identified"], sources.IDENTIFIED, row["identified_confidence"]
    return languages.UNDETERMINED, sources.NONE, None
