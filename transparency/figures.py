"""What was done in a period, counted from the record itself: never a tally kept by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from appeals.models import Appeal
from moderation.actions import ACTIONS
from moderation.models import Decision, Enforcement


@dataclass(frozen=True)
class PolicyFigures:
    """Decisions under one policy: all, those made by automated means alone, and those that restricted somebody."""

    policy: str
    decisions: int
    automated: int
    restricting: int


@dataclass(frozen=True)
class ActionFigures:
    """Enforcements of one action: asked for, and those of them taken back since."""

    action: str
    enforcements: int
    reversed: int

    @property
    def label(self) -> str:
        """Its name on screens; the slug of one that a plugin took away again."""
        return str(ACTIONS[self.action].label) if self.action in ACTIONS else self.action


@dataclass(frozen=True)
class LanguageFigures:
    """One language of content: decisions, and what became of the appeals against them."""

    language: str
    decisions: int
    appeals: int
    overturned: int


@dataclass(frozen=True)
class Figures:
    policies: list[PolicyFigures]
    actions: list[ActionFigures]
    languages: list[LanguageFigures]


def figures(since: datetime, until: datetime) -> Figures:
    """Everything decided from ``since`` up to, not including, ``until``. Four statements.

    A decision on an appeal is not a moderation decision of its own: it counts as its appeal's outcome.
    """
    decided = Decision.objects.filter(decided_at__gte=since, decided_at__lt=until, case__origin="flag")
    policies = [
        PolicyFigures(*row)
        for row in decided.values_list("policy__name")
        .annotate(
            decisions=Count("pk", distinct=True),
            machine=Count("pk", filter=Q(automated=True), distinct=True),
            restricting=Count("pk", filter=Q(enforcements__isnull=False), distinct=True),
        )
        .order_by("policy__name")
    ]
    taken_back = (Enforcement.Status.REVERSAL_REQUESTED, Enforcement.Status.REVERSED)
    actions = [
        ActionFigures(*row)
        for row in Enforcement.objects.filter(decision__in=decided)
        .values_list("action")
        .annotate(all=Count("pk"), reversed=Count("pk", filter=Q(status__in=taken_back)))
        .order_by("action")
    ]
    appealed = {
        tag: (filed, overturned)
        for tag, filed, overturned in Appeal.objects.filter(decision__in=decided)
        .values_list("decision__case__language")
        .annotate(filed=Count("pk"), overturned=Count("pk", filter=Q(outcome=Appeal.Outcome.OVERTURNED)))
        .order_by()
    }
    return Figures(
        policies,
        actions,
        [
            LanguageFigures(
                tag,
                count,
                *appealed.get(tag, (0, 0)),
            )
            for tag, count in decided.values_list("case__language")
            .annotate(count=Count("pk"))
            .order_by("-count", "case__language")
        ],
    )
