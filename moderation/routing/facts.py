"""The facts of a case: everything that a rule can ask of it, and what its priority is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max

from moderation import languages
from moderation.models import Case, Flag, Snapshot


@dataclass(frozen=True)
class Facts:
    """What routing looks at: everything that ``conditions`` can ask, and what priority is made of."""

    policy: str
    severity: int
    sla_minutes: int
    opened_at: datetime
    origin: str = Case.Origin.FLAG
    language: str = languages.UNDETERMINED
    language_source: str = Case.LanguageSource.NONE
    language_confidence: float | None = None
    item_kind: str = "content"
    item_type: str = ""
    platform: str = ""
    disclosure: str = Snapshot.Disclosure.PUBLIC
    country: str = ""
    sources: frozenset[str] = frozenset()
    flags: int = 0
    best_score: float | None = None
    reach: int | None = None


def facts_of(case: Case) -> Facts:
    """The facts of a case as the tables have them. Two statements, however many flags."""
    row = Case.objects.select_related("snapshot__screening", "item__platform", "policy").get(pk=case.pk)
    flags = Flag.objects.filter(case=case.pk).aggregate(
        count=Count("pk"),
        score=Max("score"),
        reach=Max("snapshot__reach"),
        sources=ArrayAgg("source", distinct=True, default=[]),
    )
    language, source, confidence = _language(row)
    return Facts(
        policy=row.policy.slug,
        severity=row.policy.severity,
        sla_minutes=row.policy.sla_minutes,
        opened_at=row.opened_at,
        origin=row.origin,
        language=language,
        language_source=source,
        language_confidence=confidence,
        item_kind=row.item.kind,
        item_type=row.snapshot.type,
        platform=row.item.platform.slug,
        disclosure=row.snapshot.disclosure,
        country=row.snapshot.country,
        sources=frozenset(flags["sources"]),
        flags=flags["count"],
        best_score=flags["score"],
        reach=flags["reach"] if flags["count"] else row.snapshot.reach,
    )


def _language(case: Case) -> tuple[str, str, float | None]:
    """Tag, who says so, and how sure: what a person said stays; else declared, else identified, else ``und``."""
    sources = Case.LanguageSource
    if case.language_source in (sources.MODERATOR, sources.APPELLANT):
        return case.language, case.language_source, case.language_confidence
    snapshot = case.snapshot
    if snapshot.language and snapshot.language != languages.UNDETERMINED:
        return snapshot.language, sources.DECLARED, None
    if not snapshot.text:
        return languages.NO_LANGUAGE, sources.IDENTIFIED, None
    screening = getattr(snapshot, "screening", None)
    if screening is not None and screening.language:
        return screening.language, sources.IDENTIFIED, screening.confidence
    return languages.UNDETERMINED, sources.NONE, None
