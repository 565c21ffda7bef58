"""The way in by a typed code: which statement a code and an account's name open together."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

from django.utils.crypto import constant_time_compare

from moderation.models import Snapshot, Statement

# Of an account that changes its name, so many of its latest names are good.
MOST_NAMES: Final = 20
NOBODY: Final = 0  # the id of no item


def statement_for(code: str, account: str) -> Statement | None:
    """The statement with this code, if ``account`` is its recipient's platform id or display name.

    The same two statements of SQL and the same comparisons are made whether the code exists or not: how long the
    answer takes says nothing about which of the two was wrong.
    """
    statement = Statement.objects.select_related("recipient").filter(appeal_code=code).first()
    names = list(
        Snapshot.objects.filter(item_id=statement.recipient_id if statement else NOBODY)
        .order_by("-pk")
        .values_list("display_name", flat=True)[:MOST_NAMES]
    )
    names += [""] * (MOST_NAMES - len(names)) + [statement.recipient.external_id if statement else ""]
    typed = _digest(account)
    # Every name is compared, whichever was right.
    matches = [constant_time_compare(_digest(name), typed) and bool(_folded(name)) for name in names]
    return statement if any(matches) else None


def _digest(name: str) -> bytes:
    return hashlib.sha256(_folded(name).encode("utf-8", "replace")).digest()


def _folded(name: str) -> str:
    """As people type a name: without the sign before it, whatever the case, width or spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().removeprefix("@").split())
