"""POST /appeals: an appeal that a person filed inside the platform, which passes it on."""

from __future__ import annotations

from typing import Annotated, Final

from django.http import HttpResponse
from ninja import Router
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from accounts.models import Platform, Scope
from appeals import filing, links, opening
from appeals.models import Appeal
from moderation import audit, languages
from moderation.api.idempotency import once
from moderation.api.keys import ApiRequest, BearerKey
from moderation.api.openapi import call
from moderation.api.problems import Kind, Problem, invalid
from moderation.ingest.schemas import Sent
from moderation.models import Decision

router = Router(tags=["Appeals"])

ALREADY_APPEALED: Final = Kind(
    "already-appealed",
    409,
    "This decision has its appeal",
    "A decision is appealed once, whoever files it. The first appeal stands; nothing was kept of this one.",
)
NOT_APPEALABLE: Final = Kind(
    "not-appealable",
    409,
    "This decision cannot be appealed",
    "It held nothing against anybody, or the time to appeal is over (appeal_until of its statement).",
)
LARGEST_ID: Final = 2**63 - 1


def _said(text: str) -> str:
    if not filing.clean(text):
        raise PydanticCustomError("empty", "Say why the decision is wrong")
    return text


def _language(tag: str) -> str:
    try:
        return languages.normalise(tag)
    except languages.UnknownLanguage as error:
        raise PydanticCustomError("language", "{words}", {"words": str(error)}) from error


class AppealIn(Sent):
    """Why the person affected says that a decision is wrong, in her words."""

    decision_id: str = Field(pattern=r"^[0-9]{1,19}$", description="As in the webhook of its enforcement")
    text: Annotated[str, AfterValidator(_said)] = Field(max_length=filing.MOST_CHARACTERS)
    background: str = Field(
        default="", max_length=filing.MOST_CHARACTERS, description="What else she wants the desk to know"
    )
    language: Annotated[str, AfterValidator(_language)] | None = Field(
        default=None,
        description="BCP 47: the one she is to be answered in. Left out: her statement's",
        examples=["th"],
    )


class AppealTaken(BaseModel):
    """The appeal is kept, and waits for somebody who did not decide before."""

    appeal_id: str
    status_url: str = Field(
        description="Where the person reads how it stands, without signing in. For her alone: it is a key"
    )


@router.post(
    "",
    auth=BearerKey(Scope.APPEALS_WRITE),
    response={202: AppealTaken},
    url_name="appeals",
    operation_id="file_appeal",
    summary="File an appeal for a person",
    openapi_extra=call(ALREADY_APPEALED, NOT_APPEALABLE, body=True, idempotent=True),
)
def file_appeal(request: ApiRequest, appeal: AppealIn) -> HttpResponse:
    """Opens a case of its own, reviewed by somebody who took no part in the decision. The outcome comes as
    `appeal.decided`.

    Needs the scope `appeals:write`.
    """
    return once(request, lambda: _file(request.auth.platform, appeal))


def _file(platform: Platform, sent: AppealIn) -> AppealTaken:
    decision = Decision.objects.filter(
        item__platform=platform, pk=min(int(sent.decision_id), LARGEST_ID)
    ).first()
    if decision is None:
        raise invalid([(("decision_id",), "There is no such decision on your platform")])
    try:
        party = opening.affected(decision)
        filed = filing.file_appeal(
            party,
            filing.clean(sent.text),
            sent.language or party.told.language,
            Appeal.FiledBy.PLATFORM,
            audit.platform(platform),
            background=filing.clean(sent.background),
        )
    except opening.AlreadyAppealed as error:
        raise Problem(ALREADY_APPEALED, f"It is appeal {error.appeal.pk}") from error
    except opening.AppealClosed as error:
        why = (
            f"The time to appeal ended at {error.until.isoformat()}"
            if error.until
            else "It restricts nothing"
        )
        raise Problem(NOT_APPEALABLE, why) from error
    return AppealTaken(appeal_id=str(filed.pk), status_url=links.status_link_for(decision.pk))
