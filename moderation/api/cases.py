"""GET /cases/{case_id}: where a case stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404
from ninja import Router
from pydantic import BaseModel, Field

from accounts.models import Platform, Scope
from moderation import audit
from moderation.api import problems
from moderation.api.decisions import DecisionOut, decisions_out
from moderation.api.keys import ApiRequest, BearerKey
from moderation.api.openapi import GET, call
from moderation.api.shapes import ItemName, name_of
from moderation.models import Case, Decision, Flag

router = Router(tags=["Cases"])

MOST_FLAGS: Final = 100


class FlagOut(BaseModel):
    """One source's claim, as it was sent."""

    flag_id: str
    case_id: int
    source: str
    detector: str
    detector_version: str
    policy: str
    score: float | None
    flagged_at: datetime
    received_at: datetime
    evidence: dict[str, Any]
    metadata: dict[str, Any]


class CaseBrief(BaseModel):
    """A case in a line."""

    case_id: int
    origin: str = Field(description="flag, or appeal")
    status: str = Field(description="screening, queued, claimed or decided")
    policy: str
    queue: str | None
    language: str = Field(description="BCP 47; und before it is known")
    priority: int
    due_at: datetime | None
    opened_at: datetime
    decided_at: datetime | None


class CaseOut(CaseBrief):
    """One round of judgement over an item's open flags. Who reviews it stays at the desk."""

    item: ItemName
    content_purged_at: datetime | None = Field(
        description="When the content, and what its flags say of it, was purged; null while it is there"
    )
    language_source: str
    reasons: dict[str, Any] = Field(description="Why it is where it is, in words")
    flag_count: int
    flags: list[FlagOut] = Field(description="The latest 100, newest first")
    decision: DecisionOut | None


@router.api_operation(
    GET,
    "/{case_id}",
    auth=BearerKey(Scope.CASES_READ),
    response={200: CaseOut},
    url_name="case",
    operation_id="get_case",
    summary="Where a case stands",
    openapi_extra=call(problems.NOT_FOUND, problems.INVALID),
)
def get_case(request: ApiRequest, case_id: int) -> CaseOut:
    """Its status, lane, flags and decision.

    Needs the scope `cases:read`. Reading evidence is kept in the audit trail.
    """
    case = _find(request.auth.platform, case_id)
    audit.record("evidence.viewed", audit.platform(request.auth.platform), case=case, by_api=True)
    flags = Flag.objects.filter(case=case)
    decisions = decisions_out(Decision.objects.filter(case=case))
    return CaseOut(
        **_brief(case).model_dump(),
        item=name_of(case.item),
        content_purged_at=case.snapshot.purged_at,
        language_source=case.language_source,
        reasons=case.reasons,
        flag_count=flags.count(),
        flags=flags_of(flags, MOST_FLAGS),
        decision=decisions[0] if decisions else None,
    )


def flags_of(flags: QuerySet[Flag], most: int) -> list[FlagOut]:
    """The latest, newest first. One statement."""
    return [
        FlagOut(
            flag_id=flag.flag_id,
            case_id=flag.case_id,
            source=flag.source,
            detector=flag.detector,
            detector_version=flag.detector_version,
            policy=flag.policy.slug,
            score=flag.score,
            flagged_at=flag.flagged_at,
            received_at=flag.received_at,
            evidence=flag.evidence,
            metadata=flag.metadata,
        )
        for flag in flags.select_related("policy").order_by("-pk")[:most]
    ]


def case_briefs(cases: QuerySet[Case], most: int) -> list[CaseBrief]:
    """The latest, newest first. One statement."""
    return [
        _brief(case) for case in cases.select_related("policy", "queue").order_by("-opened_at", "-pk")[:most]
    ]


def _find(platform: Platform, case_id: int) -> Case:
    """Raises Http404, for another platform's case too."""
    try:
        found = Case.objects.select_related("item", "snapshot", "policy", "queue")
        return found.get(pk=case_id, item__platform=platform)
    except Case.DoesNotExist:
        raise Http404 from None


def _brief(case: Case) -> CaseBrief:
    return CaseBrief(
        case_id=case.pk,
        origin=case.origin,
        status=case.status,
        policy=case.policy.slug,
        queue=case.queue.slug if case.queue else None,
        language=case.language,
        priority=case.priority,
        due_at=case.due_at,
        opened_at=case.opened_at,
        decided_at=case.decided_at,
    )
