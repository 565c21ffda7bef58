"""The API as uvicorn serves it: real sockets, chunked bodies, answers that stream."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings

from accounts.models import Platform, Scope
from config import body_limit
from moderation.api import batches
from moderation.models import Case, Flag
from tests.calling import NDJSON, flag, key_of, ndjson
from tests.factories import make_platform, make_policy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def platform(desk: str) -> Platform:
    make_policy()
    return make_platform()


@pytest.fixture
def client(desk: str, platform: Platform) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {key_of(platform, *Scope)}"}
    with httpx.Client(base_url=f"{desk}/api/v1/", headers=headers, timeout=60) as client:
        yield client


def test_a_batch_is_answered_in_chunks_and_in_order_while_it_is_worked_through(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LINES_AT_A_TIME", 5)
    body = ndjson(*(flag(f"post-{n}", flag_id=f"f-{n}") if n % 3 else b"{" for n in range(60)))
    headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
    with client.stream("POST", "flags/batch", content=gzip.compress(body), headers=headers) as response:
        assert (response.status_code, response.headers["Transfer-Encoding"]) == (200, "chunked")
        chunks = response.iter_raw()
        first = next(chunks)
        # What was answered is kept already; most of the rest has not been looked at.
        assert len(first.splitlines()) <= 5
        assert Flag.objects.count() < 40
        answers = [json.loads(line) for line in (first + b"".join(chunks)).splitlines()]
    assert [answer["line"] for answer in answers] == list(range(1, 61))
    assert sum("error" in answer for answer in answers) == 20
    assert Flag.objects.count() == 40


def test_a_batch_of_unknown_length_is_taken(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(20):
            yield ndjson(flag(f"post-{number}"))

    response = client.post("flags/batch", content=pieces(), headers={"Content-Type": NDJSON})
    assert len(response.text.splitlines()) == 20
    assert Flag.objects.count() == 20


def test_a_single_call_of_unknown_length_is_refused(client: httpx.Client) -> None:
    response = client.post(
        "flags", content=iter([json.dumps(flag()).encode()]), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 411
    assert not Flag.objects.exists()


def test_160_flags_on_one_item_by_16_callers_at_once_over_http(client: httpx.Client) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda n: client.post("flags", json=flag(flag_id=f"f-{n}")), range(160)))
    assert {answer.status_code for answer in answers} == {202}
    assert Case.objects.get().flags.count() == 160
    assert Case.objects.get().reasons["priority"][-1] == [40, "160 flags"]


def raw(desk: str, *parts: bytes) -> bytes:
    """What the desk answers to these bytes, until it closes the connection or has said it all."""
    address = urlsplit(desk)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as line:
        for part in parts:
            line.sendall(part)
        answer = b""
        while piece := line.recv(65_536):
            answer += piece
        return answer


HEAD = b"POST /api/v1/flags/batch HTTP/1.1\r\nHost: localhost\r\n"


def test_a_body_that_says_it_is_too_large_is_refused_before_any_of_it_comes(desk: str) -> None:
    length = str(settings.API_BATCH_BYTES + 1).encode()
    answer = raw(desk, HEAD + b"Content-Length: " + length + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert b"#too-large" in answer


def test_a_body_that_turns_out_too_large_is_refused_while_it_comes(
    desk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config.asgi import application

    limit = application.application_mapping["http"]
    assert isinstance(limit, body_limit.BodyLimit)
    monkeypatch.setattr(limit, "most", 4 * 65_536)
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    # One byte too many, and nothing left unread: what closes on unread bytes may reset the line before it is heard.
    answer = raw(desk, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 4, b"1\r\nx\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"At most 262144 bytes" in answer


def test_a_caller_who_leaves_in_the_middle_keeps_what_was_answered_and_the_desk_goes_on(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LINES_AT_A_TIME", 1)
    body = ndjson(*(flag(f"post-{n}", flag_id=f"f-{n}") for n in range(60)))
    with client.stream("POST", "flags/batch", content=body, headers={"Content-Type": NDJSON}) as response:
        first = json.loads(next(response.iter_lines()))
    assert Flag.objects.filter(flag_id=first["flag_id"]).exists()
    again = client.post("flags/batch", content=body, headers={"Content-Type": NDJSON})
    assert len(again.text.splitlines()) == 60
    assert Flag.objects.count() == 60


def test_the_page_of_the_api_obeys_the_strict_policy(desk: str) -> None:
    response = httpx.get(f"{desk}/api/v1/docs")
    assert response.status_code == 200
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
