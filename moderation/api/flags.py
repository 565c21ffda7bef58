"""POST /flags: claims that items may break a policy, one or thousands at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from accounts.models import Scope
from moderation import audit
from moderation.api import problems
from moderation.api.batches import answer_batch
from moderation.api.idempotency import once
from moderation.api.keys import ApiRequest, BearerKey
from moderation.api.openapi import ProblemOut, batch_of, call
from moderation.ingest import strict_json
from moderation.ingest.flags import ingest_flag
from moderation.ingest.schemas import FlagIn

router = Router(tags=["Flags"])


class FlagTaken(BaseModel):
    """The flag is kept, and part of a case."""

    flag_id: str = Field(description="The platform's own, or made by Fairlead")
    case_id: int
    duplicate: bool = Field(description="It had been sent before, and counts once")


class FlagLine(BaseModel):
    """What one line of the batch became: a flag, or the problem with it."""

    line: int
    flag_id: str | None = None
    case_id: int | None = None
    duplicate: bool | None = None
    error: ProblemOut | None = None


@router.post(
    "",
    auth=BearerKey(Scope.FLAGS_WRITE),
    response={202: FlagTaken},
    url_name="flags",
    operation_id="send_flag",
    summary="Send one flag",
    openapi_extra=call(problems.FLAG_CONFLICT, problems.UNKNOWN_POLICY, body=True, idempotent=True),
)
def send_flag(request: ApiRequest, flag: FlagIn) -> HttpResponse:
    """Makes the item known, keeps the flag, and puts both on the item's open case.

    Needs the scope `flags:write`.
    """
    return once(request, lambda: _take(request, flag))


@router.post(
    "/batch",
    auth=BearerKey(Scope.FLAGS_WRITE, batch=True),
    url_name="flags-batch",
    operation_id="send_flags",
    summary="Send many flags",
    openapi_extra=batch_of(FlagIn, FlagLine),
)
def send_flags(request: ApiRequest) -> StreamingHttpResponse:
    """NDJSON in and out, both read and answered as streams. Give each flag its `flag_id`, and the batch can be sent
    again whole after a broken connection.

    Needs the scope `flags:write`.
    """
    return answer_batch(request, lambda line: _take(request, _flag(strict_json.read(line))))


def _flag(value: Any) -> FlagIn:
    return FlagIn.model_validate(value)


def _take(request: ApiRequest, flag: FlagIn) -> FlagTaken:
    platform = request.auth.platform
    taken = ingest_flag(platform, flag, audit.platform(platform))
    return FlagTaken(flag_id=taken.flag_id, case_id=taken.case_id, duplicate=taken.duplicate)
