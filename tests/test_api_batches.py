"""POST /flags/batch and /items/batch: NDJSON in and out as streams, each line on its own."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from moderation.ingest.batch import Unreadable, lines
from moderation.models import Case, Flag, Item
from tests.calling import NDJSON, Caller, flag, ndjson, problem, rows
from tests.factories import make_policy


@pytest.fixture
def caller(api_key: str) -> Caller:
    make_policy()
    return Caller(api_key)


@pytest.fixture
def before(db: None) -> dict[str, int]:
    """How many rows there were before the test did anything."""
    return rows()


@pytest.mark.django_db
def test_every_third_line_broken_leaves_the_others_kept_and_is_answered_in_its_place(caller: Caller) -> None:
    broken: list[Any] = [
        b"{",
        flag(policy="no-such"),
        flag(item_text="\ud800"),
        flag(item_text="\0"),
        b"\xff",
        flag(item_id=5),
        flag("another", flag_id="f-1"),
        b"[" * 50_000,
        flag(item_text="a" * 100_001),
        flag(item_text="a" * 1_000_001),
    ]
    sent: list[Any] = []
    for number, bad in enumerate(broken):
        sent += [flag(f"post-{number}", flag_id=f"f-{number}"), flag("hot"), bad]

    answers = caller.batch("flags/batch", ndjson(*sent))

    assert [answer["line"] for answer in answers] == list(range(1, 31))
    problems = [answer["error"] for answer in answers[2::3]]
    assert [each["type"].rsplit("#")[1] for each in problems] == [
        "malformed",
        "unknown-policy",
        "invalid",
        "invalid",
        "malformed",
        "invalid",
        "flag-conflict",
        "malformed",
        "invalid",
        "too-large",
    ]
    assert problems[2]["errors"][0]["loc"] == ["item", "text"]
    good = answers[0::3] + answers[1::3]
    assert [set(answer) for answer in good] == [{"line", "flag_id", "case_id", "duplicate"}] * 20
    assert [answer["flag_id"] for answer in answers[0::3]] == [f"f-{number}" for number in range(10)]
    assert len({answer["case_id"] for answer in answers[1::3]}) == 1
    assert (Flag.objects.count(), Case.objects.count(), Item.objects.count()) == (20, 11, 11)


@pytest.mark.django_db
def test_a_batch_sent_again_whole_counts_once(caller: Caller) -> None:
    body = ndjson(*(flag(f"post-{number}", flag_id=f"f-{number}") for number in range(5)))
    first = caller.batch("flags/batch", body)
    before = rows()
    again = caller.batch("flags/batch", body)
    assert again == [answer | {"duplicate": True} for answer in first]
    assert rows() == before


@pytest.mark.django_db
def test_a_batch_may_be_compressed_and_end_without_a_newline(caller: Caller) -> None:
    body = ndjson(flag("post-1"), b"", b"  ", flag("post-2")).rstrip(b"\n")
    answers = caller.batch("flags/batch", gzip.compress(body), content_encoding="gzip")
    assert [answer["line"] for answer in answers] == [1, 4]
    assert Flag.objects.count() == 2


@pytest.mark.django_db
def test_items_come_in_batches_too(caller: Caller) -> None:
    items = [flag(f"post-{number % 3}")["item"] for number in range(4)]
    answers = caller.batch(
        "items/batch", ndjson(*items, {"external_id": "x", "kind": "content", "text": "y"})
    )
    assert answers[0]["item_id"] == answers[3]["item_id"]
    assert answers[0]["snapshot_id"] == answers[3]["snapshot_id"]
    assert Item.objects.count() == 3
    assert answers[4]["error"]["errors"] == [
        {"loc": ["id"], "msg": "This field is required"},
        {"loc": ["external_id"], "msg": "Nobody knows this field"},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "status", "slug"),
    [
        ({"content_type": "application/json"}, 415, "unsupported-media-type"),
        ({"content_type": NDJSON, "content_encoding": "br"}, 415, "unsupported-media-type"),
        ({"content_type": NDJSON, "idempotency_key": "k"}, 422, "invalid"),
        ({"content_type": NDJSON, "content_length": "64000001"}, 413, "too-large"),
    ],
)
def test_a_batch_that_is_refused_is_refused_before_it_is_read(
    before: dict[str, int], caller: Caller, headers: dict[str, str], status: int, slug: str
) -> None:
    problem(caller.post("flags/batch", ndjson(flag()), **headers), status, slug)
    assert rows() == before


@pytest.mark.django_db
@override_settings(API_BATCH_LINES=2)
def test_more_lines_than_allowed_are_not_read(caller: Caller) -> None:
    answers = caller.batch("flags/batch", ndjson(*(flag(f"post-{number}") for number in range(5))))
    assert [answer["line"] for answer in answers] == [1, 2, 3]
    assert "At most 2 lines" in answers[2]["error"]["detail"]
    assert Flag.objects.count() == 2


@pytest.mark.django_db
def test_a_zip_bomb_stops_where_it_unfolds_to_more_than_is_allowed(caller: Caller) -> None:
    bomb = gzip.compress(ndjson(flag()) + (b" " * 900_000 + b"\n") * 80)
    assert len(bomb) < 100_000
    answers = caller.batch("flags/batch", bomb, content_encoding="gzip")
    assert [set(answer) for answer in answers] == [
        {"line", "flag_id", "case_id", "duplicate"},
        {"line", "error"},
    ]
    assert answers[1]["error"]["detail"] == "At most 64000000 bytes a batch"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda body: body[:-6], "The gzip stream ends before its end"),
        (lambda body: body[:60] + b"\0" * 30 + body[90:], "Not gzip from here on"),
        (lambda body: b"no gzip at all", "Not gzip from here on"),
        (lambda body: body + b"tail", "Not gzip from here on"),
    ],
)
def test_a_broken_compression_is_answered_where_it_breaks(caller: Caller, damage: Any, words: str) -> None:
    body = gzip.compress(ndjson(*(flag(f"post-{number}") for number in range(3))))
    answers = caller.batch("flags/batch", damage(body), content_encoding="gzip")
    assert answers[-1]["error"]["detail"].startswith(words)
    assert len(answers) - 1 == Flag.objects.count()


def terminate(backend: int) -> None:
    """End a connection from outside, as a restart of the server does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_costs_one_line_which_is_answered_as_our_fault(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    sent = ndjson(*(flag(f"post-{number}", flag_id=f"f-{number}") for number in range(3)))
    response = caller.post("flags/batch", sent, content_type=NDJSON)
    lines = iter(response.streaming_content)
    answers = [next(lines)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(terminate, backend).result()
    answers += lines
    assert [json.loads(answer).get("error", {}).get("status") for answer in answers] == [None, 500, None]
    assert set(Flag.objects.values_list("flag_id", flat=True)) == {"f-0", "f-2"}
    assert set(Item.objects.values_list("external_id", flat=True)) == {"post-0", "post-2"}
    assert "A line of a batch failed" in caplog.text


LIMITS = {"most_bytes": 10**9, "most_lines": 10**9, "most_line_bytes": 1000}


def test_reading_takes_little_memory_however_long_the_batch_or_a_line() -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(500):
            yield b"x" * 65_536  # one line of 32 MB
        yield b"\n"
        for _ in range(100):
            yield b'{"a": "12345678901234567890"}\n' * 2_000  # 6 MB of short ones

    tracemalloc.start()
    count = sum(1 for _ in lines(pieces(), gzip=False, **LIMITS))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1 + 100 * 2_000
    assert peak < 2_000_000


def test_unfolding_takes_little_memory_however_much_comes_out() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(b"x" * 1_000_000) for _ in range(200)) + packer.flush()
    tracemalloc.start()
    found = list(lines([bomb], gzip=True, **LIMITS | {"most_bytes": 150_000_000}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [type(line) for _, line in found] == [Unreadable]
    assert peak < 3_000_000


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("compressed", [False, True])
def test_lines_are_the_same_however_the_bytes_arrive(size: int, compressed: bool) -> None:
    whole = b'{"a": 1}\n\n' + b"y" * 1000 + b"\n" + b"z" * 1001 + b"\r\n  \n{}\n" + b"end"
    body = gzip.compress(whole[:900]) + gzip.compress(whole[900:]) if compressed else whole
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    found = [
        (number, "too long" if isinstance(line, Unreadable) else line)
        for number, line in lines(pieces, gzip=compressed, **LIMITS)
    ]
    assert found == [(1, b'{"a": 1}'), (3, b"y" * 1000), (4, "too long"), (6, b"{}"), (7, b"end")]
