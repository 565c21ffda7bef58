"""What can go wrong in a call, answered as problem details (RFC 9457)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import pydantic
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import HttpError
from ninja.errors import ValidationError as NinjaValidationError

from moderation.ingest import batch, strict_json
from moderation.ingest.flags import FlagConflict, UnknownPolicy

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
LONGEST_NAME: Final = 100


@dataclass(frozen=True)
class Kind:
    """One kind of problem. ``slug`` is its anchor on the API's page, which ``type`` points to."""

    slug: str
    status: int
    title: str
    meaning: str  # for the API's page

    def __post_init__(self) -> None:
        KINDS[self.slug] = self


# Every kind there is, in the order of the API's page. Whoever adds calls adds the kinds that they answer with.
KINDS: Final[dict[str, Kind]] = {}

MALFORMED: Final = Kind(
    "malformed", 400, "The body cannot be read", "It is not JSON in UTF-8, or not whole. Nothing was kept."
)
UNAUTHORIZED: Final = Kind(
    "unauthorized",
    401,
    "A valid API key is needed",
    "Send Authorization: Bearer and a key that has neither expired nor been revoked.",
)
FORBIDDEN: Final = Kind(
    "forbidden", 403, "The key may not do this", "The key is valid and lacks the scope that this call needs."
)
NOT_FOUND: Final = Kind(
    "not-found", 404, "There is no such thing", "Or it belongs to another platform, which is answered alike."
)
METHOD_NOT_ALLOWED: Final = Kind(
    "method-not-allowed", 405, "This address knows other methods", "The Allow header names them."
)
FLAG_CONFLICT: Final = Kind(
    "flag-conflict",
    409,
    "This flag_id stands for another flag",
    "The flag_id was used before with another body. The first flag stands; nothing was kept of this one.",
)
IDEMPOTENCY_CONFLICT: Final = Kind(
    "idempotency-conflict",
    409,
    "This Idempotency-Key stands for another call",
    "The key was used before with another method, path or body. The first call stands; this one did nothing.",
)
LENGTH_REQUIRED: Final = Kind(
    "length-required", 411, "Say how long the body is", "A single call needs a Content-Length header."
)
TOO_LARGE: Final = Kind(
    "too-large",
    413,
    "The body is larger than allowed",
    "Split it. Of a batch, the lines answered before this problem were taken; none after it was read.",
)
UNSUPPORTED: Final = Kind(
    "unsupported-media-type",
    415,
    "This kind of body is not taken here",
    "Single calls take application/json, batches application/x-ndjson, as it is or compressed with gzip.",
)
INVALID: Final = Kind(
    "invalid",
    422,
    "Something in the call is wrong",
    "errors says what and where: loc is the way to the field. Nothing was kept.",
)
UNKNOWN_POLICY: Final = Kind(
    "unknown-policy", 422, "There is no such policy", "The flag names a policy that this desk does not have."
)
TOO_MANY: Final = Kind(
    "too-many-requests",
    429,
    "Too many calls with this key",
    "Come back after the seconds in Retry-After. The call did nothing.",
)
INTERNAL: Final = Kind(
    "internal",
    500,
    "Fairlead failed",
    "The fault is ours and was logged. Nothing was kept of this call, or of this line of a batch: send it again.",
)

Errors = Sequence[Mapping[str, Any]]


@dataclass
class Problem(Exception):
    """A call that cannot be done. ``errors``: ``{"loc": ["item", "id"], "msg": "…"}`` for each field that is wrong."""

    kind: Kind
    detail: str
    errors: Errors = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"{settings.FAIRLEAD_URL}/api/v1/docs#{self.kind.slug}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        return body

    def response(self) -> HttpResponse:
        return HttpResponse(
            json.dumps(self.as_json()),
            status=self.kind.status,
            content_type=CONTENT_TYPE,
            headers=dict(self.headers),
        )


def invalid(errors: Iterable[tuple[Sequence[str | int], str]]) -> Problem:
    """A 422 that names each place. At least one error."""
    listed = [
        {"loc": [part[:LONGEST_NAME] if isinstance(part, str) else part for part in loc], "msg": message}
        for loc, message in errors
    ][:MOST_ERRORS]
    first = listed[0]
    where = ".".join(str(part) for part in cast(list[Any], first["loc"]))
    detail = f"{where}: {first['msg']}" if where else str(first["msg"])
    if len(listed) > 1:
        detail = f"{detail} (and {len(listed) - 1} more)"
    return Problem(INVALID, detail, listed)


def explain(error: Exception) -> Problem | None:
    """The problem that an exception means for the caller; None where it is a fault of ours."""
    match error:
        case Problem():
            return error
        case strict_json.Malformed():
            return Problem(MALFORMED, str(error))
        case strict_json.Refused():
            return invalid(error.errors)
        case pydantic.ValidationError():
            return invalid((each["loc"], _message(each)) for each in error.errors(include_url=False))
        case NinjaValidationError():
            return invalid((_place(each["loc"]), _message(each)) for each in error.errors)
        case batch.Unreadable():
            return Problem(TOO_LARGE if error.too_large else MALFORMED, str(error))
        case UnknownPolicy():
            return Problem(
                UNKNOWN_POLICY,
                f"There is no policy “{error.slug}”",
                [{"loc": ["policy"], "msg": "There is no such policy"}],
            )
        case FlagConflict():
            return Problem(
                FLAG_CONFLICT,
                f"The flag_id “{error.flag_id}” was used before for another flag",
                [{"loc": ["flag_id"], "msg": "Used before with another body"}],
            )
        case Http404():
            return Problem(NOT_FOUND, "There is nothing here by that name on your platform")
        case HttpError() if isinstance(error.__cause__, Exception):
            return explain(error.__cause__)  # what the parser of the body raised
    return None


def answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """The exception handler of the API."""
    error = error if isinstance(error, Exception) else error()
    problem = explain(error)
    if problem is None:
        log.exception("A call failed: %s %s", request.method, request.path, exc_info=error)
        problem = Problem(INTERNAL, "The fault is ours")
    return problem.response()


def _place(loc: Sequence[str | int]) -> Sequence[str | int]:
    """Of ``("body", "flag", "item", "id")`` the way inside the body; of a parameter its source and name."""
    return loc[2:] if loc[0] == "body" else loc


WORDS: Final = {
    "missing": "This field is required",
    "extra_forbidden": "Nobody knows this field",
    "model_type": "This must be an object",
    "model_attributes_type": "This must be an object",
    "dict_type": "This must be an object",
    "list_type": "This must be a list",
    "string_type": "This must be a text",
    "int_type": "This must be a whole number",
    "float_type": "This must be a number",
    "timezone_aware": "The time needs a zone: Z or an offset",
}


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing" and error["loc"][:1] == ("body",) and len(error["loc"]) == 2:
        return "The body is empty: send a JSON object"
    return WORDS.get(error["type"]) or str(error["msg"])
