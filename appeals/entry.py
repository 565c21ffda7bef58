"""The way in by a typed code: whom a code and an account's name or contact let in together."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

from django.utils.crypto import constant_time_compare

from appeals.opening import Party, party_of
from moderation.models import Item, NoticeReply, Snapshot, Statement

# Of an account that changes its name, so many of its latest names are good.
MOST_NAMES: Final = 20
NOBODY: Final = 0  # the id of no item


def party_for(code: str, account: str) -> Party | None:
    """Whoever was sent this code, if ``account`` is her platform id, display name, e-mail address or phone number, or
    the number of the report that she sent.

    The same statements of SQL and the same comparisons are made whether the code exists or not: how long the answer
    takes says nothing about which of the two was wrong.
    """
    statement = Statement.objects.select_related("recipient").filter(appeal_code=code).first()
    reply = NoticeReply.objects.select_related("flag__notifier").filter(appeal_code=code).first()
    item = statement.recipient if statement else reply.flag.notifier if reply else None
    names = list(
        Snapshot.objects.filter(item_id=item.pk if item else NOBODY)
        .order_by("-pk")
        .values_list("display_name", flat=True)[:MOST_NAMES]
    )
    names += [""] * (MOST_NAMES - len(names))
    names += [*_known_by(item), reply.flag.flag_id if reply else ""]
    typed = _digest(account)
    # Every name is compared, whichever was right.
    matches = [constant_time_compare(_digest(name), typed) and bool(_folded(name)) for name in names]
    party = party_of(
        statement.decision_id if statement else reply.decision_id if reply else NOBODY,
        reply.flag_id if reply and not statement else None,
    )
    return party if any(matches) else None


def _known_by(item: Item | None) -> tuple[str, str]:
    return (item.external_id, item.contact) if item else ("", "")


def _digest(name: str) -> bytes:
    return hashlib.sha256(_folded(name).encode("utf-8", "replace")).digest()


def _folded(name: str) -> str:
    """As people type a name: without the sign before it, whatever the case, width or spaces; of a phone number, the
    digits.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().removeprefix("@").split())
    digits = "".join(
        str(unicodedata.decimal(each)) for each in plain if unicodedata.decimal(each, None) is not None
    )
    is_phone = len(digits) >= 7 and not any(each.isalpha() for each in plain)
    return digits.lstrip("0") if is_phone else plain
