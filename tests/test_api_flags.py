"""POST /flags and POST /items, one at a time: the answer, repeated calls, and every refusal without a trace."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from accounts.api_keys import revoke
from accounts.models import ApiKey, Platform, Scope
from moderation.models import Case, Flag, IdempotencyKey, Item, Snapshot
from tests.calling import Caller, flag, key_of, problem, rows
from tests.factories import make_platform, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(api_key: str) -> Caller:
    make_policy()
    return Caller(api_key)


@pytest.fixture
def before(db: None) -> dict[str, int]:
    """How many rows there were before the test did anything."""
    return rows()


def test_a_flag_is_taken_and_answered_with_its_case(caller: Caller) -> None:
    response = caller.post("flags", flag(flag_id="f-1"))
    assert response.status_code == 202
    assert response.json() == {"flag_id": "f-1", "case_id": Case.objects.get().pk, "duplicate": False}
    again = caller.post("flags", flag(flag_id="f-1"))
    assert again.json() == response.json() | {"duplicate": True}


def test_a_flag_without_an_id_is_given_one(caller: Caller) -> None:
    answers = [caller.post("flags", flag()).json() for _ in range(2)]
    assert {answer["flag_id"] for answer in answers} == set(Flag.objects.values_list("flag_id", flat=True))
    assert answers[0]["case_id"] == answers[1]["case_id"]


def test_an_item_is_taken_and_answered_with_its_snapshot(caller: Caller) -> None:
    response = caller.post("items", flag()["item"])
    assert response.status_code == 202
    assert response.json() == {"item_id": Item.objects.get().pk, "snapshot_id": Snapshot.objects.get().pk}


def test_a_repeated_idempotency_key_gets_the_first_answer_and_does_nothing(caller: Caller) -> None:
    first = caller.post("flags", flag(), idempotency_key="k-1")
    before = rows()
    again = caller.post("flags", flag(), idempotency_key="k-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert rows() == before


def test_an_idempotency_key_with_another_body_or_path_is_a_conflict(caller: Caller) -> None:
    caller.post("flags", flag(), idempotency_key="k-1")
    before = rows()
    problem(caller.post("flags", flag("post-2"), idempotency_key="k-1"), 409, "idempotency-conflict")
    problem(caller.post("items", flag()["item"], idempotency_key="k-1"), 409, "idempotency-conflict")
    assert rows() == before


def test_an_idempotency_key_belongs_to_its_platform(caller: Caller) -> None:
    caller.post("flags", flag(), idempotency_key="k-1")
    other = Caller(key_of(make_platform("lagoon"), Scope.FLAGS_WRITE))
    assert other.post("flags", flag("post-2"), idempotency_key="k-1").status_code == 202
    assert Flag.objects.count() == 2


def test_a_call_that_was_refused_leaves_its_idempotency_key_free(caller: Caller) -> None:
    problem(caller.post("flags", flag(policy="no-such"), idempotency_key="k-1"), 422, "unknown-policy")
    assert caller.post("flags", flag(), idempotency_key="k-1").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_one_idempotency_key_used_at_once_by_many_has_one_effect_and_one_answer(caller: Caller) -> None:
    def call(_: int) -> tuple[int, bytes]:
        try:
            response = caller.post("flags", flag(), idempotency_key="k-1")
            return response.status_code, response.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(call, range(8)))
    assert len(answers) == 1
    assert Flag.objects.count() == Case.objects.count() == IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "ü"])
def test_an_idempotency_key_that_is_none_is_refused(caller: Caller, key: str) -> None:
    before = rows()
    body = problem(caller.post("flags", flag(), idempotency_key=key), 422, "invalid")
    assert body["errors"][0]["loc"] == ["header", "Idempotency-Key"]
    assert rows() == before


def test_a_used_flag_id_with_another_body_is_a_conflict(caller: Caller) -> None:
    caller.post("flags", flag(flag_id="f-1"))
    before = rows()
    body = problem(caller.post("flags", flag("post-2", flag_id="f-1")), 409, "flag-conflict")
    assert body["errors"] == [{"loc": ["flag_id"], "msg": "Used before with another body"}]
    assert rows() == before


def test_an_unknown_policy_is_named_and_nothing_is_kept(before: dict[str, int], caller: Caller) -> None:
    body = problem(caller.post("flags", flag(policy="no-such")), 422, "unknown-policy")
    assert "no-such" in body["detail"]
    assert body["errors"][0]["loc"] == ["policy"]
    assert rows() == before


NOT_A_DATE = "Give the time as a text (RFC 3339), like 2026-11-20T08:00:00Z"


@pytest.mark.parametrize(
    ("changes", "loc", "msg"),
    [
        ({"item_id": 5}, ["item", "id"], "This must be a text"),
        ({"item_id": ""}, ["item", "id"], "String should have at least 1 character"),
        ({"item_id": "a" * 256}, ["item", "id"], "String should have at most 255 characters"),
        ({"item_id": "a\nb"}, ["item", "id"], "An id is 1 to 255 printable characters"),
        ({"item_kind": "post"}, ["item", "kind"], "Input should be 'content', 'account' or 'ad'"),
        ({"item_colour": "red"}, ["item", "colour"], "Nobody knows this field"),
        ({"colour": "red"}, ["colour"], "Nobody knows this field"),
        ({"item_text": "\0"}, ["item", "text"], "A text must not contain NUL (U+0000)"),
        ({"item_text": "a\ud800"}, ["item", "text"], "A text must not contain a lone surrogate (U+D800)"),
        (
            {"metadata": {"a": ["\udfff"]}},
            ["metadata", "a", 0],
            "A text must not contain a lone surrogate (U+DFFF)",
        ),
        (
            {"metadata": {"\0": 1}},
            ["metadata", "\\u0000"],
            "In the name: A text must not contain NUL (U+0000)",
        ),
        ({"item_reach": 2**63}, ["item", "reach"], "An integer must fit in 64 bits"),
        ({"evidence": {"n": -(2**63) - 1}}, ["evidence", "n"], "An integer must fit in 64 bits"),
        ({"item_reach": -1}, ["item", "reach"], "Input should be greater than or equal to 0"),
        ({"item_reach": "12"}, ["item", "reach"], "This must be a whole number"),
        ({"item_reach": True}, ["item", "reach"], "This must be a whole number"),
        ({"score": 1.5}, ["score"], "Input should be less than or equal to 1"),
        ({"score": "0.5"}, ["score"], "This must be a number"),
        ({"score": float("nan")}, ["score"], "NaN is not JSON"),
        ({"score": float("inf")}, ["score"], "Infinity is not JSON"),
        ({"item_language": "klingon!"}, ["item", "language"], "“klingon!” is not a BCP 47 language tag"),
        ({"item_language": "xx-yy"}, ["item", "language"], "“xx-yy” is not a BCP 47 language tag"),
        ({"item_url": "javascript:alert(1)"}, ["item", "url"], "Give a full http:// or https:// address"),
        ({"item_created_at": 1700000000}, ["item", "created_at"], NOT_A_DATE),
        ({"item_created_at": "yesterday"}, ["item", "created_at"], NOT_A_DATE),
        ({"flagged_at": "2026-11-20T08:00:00"}, ["flagged_at"], "The time needs a zone: Z or an offset"),
        (
            {"flagged_at": "0001-01-01T00:00:00+14:00"},
            ["flagged_at"],
            "The time lies outside the years 1900 to 2199",
        ),
        (
            {"item_country": "th"},
            ["item", "country"],
            "A country is two capital letters (ISO 3166-1), like TH",
        ),
        (
            {"item_media": [{"url": "https://example.com/a", "mime": "image/png\n"}]},
            ["item", "media", 0, "mime"],
            "A media type is like image/jpeg",
        ),
        (
            {"item_media": [{"url": "https://example.com/a", "sha256": "abc"}]},
            ["item", "media", 0, "sha256"],
            "A SHA-256 is 64 hexadecimal digits",
        ),
        ({"source": "detector"}, ["detector"], "Name the detector: the source is one"),
        ({"source": None}, ["source"], None),
        ({"evidence": []}, ["evidence"], "This must be an object"),
        ({"item_media": {}}, ["item", "media"], "This must be a list"),
        ({"item_media": [{"mime": "image/png"}]}, ["item", "media", 0, "url"], "This field is required"),
        ({"item_author": {"display_name": "A"}}, ["item", "author", "id"], "This field is required"),
        (
            {"item_kind": "account", "item_author": {"id": "a"}},
            ["item", "author"],
            "An account has no author",
        ),
        (
            {"item_disclosure": "metadata_only"},
            ["item", "text"],
            "A metadata_only item has no content: leave this field out, or say how it was seen",
        ),
        (
            {
                "item_disclosure": "metadata_only",
                "item_text": "",
                "item_media": [{"url": "https://example.com/a.jpg"}],
            },
            ["item", "media"],
            "A metadata_only item has no content: leave this field out, or say how it was seen",
        ),
        (
            {"item_text": "a" * 100_001},
            ["item", "text"],
            "At most 100000 characters; this text has 100001",
        ),
    ],
    ids=str,
)
def test_a_field_that_is_wrong_is_named_and_nothing_is_kept(
    before: dict[str, int], caller: Caller, changes: dict[str, Any], loc: list[str | int], msg: str | None
) -> None:
    body = problem(caller.post("flags", flag(**changes)), 422, "invalid")
    assert [error["loc"] for error in body["errors"]] == [loc]
    if msg is not None:
        assert body["errors"][0]["msg"] == msg
    assert rows() == before


def test_every_wrong_field_is_named_at_once(caller: Caller) -> None:
    sent = flag(item_id=5, source="rumour", score=7)
    del sent["policy"]
    body = problem(caller.post("flags", sent), 422, "invalid")
    assert [error["loc"] for error in body["errors"]] == [["item", "id"], ["source"], ["policy"], ["score"]]


def twice(name: str) -> bytes:
    return json.dumps(flag())[:-1].encode() + f', "{name}": "x"}}'.encode()


@pytest.mark.parametrize(
    ("body", "status", "slug", "words"),
    [
        (b"", 422, "invalid", "The body is empty"),
        (b"{", 400, "malformed", "Not JSON"),
        (b"\xff\xfe{}", 400, "malformed", "Not UTF-8 at byte 0"),
        (b"\xef\xbb\xbf{}", 400, "malformed", "BOM"),
        (b"[" * 90_000, 400, "malformed", "Nested deeper than 32 levels"),
        (b'{"a":' * 90_000, 400, "malformed", "Nested deeper than 32 levels"),
        (b"[" * 40 + b"]" * 40, 422, "invalid", "Nested deeper than 32 levels"),
        (b"[]", 422, "invalid", "This must be an object"),
        (b'{"item": "post-1"}', 422, "invalid", "item: This must be an object"),
        (b"null", 422, "invalid", "This must be an object"),
        (b'{"a":' + b"9" * 100_000 + b"}", 422, "invalid", "a: An integer must fit in 64 bits"),
        (b'{"a": 1e400}', 422, "invalid", "a: A number must be finite"),
        (twice("policy"), 422, "invalid", "policy: This name stands more than once in its object"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_cannot_be_kept_gets_a_clear_answer_and_leaves_nothing(
    before: dict[str, int], caller: Caller, body: bytes, status: int, slug: str, words: str
) -> None:
    response = caller.post("flags", body, content_length=str(len(body)))
    assert words in problem(response, status, slug)["detail"]
    assert rows() == before


def test_a_text_of_2_mb_is_too_large(before: dict[str, int], caller: Caller) -> None:
    body = problem(caller.post("flags", flag(item_text="a" * 2_000_000)), 413, "too-large")
    assert "At most 1000000 bytes" in body["detail"]
    assert rows() == before


def test_a_body_of_unknown_length_is_refused_unread(before: dict[str, int], caller: Caller) -> None:
    response = caller.client.generic(
        "POST",
        "/api/v1/flags",
        json.dumps(flag()).encode(),
        content_type="application/json",
        headers=caller.headers,
        CONTENT_LENGTH="",
    )
    problem(response, 411, "length-required")
    assert rows() == before


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_another_kind_of_body_is_refused(before: dict[str, int], caller: Caller, content_type: str) -> None:
    problem(caller.post("flags", flag(), content_type=content_type), 415, "unsupported-media-type")
    assert rows() == before


def test_a_compressed_single_call_is_refused(caller: Caller) -> None:
    response = caller.post("flags", flag(), content_encoding="gzip")
    problem(response, 415, "unsupported-media-type")
    assert response["Accept-Encoding"] == "identity"


def test_words_in_many_scripts_and_far_planes_are_kept_as_they_are(caller: Caller) -> None:
    text = "สวัสดี مرحبا 🏴\u200d☠️ \u202eabc 𝒳 e\u0301"
    caller.post("flags", flag(item_text=text, metadata={"ключ": [None, 1.5, {"深": True}]}))
    assert Snapshot.objects.get().text == text
    assert Flag.objects.get().metadata == {"ключ": [None, 1.5, {"深": True}]}


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer fl_unknown", "x" * 5000]
)
def test_a_call_without_a_key_is_refused(
    before: dict[str, int], caller: Caller, authorization: str | None
) -> None:
    caller.headers = {} if authorization is None else {"authorization": authorization}
    response = caller.post("flags", flag())
    problem(response, 401, "unauthorized")
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert rows() == before


def test_an_expired_key_is_refused_and_says_so(caller: Caller, platform: Platform) -> None:
    key = key_of(platform, Scope.FLAGS_WRITE, expires_at=timezone.now() - timedelta(seconds=1))
    assert (
        problem(Caller(key).post("flags", flag()), 401, "unauthorized")["detail"] == "This key has expired."
    )
    later = key_of(platform, Scope.FLAGS_WRITE, expires_at=timezone.now() + timedelta(hours=1))
    assert Caller(later).post("flags", flag()).status_code == 202


def test_a_revoked_key_is_refused_and_says_so(before: dict[str, int], caller: Caller) -> None:
    revoke(ApiKey.objects.get())
    assert problem(caller.post("flags", flag()), 401, "unauthorized")["detail"] == "This key was revoked."
    assert rows() == before


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "flags", Scope.FLAGS_WRITE),
        ("POST", "flags/batch", Scope.FLAGS_WRITE),
        ("POST", "items", Scope.ITEMS_WRITE),
        ("POST", "items/batch", Scope.ITEMS_WRITE),
        ("GET", "items/content/post-1", Scope.CASES_READ),
        ("GET", "cases/1", Scope.CASES_READ),
        ("GET", "decisions", Scope.CASES_READ),
    ],
)
def test_a_key_without_the_scope_is_refused(
    before: dict[str, int], platform: Platform, method: str, path: str, scope: Scope
) -> None:
    make_policy()
    others = Caller(key_of(platform, *(set(Scope) - {scope})))
    response = others.get(path) if method == "GET" else others.post(path, flag())
    body = problem(response, 403, "forbidden")
    assert scope.value in body["detail"]
    assert f'scope="{scope.value}"' in response["WWW-Authenticate"]
    assert rows() == before


def test_the_limits_are_those_of_the_settings() -> None:
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE >= settings.API_BODY_BYTES
