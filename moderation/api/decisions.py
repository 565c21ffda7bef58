"""GET /decisions: every decision since, in order. How a platform that missed webhooks catches up."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.models import Platform, Scope
from moderation import closing
from moderation.api import problems
from moderation.api.keys import ApiRequest, BearerKey
from moderation.api.openapi import GET, call
from moderation.api.problems import invalid
from moderation.api.shapes import ItemName, name_of
from moderation.models import Case, Decision, Enforcement
from moderation.settled import writers_done

router = Router(tags=["Decisions"])

MOST: Final = 500
USUAL: Final = 100
CURSOR: Final = "d"
LONGEST_CURSOR: Final = 40
# How long to wait for decisions that are being written while a page is read.
PATIENCE_SECONDS: Final = 2.0
# What the platform never hears of, or not yet.
NEVER_WENT_OUT: Final = (Enforcement.Status.HELD, Enforcement.Status.WITHDRAWN)


class EnforcementOut(BaseModel):
    """One action on its way to, or carried out on, the platform."""

    enforcement_id: str
    action: str
    parameters: dict[str, Any]
    territories: list[str] = Field(description="ISO 3166-1 alpha-2; empty: everywhere")
    item: ItemName
    decision_id: str
    status: str
    created_at: datetime


class DecisionOut(BaseModel):
    """A judgement on a case. The reviewers' private note and names stay at the desk."""

    decision_id: str
    case_id: int
    item: ItemName
    policy: str
    policy_version: int
    severity: int = Field(description="1 (minor) to 5 (threat to life), as judged")
    ground: str = Field(description="terms: it breaks the terms; law: it breaks the law")
    legal_ground: str = Field(description="The law that it breaks, for the ground law")
    actions: list[dict[str, Any]]
    awaiting_approval: bool = Field(
        description="Some of its actions wait for a second person; not among those below"
    )
    automated: bool
    reasoning: str = Field(description="Public: the person affected reads it")
    overrides: str | None = Field(description="The decision whose place this one took")
    overridden_by: str | None = Field(
        description="The decision that took this one's place, if one has effect"
    )
    overturned: bool = Field(description="It was taken back, or changed, on appeal")
    decided_at: datetime
    enforcements: list[EnforcementOut]


class Since(BaseModel):
    """Which page of decisions."""

    after: str = Field(
        default="", max_length=LONGEST_CURSOR, description="next of an earlier page; left out: from the first"
    )
    limit: int = Field(default=USUAL, ge=1, le=MOST, description="At most so many")


class DecisionsOut(BaseModel):
    """A page of decisions, oldest first."""

    decisions: list[DecisionOut]
    next: str = Field(
        description="Ask with after=… for what comes next; keep it, also where the page is empty"
    )
    more: bool = Field(description="There is more already: ask again at once")


@router.api_operation(
    GET,
    "",
    auth=BearerKey(Scope.CASES_READ),
    response={200: DecisionsOut},
    url_name="decisions",
    operation_id="list_decisions",
    summary="Every decision since",
    openapi_extra=call(problems.INVALID),
)
def list_decisions(request: ApiRequest, page: Query[Since]) -> DecisionsOut:
    """In the order in which they were made. None is ever left out: a page stops short of a decision that another,
    still being written, should come before.

    Needs the scope `cases:read`.
    """
    found = _settled(request.auth.platform, _read_cursor(page.after), page.limit)
    shown = found[: page.limit]
    return DecisionsOut(
        decisions=shown,
        next=_cursor(int(shown[-1].decision_id)) if shown else page.after or _cursor(0),
        more=len(found) > page.limit,
    )


def decisions_out(decisions: QuerySet[Decision]) -> list[DecisionOut]:
    """Two statements, however many."""
    enforcements = Enforcement.objects.select_related("item").exclude(status__in=NEVER_WENT_OUT)
    enforcements = enforcements.order_by("created_at", "pk")
    held = Enforcement.objects.filter(decision=OuterRef("pk"), status=Enforcement.Status.HELD)
    # The latest that has effect: what was undone never had any.
    after = (
        Decision.objects.filter(overrides=OuterRef("pk"))
        .exclude(revisions__revised=Case.Revised.UNDONE)
        .order_by("-pk")
    )
    rows = (
        decisions.annotate(
            waits=Exists(held),
            overridden=Subquery(after.values("pk")[:1]),
            overridden_in=Subquery(after.values("case__origin")[:1]),
        )
        .select_related("item", "policy")
        .prefetch_related(Prefetch("enforcements", queryset=enforcements))
    )
    return [_out(decision) for decision in rows]


def enforcement_out(enforcement: Enforcement) -> EnforcementOut:
    return EnforcementOut(
        enforcement_id=str(enforcement.pk),
        action=enforcement.action,
        parameters=enforcement.parameters,
        territories=enforcement.territories,
        item=name_of(enforcement.item),
        decision_id=str(enforcement.decision_id),
        status=enforcement.status,
        created_at=enforcement.created_at,
    )


def _out(decision: Decision) -> DecisionOut:
    return DecisionOut(
        decision_id=str(decision.pk),
        case_id=decision.case_id,
        item=name_of(decision.item),
        policy=decision.policy.slug,
        policy_version=decision.policy_version,
        severity=decision.severity,
        ground=decision.ground,
        legal_ground=decision.legal_ground,
        actions=closing.public(decision.actions),
        awaiting_approval=decision.waits,  # type: ignore[attr-defined]  # annotated above
        automated=decision.automated,
        reasoning=decision.reasoning,
        overrides=str(decision.overrides_id) if decision.overrides_id else None,
        overridden_by=str(decision.overridden) if decision.overridden else None,  # type: ignore[attr-defined]  # as well
        overturned=decision.overridden_in == Case.Origin.APPEAL,  # type: ignore[attr-defined]  # as well
        decided_at=decision.decided_at,
        enforcements=[enforcement_out(each) for each in decision.enforcements.all()],
    )


def _settled(platform: Platform, since: int, limit: int) -> list[DecisionOut]:
    """The next decisions, at most ``limit`` and one, among whose ids none can still appear.

    Ids are drawn before they are committed, so a lower one can become visible after a higher one. But whoever will
    commit a lower one holds a lock on the table by the time a higher one is seen. So: see how far the page goes, wait
    until all who hold such a lock now are done (no writer waits for us, or is held up), then read up to there.
    Where a writer takes longer than PATIENCE_SECONDS the page is empty, and the caller asks again.
    """
    ahead = Decision.objects.filter(item__platform=platform, pk__gt=since).order_by("pk")
    # What can still be undone is not told yet, and nothing after it: order holds.
    undoable = ahead.filter(decided_at__gt=timezone.now() - timedelta(seconds=settings.UNDO_SECONDS))
    if first := undoable.values_list("pk", flat=True).first():
        ahead = ahead.filter(pk__lt=first)
    seen = list(ahead.values_list("pk", flat=True)[: limit + 1])
    if not seen or not writers_done("moderation_decision", PATIENCE_SECONDS):
        return []
    return decisions_out(ahead.filter(pk__lte=seen[-1])[: limit + 1])


def _cursor(pk: int) -> str:
    return base64.urlsafe_b64encode(f"{CURSOR}{pk}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> int:
    """Raises Problem (422)."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if text[:1] == CURSOR and text[1:].isdecimal():
            return int(text[1:])
    except (binascii.Error, ValueError):
        pass
    raise invalid([(("query", "after"), "Not a cursor: take next from an earlier page as it is")])
