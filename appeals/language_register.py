"""The register of languages (locale/register.json): how each of the public pages was made, and who has checked it.

``manage.py catalogues --record`` keeps it in step with the catalogues (config/languages/register.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Entry:
    """A language: how it was made and when (ISO 8601), how it was checked since, and how much it holds.

    ``read_again``: who compared it with the English a second time, and when. ``native``: which native reader has
    checked it, and when; empty: nobody yet. ``digest``: of the texts when this line was last written.
    """

    code: str
    tag: str
    endonym: str
    english: str
    made: str
    made_on: str
    checked: str
    read_again: str
    native: str
    texts: int
    digest: str


def path() -> Path:
    return Path(settings.LOCALE_PATHS[0]) / "register.json"


def read() -> list[Entry]:
    return [Entry(**row) for row in json.loads(path().read_text(encoding="utf-8"))]


@lru_cache(maxsize=1)
def checked_by_natives() -> frozenset[str]:
    """The codes of the languages that somebody who grew up with them has checked: English is one."""
    return frozenset({entry.code for entry in read() if entry.native} | {settings.LANGUAGE_CODE})
