"""The OpenAPI document and its page: they describe every call, and what really is answered fits them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern
from jsonschema import Draft202012Validator

from accounts.models import Platform, Scope
from config.api import api
from moderation.api.problems import KINDS
from moderation.ingest.schemas import EXAMPLE_FLAG, EXAMPLE_ITEM, FlagIn, ItemIn
from tests.browser import NewPage, axe
from tests.calling import Caller, flag, ndjson
from tests.deciding import decided
from tests.factories import make_policy

NDJSON = "application/x-ndjson"


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/v1/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_call_is_described(document: dict[str, Any]) -> None:
    assert {name for name, _ in operations(document)} == {
        "POST /api/v1/flags",
        "POST /api/v1/flags/batch",
        "POST /api/v1/items",
        "POST /api/v1/items/batch",
        "GET /api/v1/items/{kind}/{item_id}",
        "GET /api/v1/cases/{case_id}",
        "GET /api/v1/decisions",
        "POST /api/v1/appeals",
    }
    # api-root, the document and its page are the only addresses beside them.
    assert len([each for each in api.urls[0] if isinstance(each, URLPattern)]) == len(document["paths"]) + 3
    assert document["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            for name, value in part.items():
                if name == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(part, list):
            for each in part:
                yield from references(each)

    found = set(references(document))
    assert found
    assert found <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_every_call_tells_its_key_its_scope_and_its_problems(document: dict[str, Any]) -> None:
    (scheme,) = document["components"]["securitySchemes"].items()
    assert scheme[1]["type"] == "http"
    assert scheme[1]["scheme"] == "bearer"
    for name, operation in operations(document):
        assert operation["security"] == [{scheme[0]: []}], name
        assert any(scope in operation["description"] for scope in Scope.values), name
        problems = {
            status
            for status, answer in operation["responses"].items()
            if "application/problem+json" in answer.get("content", {})
        }
        assert {"401", "403", "422", "429"} <= problems, name
        if name.startswith("POST"):
            assert {"413", "415"} <= problems, name
            assert operation["requestBody"]["content"], name
        succeeded = [status for status in operation["responses"] if status.startswith("2")]
        assert [bool(operation["responses"][status]["content"]) for status in succeeded] == [True], name


def test_single_calls_that_write_tell_of_their_idempotency_key(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        named = [each["name"] for each in operation["parameters"]]
        assert ("Idempotency-Key" in named) == (name.startswith("POST") and "batch" not in name), name


def test_batches_are_described_as_ndjson(document: dict[str, Any]) -> None:
    batch = document["paths"]["/api/v1/flags/batch"]["post"]
    assert batch["requestBody"]["content"][NDJSON]["schema"] == {"$ref": "#/components/schemas/FlagIn"}
    assert batch["responses"]["200"]["content"][NDJSON]["schema"] == {"$ref": "#/components/schemas/FlagLine"}


def validator(document: dict[str, Any], path: str, method: str, status: str) -> Draft202012Validator:
    (content,) = document["paths"][path][method]["responses"][status]["content"].values()
    return Draft202012Validator(content["schema"] | {"components": document["components"]})


@pytest.mark.django_db
def test_what_is_answered_fits_the_document(
    document: dict[str, Any], api_key: str, platform: Platform
) -> None:
    make_policy()
    caller = Caller(api_key)
    decision = decided("remove")
    item = decision.item.external_id
    answers = [
        ("/api/v1/flags", "post", caller.post("flags", flag())),
        ("/api/v1/flags", "post", caller.post("flags", flag(score=3))),
        ("/api/v1/items", "post", caller.post("items", flag()["item"])),
        ("/api/v1/items/{kind}/{item_id}", "get", caller.get(f"items/content/{item}")),
        ("/api/v1/items/{kind}/{item_id}", "get", caller.get("items/content/none")),
        ("/api/v1/cases/{case_id}", "get", caller.get(f"cases/{decision.case_id}")),
        ("/api/v1/decisions", "get", caller.get("decisions")),
    ]
    for path, method, response in answers:
        validator(document, path, method, str(response.status_code)).validate(response.json())
    fits = validator(document, "/api/v1/flags/batch", "post", "200")
    for line in caller.batch("flags/batch", ndjson(flag("post-2"), b"{", flag(score=3))):
        fits.validate(line)


def test_the_examples_are_good(document: dict[str, Any]) -> None:
    FlagIn.model_validate(EXAMPLE_FLAG)
    ItemIn.model_validate(EXAMPLE_ITEM)
    for name, example in (("FlagIn", EXAMPLE_FLAG), ("ItemIn", EXAMPLE_ITEM)):
        schema = document["components"]["schemas"][name] | {"components": document["components"]}
        Draft202012Validator(schema).validate(example)
    match = json.loads(json.dumps(EXAMPLE_FLAG))
    (found,) = match["evidence"]["matches"]
    assert match["item"]["text"][found["start"] : found["end"]] == found["term"]


@pytest.mark.django_db
def test_the_page_shows_every_call_shape_and_problem_and_needs_no_script(document: dict[str, Any]) -> None:
    response = Client().get("/api/v1/docs")
    assert response.status_code == 200
    assert "default-src 'none'" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert "<script" not in page
    assert "style=" not in page
    assert "://cdn" not in page
    for _, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page
    for slug in KINDS:
        assert f'id="{slug}"' in page
    assert 'id="FlagIn"' in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_reads_well_for_everybody(desk: str, new_page: NewPage, scheme: str) -> None:
    for viewport in ((1366, 768), (360, 740)):
        page = new_page(colour_scheme=scheme, viewport=viewport)
        page.goto(f"{desk}/api/v1/docs")
        assert page.locator("h1").inner_text().startswith("Fairlead API")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        axe(page)
