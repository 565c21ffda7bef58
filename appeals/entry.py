"""The way in by a typed code: whom a code and an account's name or contact let in together."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.crypto import constant_time_compare

from appeals.opening import Party, party_of
from moderation.models import NoticeReply, Snapshot, Statement

# Of an account that changes its name, so many of its latest names are good.
MOST_NAMES: Final = 20
NOBODY: Final = 0  # the id of no item


@dataclass(frozen=True)
class _Sent:
    """Who was sent a code, and for what. ``number``: of the report that she sent (``notice``: the flag's id)."""

    decision: int = NOBODY
    account: int | None = NOBODY
    external_id: str = ""
    contact: str = ""
    notice: int | None = None
    number: str = ""


def party_for(code: str, account: str) -> Party | None:
    """Whoever was sent this code, if ``account`` is her platform id, display name, e-mail address or phone number, or
    the number of the report that she sent.

    Until all of it is right, the same statements of SQL and the same comparisons are made whether the code exists or
    not: how long the answer takes says nothing about which of the two was wrong (``python -m bench.codes``).
    """
    sent = _sent_with(code)
    names = [*_names_of(sent), sent.external_id, sent.contact, sent.number]
    typed = _digest(account)
    # Every name is compared, whichever was right.
    matches = [constant_time_compare(_digest(name), typed) and bool(_folded(name)) for name in names]
    return party_of(sent.decision, sent.notice) if any(matches) else None


def _sent_with(code: str) -> _Sent:
    """Both tables are asked, whichever has it."""
    statement = (
        Statement.objects.filter(appeal_code=code)
        .values_list("decision", "recipient", "recipient__external_id", "recipient__contact")
        .first()
    )
    reply = (
        NoticeReply.objects.filter(appeal_code=code)
        .values_list(
            "decision",
            "flag__notifier",
            "flag__notifier__external_id",
            "flag__notifier__contact",
            "flag_id",
            "flag__flag_id",
        )
        .first()
    )
    if statement is not None:
        return _Sent(*statement)
    if reply is not None:
        decision, notifier, external_id, contact, notice, number = reply
        return _Sent(decision, notifier, external_id or "", contact or "", notice, number)
    return _Sent()


def _names_of(sent: _Sent) -> list[str]:
    """As many names whoever it is, empty ones where there are no more."""
    latest = Snapshot.objects.filter(item=sent.account or NOBODY).order_by("-pk")
    names = list(latest.values_list("display_name", flat=True)[:MOST_NAMES])
    return names + [""] * (MOST_NAMES - len(names))


def _digest(name: str) -> bytes:
    return hashlib.sha256(_folded(name).encode("utf-8", "replace")).digest()


def _folded(name: str) -> str:
    """As people type a name: without the sign before it, whatever the case, width, spaces, or marks that nobody sees (a
    name that is copied from a message brings those of direction along); of a phone number, the digits.
    """
    seen = "".join(each for each in name if unicodedata.category(each) != "Cf")
    plain = " ".join(unicodedata.normalize("NFKC", seen).casefold().removeprefix("@").split())
    digits = "".join(
        str(unicodedata.decimal(each)) for each in plain if unicodedata.decimal(each, None) is not None
    )
    is_phone = len(digits) >= 7 and not any(each.isalpha() for each in plain)
    return digits.lstrip("0") if is_phone else plain
