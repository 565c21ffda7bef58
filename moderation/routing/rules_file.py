"""The rules as a file: JSON that another desk, or this one later, can take in whole."""

from __future__ import annotations

import json
from typing import Any, Final

from django.utils.translation import gettext

from moderation.ingest import strict_json
from moderation.routing.written import Rule

KIND: Final = "routing rules"
FORMAT: Final = 1
MOST_BYTES: Final = 1_000_000


class BadFile(ValueError):
    """Not a file of routing rules. Says why, and where."""


def write(rules: list[Rule]) -> str:
    """``{"fairlead": "routing rules", "version": 1, "rules": […]}``, laid out for people and for comparing lines."""
    told = {"fairlead": KIND, "version": FORMAT, "rules": rules}
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def read(data: bytes) -> list[Any]:
    """The rules in a file, not checked yet (``rules.check``). Raises BadFile."""
    if len(data) > MOST_BYTES:
        raise BadFile(gettext("The file is larger than a megabyte"))
    try:
        told = strict_json.read(data.removeprefix(b"\xef\xbb\xbf"))
    except strict_json.Malformed as error:
        raise BadFile(str(error)) from error
    except strict_json.Refused as error:
        where, words = error.errors[0]
        raise BadFile(f"{'.'.join(str(part) for part in where)}: {words}") from error
    if not isinstance(told, dict) or told.get("fairlead") != KIND:
        raise BadFile(gettext("This is not a file of routing rules: it does not begin with “fairlead”"))
    if told.get("version") != FORMAT:
        raise BadFile(
            gettext("This file is in a form that is not known here; known is %(known)s") % {"known": FORMAT}
        )
    if not isinstance(told.get("rules"), list):
        raise BadFile(gettext("There is no list of rules in it"))
    rules: list[Any] = told["rules"]
    return rules
