"""The body of a single call: JSON, and nothing that only looks like it."""

from __future__ import annotations

from typing import Any, Final, cast

from django.http import HttpRequest
from ninja.parser import Parser

from moderation.api.problems import UNSUPPORTED, Problem
from moderation.ingest import strict_json

JSON: Final = "application/json"


class StrictParser(Parser):
    """Reads the bodies of all single calls. What it raises reaches the caller through ``problems.explain``."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Raises Problem (415), Malformed, Refused. The schema refuses what is no object."""
        check_media_type(request, (JSON,))
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Problem(
                UNSUPPORTED, "A single call is not compressed", headers={"Accept-Encoding": "identity"}
            )
        return cast(dict[str, Any], strict_json.read(request.body))


def check_media_type(request: HttpRequest, accepted: tuple[str, ...]) -> None:
    """Raises Problem (415) unless Content-Type is one of these, in UTF-8."""
    if request.content_type not in accepted:
        given = request.content_type or "none"
        raise Problem(
            UNSUPPORTED,
            f"Send Content-Type: {accepted[0]}; this body has {given[:100]}",
            headers={"Accept": accepted[0]},
        )
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise Problem(UNSUPPORTED, f"Send UTF-8; this body has the charset {charset[:40]}")
