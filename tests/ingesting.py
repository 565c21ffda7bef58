"""Sending to the desk without the API in between: what ingest itself does of a flag."""

from __future__ import annotations

from typing import Any

from accounts.models import Platform
from moderation import audit
from moderation.ingest.flags import Ingested, ingest_flag
from moderation.ingest.schemas import FlagIn
from tests.calling import flag

AUTHOR = {"id": "acct-1", "display_name": "نور", "metadata": {"language": "ar"}}


def ingest(platform: Platform, item: str = "post-1", **changes: Any) -> Ingested:
    sent = FlagIn.model_validate(flag(item, **changes))
    return ingest_flag(platform, sent, audit.platform(platform))
