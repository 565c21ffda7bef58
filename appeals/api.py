"""POST /appeals: an appeal that a person filed inside the platform, which passes it on."""

from __future__ import annotations

from typing import Annotated, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from ninja import Router
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from accounts.models import Platform, Scope
from appeals import filing, links, opening
from appeals.models import Appeal
from appeals.opening import Party
from moderation import audit, languages
from moderation.api.idempotency import once
from moderation.api.keys import ApiRequest, BearerKey
from moderation.api.openapi import call
from moderation.api.problems import Kind, Problem, invalid
from moderation.ingest.schemas import Id, Sent
from moderation.models import Decision, Flag, NoticeReply

router = Router(tags=["Appeals"])

ALREADY_APPEALED: Final = Kind(
    "already-appealed",
    409,
    "This decision has its appeal",
    "It is appealed once by the person affected and once by whoever sent each notice, whoever files it (and once more "
    "where an account was closed for good and the answer left it so). The first appeal stands; nothing was kept of "
    "this one.",
)
NOT_APPEALABLE: Final = Kind(
    "not-appealable",
    409,
    "This decision cannot be appealed",
    "It held nothing against anybody (or, with flag_id: we acted on the notice), it is final, or the time to appeal is "
    "over (appeal_until of its statement or of the answer to the notice).",
)
REPLACED: Final = Kind(
    "decision-replaced",
    409,
    "Another decision took the place of this one",
    "detail names the one that holds now. That one can be appealed, if it held anything against anybody.",
)
SUSPENDED: Final = Kind(
    "appeals-suspended",
    409,
    "Her appeals are not looked at for some time",
    "Several of them were manifestly unfounded, and she was warned before (DSA Art. 23(2)). detail says until when.",
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


def _address(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as error:
        raise PydanticCustomError("contact", "This is no e-mail address") from error
    return value


class AppealIn(Sent):
    """Why the person affected, or whoever sent a notice, says that a decision is wrong, in her words."""

    decision_id: str = Field(pattern=r"^[0-9]{1,19}$", description="As in the webhook that told of it")
    flag_id: Id | None = Field(
        default=None,
        description="Of a notice that led to nothing (notices of case.closed): its sender appeals. Left out: the "
        "person affected does",
    )
    text: Annotated[str, AfterValidator(_said)] = Field(max_length=filing.MOST_CHARACTERS)
    background: str = Field(
        default="", max_length=filing.MOST_CHARACTERS, description="What else she wants the desk to know"
    )
    language: Annotated[str, AfterValidator(_language)] | None = Field(
        default=None,
        description="BCP 47: the one she is to be answered in. Left out: that of her statement, or of the answer to "
        "her notice",
        examples=["th"],
    )
    contact: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        max_length=254,
        description="Her e-mail address, where she wants to hear by e-mail when there is news. For this appeal alone",
    )


class AppealTaken(BaseModel):
    """The appeal is kept, and waits for somebody who did not decide before."""

    appeal_id: str
    level: int = Field(description="2: once more, where an account was closed for good")
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
    openapi_extra=call(ALREADY_APPEALED, NOT_APPEALABLE, REPLACED, SUSPENDED, body=True, idempotent=True),
)
def file_appeal(request: ApiRequest, appeal: AppealIn) -> HttpResponse:
    """Opens a case of its own, reviewed by somebody who took no part in the decision. The outcome comes as
    `appeal.decided`.

    Needs the scope `appeals:write`.
    """
    return once(request, lambda: _file(request.auth.platform, appeal))


def _file(platform: Platform, sent: AppealIn) -> AppealTaken:
    decision = (
        Decision.objects.select_related("item")
        .filter(item__platform=platform, pk=min(int(sent.decision_id), LARGEST_ID))
        .first()
    )
    if decision is None:
        raise invalid([(("decision_id",), "There is no such decision on your platform")])
    try:
        party = opening.affected(decision) if sent.flag_id is None else _notifier(decision, sent.flag_id)
        filed = filing.file_appeal(
            party,
            filing.clean(sent.text),
            sent.language or party.told.language,
            Appeal.FiledBy.PLATFORM,
            audit.platform(platform),
            background=filing.clean(sent.background),
            contact=sent.contact or "",
        )
    except opening.AlreadyAppealed as error:
        raise Problem(ALREADY_APPEALED, f"It is appeal {error.appeal.pk}") from error
    except opening.Replaced as error:
        raise Problem(REPLACED, f"It is decision {error.decision.pk} that holds now") from error
    except opening.Suspended as error:
        until = error.misuse.until
        raise Problem(SUSPENDED, f"Until {until.isoformat()}" if until else "For some time") from error
    except opening.AppealClosed as error:
        why = (
            f"The time to appeal ended at {error.until.isoformat()}"
            if error.until
            else "There is nothing to appeal, or it is final"
        )
        raise Problem(NOT_APPEALABLE, why) from error
    notice = party.reply.flag_id if party.reply else None
    return AppealTaken(
        appeal_id=str(filed.pk), level=filed.level, status_url=links.status_link_for(decision.pk, notice)
    )


def _notifier(decision: Decision, flag_id: str) -> Party:
    """Whoever sent this notice. Raises Problem where the decision answers none, AppealClosed where we acted."""
    notices = Flag.objects.filter(platform=decision.item.platform_id, flag_id=flag_id)
    reply = NoticeReply.objects.filter(decision=decision, flag__in=notices).first()
    if reply is None:
        raise invalid([(("flag_id",), "The decision answers no notice with this flag_id")])
    party = opening.party_of(decision.pk, reply.flag_id)
    if party is None:
        raise opening.AppealClosed
    return party
