"""The API's page: the OpenAPI document for reading, made on the server, without a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from moderation.api.problems import KINDS
from moderation.ingest.strict_json import GREATEST_INTEGER

Json = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """A field of a schema, or a parameter of a call."""

    name: str
    kind: str  # in words
    required: bool
    description: str
    shape: str = ""  # the shape on the page that ``kind`` names, where it names one
    place: str = ""  # of a parameter: path, query, header


@dataclass(frozen=True)
class Content:
    """A body or an answer. ``schema`` is the name of a shape on the page, or empty."""

    status: str
    description: str
    media_type: str
    schema: str


@dataclass(frozen=True)
class Call:
    id: str
    method: str
    path: str
    summary: str
    description: list[list[str]]  # paragraphs; in each, every second piece is code
    parameters: list[Field]
    bodies: list[Content]
    answers: list[Content]


@dataclass(frozen=True)
class Shape:
    name: str
    description: str
    fields: list[Field]
    examples: list[str]


class Page(DocsBase):
    """Renders templates/api/docs.html."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        document = api.get_openapi_schema(path_params=kwargs)
        context = {
            "info": document["info"],
            "openapi_url": self.get_openapi_url(api, kwargs),
            "calls": list(calls(document)),
            "shapes": list(shapes(document)),
            "problems": list(KINDS.values()),
        }
        return render(request, "api/docs.html", context)


def calls(document: Json) -> Iterator[Call]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Call(
                id=operation["operationId"],
                method=method.upper(),
                path=path,
                summary=operation["summary"],
                description=[text.split("`") for text in operation["description"].split("\n\n")],
                parameters=[
                    _field(each["name"], each["schema"], each.get("required", False), place=each["in"])
                    for each in operation.get("parameters", ())
                ],
                bodies=list(_contents("", operation.get("requestBody", {}))),
                answers=[
                    content
                    for status, answer in operation["responses"].items()
                    for content in _contents(str(status), answer)
                ],
            )


def shapes(document: Json) -> Iterator[Shape]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        required = schema.get("required", ())
        fields = [
            _field(field, part, field in required) for field, part in schema.get("properties", {}).items()
        ]
        if fields:
            examples = [json.dumps(each, indent=2, ensure_ascii=False) for each in schema.get("examples", ())]
            yield Shape(name, schema.get("description", ""), fields, examples)


def _field(name: str, schema: Json, required: bool, place: str = "") -> Field:
    parts = [schema, schema.get("items", {}), *schema.get("anyOf", ())]
    shape = next(filter(None, map(_name, parts)), "")
    return Field(name, in_words(schema), required, schema.get("description", ""), shape, place)


def _contents(status: str, holder: Json) -> Iterator[Content]:
    for media_type, content in holder.get("content", {}).items():
        schema = content.get("schema", {})
        yield Content(status, holder.get("description", ""), media_type, _name(schema))


def _name(schema: Json) -> str:
    references = [part["$ref"] for part in (schema, *schema.get("allOf", ())) if "$ref" in part]
    return str(references[0]).rsplit("/", 1)[-1] if references else ""


def in_words(schema: Json) -> str:
    """What a value must be: ``text, at most 255 characters``, ``one of: content, account, ad``."""
    if name := _name(schema):
        return name
    if "anyOf" in schema:
        parts = [in_words(part) for part in schema["anyOf"]]
        return (", or " if "," in parts[0] else " or ").join(parts)
    if "enum" in schema:
        return "one of: " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type", "anything")
    words = {
        "string": "time (RFC 3339)" if schema.get("format") == "date-time" else "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "object": "object",
        "null": "null",
    }.get(kind, str(kind))
    if kind == "array":
        words = f"list of {in_words(schema.get('items', {}))}"
    limits = [
        f"at most {schema['maxLength']} characters" if "maxLength" in schema else "",
        f"at most {schema['maxItems']}" if "maxItems" in schema else "",
        f"from {schema['minimum']}" if "minimum" in schema else "",
        f"to {schema['maximum']}" if schema.get("maximum", GREATEST_INTEGER) < GREATEST_INTEGER else "",
    ]
    return ", ".join([words, *filter(None, limits)])
