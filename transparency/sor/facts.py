"""What a payload is made from: a statement, its decision and the restrictions that it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.models import Approval, Enforcement, Flag, Item, PolicyTerms, Snapshot, Statement
from moderation.policies import as_it_was
from moderation.statements import sources_of

Status = Enforcement.Status
# Nothing was ever restricted by these: they wait, were withdrawn before they went out, or found nothing there.
NEVER_IN_FORCE = (Status.HELD, Status.WITHDRAWN, Status.ALREADY_GONE)


@dataclass(frozen=True)
class Restriction:
    """One action as it is carried out: on which kind of item, with its stored parameters, where, until when."""

    action: str
    kind: Item.Kind
    parameters: dict[str, Any]
    territories: Sequence[str] = ()
    ends_at: datetime | None = None

    @property
    def how(self) -> str:
        return self.parameters.get("how") or ""


@dataclass(frozen=True)
class Facts:
    """A statement as the database asks for it. ``kind`` and ``snapshot`` are of what was judged.

    ``language`` is that of the content (BCP 47); ``approved``: a second person agreed; ``sources``: who flagged it.
    """

    puid: str
    service: str
    kind: Item.Kind
    snapshot: Snapshot
    language: str
    terms: PolicyTerms
    ground: str
    legal_ground: str
    sources: frozenset[Flag.Source]
    automated: bool
    approved: bool
    applies_from: datetime
    restrictions: Sequence[Restriction]


def facts_of(statement: Statement) -> Facts:
    """Six statements of SQL for a decision in a case of flags."""
    decision = statement.decision
    case = decision.case
    enforcements = list(
        statement.enforcements.exclude(status__in=NEVER_IN_FORCE)
        .select_related("item")
        .order_by("created_at", "pk")
    )
    approved = any(each.needs_approval for each in enforcements) and decision_is_approved(statement)
    return Facts(
        puid=str(statement.puid),
        service=decision.item.platform.name,
        kind=Item.Kind(decision.item.kind),
        snapshot=case.snapshot,
        language=case.language,
        terms=as_it_was(decision),
        ground=decision.ground,
        legal_ground=decision.legal_ground,
        sources=frozenset(sources_of(case)),
        automated=decision.automated,
        approved=approved,
        applies_from=statement.created_at,
        restrictions=[
            Restriction(
                each.action, Item.Kind(each.item.kind), each.parameters, each.territories, each.ends_at
            )
            for each in enforcements
        ],
    )


def decision_is_approved(statement: Statement) -> bool:
    return Approval.objects.filter(decision=statement.decision_id, status=Approval.Status.APPROVED).exists()
