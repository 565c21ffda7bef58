"""The OpenAPI document: what the framework reads off the functions, and what it cannot know."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.schema import NinjaGenerateJsonSchema
from pydantic import BaseModel, Field

from moderation.api import problems
from moderation.api.batches import NDJSON
from moderation.api.idempotency import HEADER, LONGEST
from moderation.api.problems import Kind

REF: Final = "#/components/schemas/{model}"
ALWAYS: Final = (problems.UNAUTHORIZED, problems.FORBIDDEN, problems.TOO_MANY)
WITH_BODY: Final = (
    problems.MALFORMED,
    problems.LENGTH_REQUIRED,
    problems.TOO_LARGE,
    problems.UNSUPPORTED,
    problems.INVALID,
)
OF_A_BATCH: Final = (problems.TOO_LARGE, problems.UNSUPPORTED, problems.INVALID)


class ErrorOut(BaseModel):
    """One field that is wrong."""

    loc: list[str | int] = Field(description="The way to the field", examples=[["item", "id"]])
    msg: str


class ProblemOut(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(
        description="What kind of problem: an address on this page, stable for programs to compare"
    )
    title: str
    status: int
    detail: str
    errors: list[ErrorOut] | None = None


class Api(NinjaAPI):
    """Adds the schemas that no function's signature names, and leaves out what goes without saying."""

    _document: OpenAPISchema | None = None  # the same for everybody until the process ends

    def get_openapi_schema(self, **arguments: Any) -> OpenAPISchema:
        if self._document is None:
            self._document = self._describe(**arguments)
        return self._document

    def _describe(self, **arguments: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**arguments)
        models: list[type[BaseModel]] = [ProblemOut, *BATCH_ANSWERS]
        for model in models:
            schema = model.model_json_schema(
                ref_template=REF, mode="serialization", schema_generator=NinjaGenerateJsonSchema
            )
            document.schemas.update(schema.pop("$defs", {}))
            document.schemas[model.__name__] = schema
        for methods in document["paths"].values():
            methods.pop("head", None)
        return document


# HEAD is answered wherever GET is.
GET: Final = ["GET", "HEAD"]

# The models of the lines that a batch is answered with.
BATCH_ANSWERS: Final[list[type[BaseModel]]] = []


def call(*kinds: Kind, body: bool = False, idempotent: bool = False) -> dict[str, Any]:
    """What the document says of a call beside its signature: the problems that it answers with, its headers."""
    extra: dict[str, Any] = {"responses": _responses(*ALWAYS, *(WITH_BODY if body else ()), *kinds)}
    if idempotent:
        extra["responses"] |= _responses(*ALWAYS, *WITH_BODY, *kinds, problems.IDEMPOTENCY_CONFLICT)
        extra["parameters"] = [
            {
                "in": "header",
                "name": HEADER,
                "required": False,
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST,
                    "description": "Chosen by the platform: the same key and body again do nothing and get the "
                    "first answer, marked Idempotent-Replayed: true",
                },
            }
        ]
    return extra


def batch_of(line: type[BaseModel], answer: type[BaseModel]) -> dict[str, Any]:
    """The same for a batch: ``line`` is what is sent on each line, ``answer`` what each is answered with."""
    BATCH_ANSWERS.append(answer)
    return {
        "parameters": [
            {
                "in": "header",
                "name": "Content-Encoding",
                "required": False,
                "schema": {"type": "string", "enum": ["gzip"], "description": "Left out: not compressed"},
            }
        ],
        "requestBody": {
            "required": True,
            "description": f"One JSON object a line. At most {settings.API_BATCH_LINES:,} lines, "
            f"{settings.API_BATCH_BYTES:,} bytes when unfolded, {settings.API_BODY_BYTES:,} bytes a line.",
            "content": {NDJSON: {"schema": {"$ref": REF.format(model=line.__name__)}}},
        },
        "responses": {
            "200": {
                "description": "One JSON object a line, in order. A bad line never stops the others.",
                "content": {NDJSON: {"schema": {"$ref": REF.format(model=answer.__name__)}}},
            }
        }
        | _responses(*ALWAYS, *OF_A_BATCH),
    }


def _responses(*kinds: Kind) -> dict[str, Any]:
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        str(status): {
            "description": " ".join(f"{kind.slug}: {kind.title}." for kind in same),
            "content": {problems.CONTENT_TYPE: {"schema": {"$ref": REF.format(model="ProblemOut")}}},
        }
        for status, same in sorted(by_status.items())
    }
