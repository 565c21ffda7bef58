"""A call that is repeated with its ``Idempotency-Key`` has one effect and one answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from pydantic import BaseModel

from moderation.api.keys import ApiRequest
from moderation.api.problems import IDEMPOTENCY_CONFLICT, Problem, invalid
from moderation.models import IdempotencyKey

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 255
ACCEPTED: Final = 202


def once(request: ApiRequest, effect: Callable[[], BaseModel]) -> HttpResponse:
    """Do ``effect`` and answer 202 with what it returns; for a key that was used with this call, only answer.

    The key is written before the effect and in its transaction: of two calls at once the second waits for the first,
    and a call that failed leaves no key. Raises Problem (409, 422) and whatever ``effect`` raises.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _answer(effect().model_dump(mode="json"))
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise invalid([(("header", HEADER), f"1 to {LONGEST} printable ASCII characters")])
    digest = _digest(request)
    with transaction.atomic():
        row, is_new = IdempotencyKey.objects.get_or_create(
            platform=request.auth.platform,
            key=key,
            defaults={"body_digest": digest, "status": ACCEPTED, "answer": {}},
        )
        if is_new:
            row.answer = effect().model_dump(mode="json")
            row.save(update_fields=["answer"])
    if row.body_digest != digest:
        raise Problem(IDEMPOTENCY_CONFLICT, "This Idempotency-Key was used before for another call")
    return _answer(row.answer, {} if is_new else {"Idempotent-Replayed": "true"})


def _answer(answer: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    """Names are sorted: the table does not keep their order, and an answer is repeated to the byte."""
    return JsonResponse(answer, status=ACCEPTED, headers=headers, json_dumps_params={"sort_keys": True})


def refuse_key(request: HttpRequest) -> None:
    """A batch is repeated line by line: its flags carry their flag_id. Raises Problem (422)."""
    if HEADER in request.headers:
        raise invalid(
            [
                (
                    ("header", HEADER),
                    "A batch takes none: give each flag its flag_id; the same item counts once anyway",
                )
            ]
        )


def _digest(request: HttpRequest) -> str:
    """SHA-256, in hex, over method, path and body."""
    call = b"\n".join([str(request.method).encode(), request.get_full_path().encode(), request.body])
    return hashlib.sha256(call).hexdigest()
