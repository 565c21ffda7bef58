"""A batch: NDJSON in and NDJSON out, one answer a line and in order, both as streams."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse
from pydantic import BaseModel

from moderation.api.bodies import check_media_type
from moderation.api.idempotency import refuse_key
from moderation.api.problems import INTERNAL, UNSUPPORTED, Problem, explain
from moderation.ingest import batch

log = logging.getLogger(__name__)

NDJSON: Final = "application/x-ndjson"
ALSO_NDJSON: Final = ("application/jsonl", "application/ndjson")
# Answers are sent on after so many lines or so long, whichever comes first.
LINES_AT_A_TIME: Final = 100
SECONDS_AT_A_TIME: Final = 0.25


def answer_batch(request: HttpRequest, take: Callable[[bytes], BaseModel]) -> StreamingHttpResponse:
    """Call ``take`` with each line and answer each with what it returns, or with the problem that it raised.

    Each line stands alone: ``take`` has its own transaction, and a bad line never stops the others.
    Raises Problem (415, 422) before anything is read.
    """
    check_media_type(request, (NDJSON, *ALSO_NDJSON))
    refuse_key(request)
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip"):
        raise Problem(
            UNSUPPORTED,
            f"A batch comes as it is or compressed with gzip; this one with {coding[:40]}",
            headers={"Accept-Encoding": "gzip"},
        )
    answers = _answers(request, take, gzip=coding == "gzip")
    # A plain iterator would be read to its end before the first byte goes out under ASGI, and the other way round.
    content = _in_turns(answers) if isinstance(request, ASGIRequest) else answers
    return StreamingHttpResponse(content, content_type=NDJSON, headers={"X-Accel-Buffering": "no"})


def _answers(request: HttpRequest, take: Callable[[bytes], BaseModel], *, gzip: bool) -> Iterator[bytes]:
    lines = batch.lines(
        iter(lambda: request.read(batch.PIECE), b""),
        gzip=gzip,
        most_bytes=settings.API_BATCH_BYTES,
        most_lines=settings.API_BATCH_LINES,
        most_line_bytes=settings.API_BODY_BYTES,
    )
    for number, line in lines:
        answer = json.dumps({"line": number} | _answer(line, take))
        yield answer.encode() + b"\n"


def _answer(line: bytes | batch.Unreadable, take: Callable[[bytes], BaseModel]) -> dict[str, Any]:
    try:
        if isinstance(line, batch.Unreadable):
            raise line
        return take(line).model_dump(mode="json")
    except Exception as error:
        problem = explain(error)
        if problem is None:
            log.exception("A line of a batch failed")
            close_old_connections()  # one that broke would fail all lines that follow
            problem = Problem(INTERNAL, "The fault is ours; send this line again")
        return {"error": problem.as_json()}


async def _in_turns(answers: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The answers a handful at a time, made in the thread that has the request's database connection."""
    while some := await sync_to_async(_handful)(answers):
        yield some


def _handful(answers: Iterator[bytes]) -> bytes:
    made: list[bytes] = []
    until = time.monotonic() + SECONDS_AT_A_TIME
    for answer in answers:
        made.append(answer)
        if len(made) >= LINES_AT_A_TIME or time.monotonic() >= until:
            break
    return b"".join(made)
