"""The words of an appeal go with the content that it is about; its outcome stays, as its decision does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from appeals.models import Appeal
from moderation.hookspecs import hookimpl
from moderation.models import Item


@hookimpl
def purge(cases: Sequence[int]) -> Mapping[str, int]:
    decided = Appeal.objects.filter(status=Appeal.Status.DECIDED, purged_at=None)
    theirs = decided.filter(Q(case__in=cases) | Q(decision__case__in=cases))
    return {"appeals": theirs.update(text="", background="", purged_at=timezone.now())}


@hookimpl
def personal_data(account: Item) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Her appeals: against decisions that were explained to her."""
    hers = Appeal.objects.filter(decision__statements__recipient=account).distinct().order_by("pk")
    return {
        "appeals": [
            {
                "appeal": appeal.reference,
                "decision": appeal.decision_id,
                "filed_at": appeal.filed_at.isoformat(),
                "filed_by": str(appeal.get_filed_by_display()),
                "language": appeal.language,
                "text": appeal.text,
                "background": appeal.background,
                "content_purged_at": appeal.purged_at.isoformat() if appeal.purged_at else None,
                "outcome": str(appeal.get_outcome_display()),
                "outcome_reasons": appeal.outcome_reasons,
                "decided_at": appeal.decided_at.isoformat() if appeal.decided_at else None,
            }
            for appeal in hers
        ]
    }
