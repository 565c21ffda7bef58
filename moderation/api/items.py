"""POST /items: raw items for our own detectors. GET /items/{kind}/{id}: what we know of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpResponse, StreamingHttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from accounts.models import Platform, Scope
from moderation import audit, enforcement
from moderation.api import problems
from moderation.api.batches import answer_batch
from moderation.api.cases import CaseBrief, FlagOut, case_briefs, flags_of
from moderation.api.decisions import DecisionOut, EnforcementOut, decisions_out, enforcement_out
from moderation.api.idempotency import once
from moderation.api.keys import ApiRequest, BearerKey
from moderation.api.openapi import GET, ProblemOut, batch_of, call
from moderation.api.shapes import ItemName, name_of
from moderation.ingest import strict_json
from moderation.ingest.items import ingest_item
from moderation.ingest.schemas import ItemIn, Kind
from moderation.models import Case, Decision, Flag, Item, Snapshot

router = Router(tags=["Items"])

# Of each list, the latest so many.
MOST_LISTED: Final = 100


class ItemTaken(BaseModel):
    """The item is kept and waits for the detectors."""

    item_id: int = Field(description="Fairlead's own number")
    snapshot_id: int = Field(description="The capture; the same content again is the same capture")


class ItemLine(BaseModel):
    """What one line of the batch became: an item, or the problem with it."""

    line: int
    item_id: int | None = None
    snapshot_id: int | None = None
    error: ProblemOut | None = None


class ItemOut(BaseModel):
    """What Fairlead knows of an item. Lists hold the latest 100, newest first."""

    kind: str
    id: str
    type: str
    author: ItemName | None
    language: str | None = Field(description="BCP 47, of the latest capture; null before it was screened")
    language_declared: bool = Field(description="By the platform; otherwise identified from the text")
    disclosure: str
    content_purged_at: datetime | None = Field(
        description="When the content of the latest capture was purged; null while it is there"
    )
    first_seen_at: datetime
    last_seen_at: datetime
    flag_count: int
    flags: list[FlagOut]
    cases: list[CaseBrief]
    decisions: list[DecisionOut]
    enforcements: list[EnforcementOut] = Field(description="In force, or on their way to the platform")


@router.post(
    "",
    auth=BearerKey(Scope.ITEMS_WRITE),
    response={202: ItemTaken},
    url_name="items",
    operation_id="send_item",
    summary="Send one item",
    openapi_extra=call(body=True, idempotent=True),
)
def send_item(request: ApiRequest, item: ItemIn) -> HttpResponse:
    """Our detectors look at it. It becomes a case only if one of them flags it.

    Needs the scope `items:write`.
    """
    return once(request, lambda: _take(request, item))


@router.post(
    "/batch",
    auth=BearerKey(Scope.ITEMS_WRITE, batch=True),
    url_name="items-batch",
    operation_id="send_items",
    summary="Send many items",
    openapi_extra=batch_of(ItemIn, ItemLine),
)
def send_items(request: ApiRequest) -> StreamingHttpResponse:
    """NDJSON in and out, both read and answered as streams. The same item again changes nothing.

    Needs the scope `items:write`.
    """
    return answer_batch(request, lambda line: _take(request, _item(strict_json.read(line))))


@router.api_operation(
    GET,
    "/{kind}/{path:item_id}",
    auth=BearerKey(Scope.CASES_READ),
    response={200: ItemOut},
    url_name="item",
    operation_id="get_item",
    summary="What is known of an item",
    openapi_extra=call(problems.NOT_FOUND, problems.INVALID),
)
def get_item(request: ApiRequest, kind: Kind, item_id: str) -> ItemOut:
    """Its language, flags, cases, decisions, and what is in force on it. An id is written percent-encoded.

    Needs the scope `cases:read`. Reading evidence is kept in the audit trail.
    """
    item = _find(request.auth.platform, kind, item_id)
    audit.record("evidence.viewed", audit.platform(request.auth.platform), item=item, by_api=True)
    return _out(item)


def _item(value: Any) -> ItemIn:
    return ItemIn.model_validate(value)


def _take(request: ApiRequest, item: ItemIn) -> ItemTaken:
    platform = request.auth.platform
    taken = ingest_item(platform, item, audit.platform(platform))
    return ItemTaken(item_id=taken.item_id, snapshot_id=taken.snapshot_id)


def _find(platform: Platform, kind: str, external_id: str) -> Item:
    """Raises Http404, for another platform's item too."""
    if strict_json.unkept_text(external_id):
        raise Http404
    items = Item.objects.select_related("author")
    try:
        return items.get(platform=platform, kind=kind, external_id=external_id)
    except Item.DoesNotExist:
        raise Http404 from None


def _out(item: Item) -> ItemOut:
    """Seven statements, however much is known."""
    snapshot = Snapshot.objects.select_related("screening").filter(item=item).latest("pk")
    screening = getattr(snapshot, "screening", None)
    flags = Flag.objects.filter(case__item=item)
    return ItemOut(
        kind=item.kind,
        id=item.external_id,
        type=snapshot.type,
        author=name_of(item.author) if item.author else None,
        language=snapshot.language or (screening.language if screening else "") or None,
        language_declared=bool(snapshot.language),
        disclosure=snapshot.disclosure,
        content_purged_at=snapshot.purged_at,
        first_seen_at=item.first_seen_at,
        last_seen_at=item.last_seen_at,
        flag_count=flags.count(),
        flags=flags_of(flags, MOST_LISTED),
        cases=case_briefs(Case.objects.filter(item=item), MOST_LISTED),
        decisions=decisions_out(Decision.objects.filter(item=item).order_by("-pk")[:MOST_LISTED]),
        enforcements=[
            enforcement_out(each) for each in enforcement.in_force(item).select_related("item")[:MOST_LISTED]
        ],
    )
