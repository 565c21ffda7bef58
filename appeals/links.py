"""The way in without an account: the signed link and the short code that stand in a statement of reasons.

The link is derived from the decision, because it is written into the statement in the transaction that makes the
decision. It carries no time: until when it is good stands with the statement, where it can be read and not forged.
"""

from __future__ import annotations

import calendar
import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from moderation.hookspecs import Redress, hookimpl
from moderation.models import Decision, Flag, NoticeReply, Statement

SALT: Final = "appeals.link"

# DSA Art. 20(2): at least six months from the day on which the person is informed. The day more is for time zones:
# her last day ends as much as twelve hours later than ours.
MONTHS: Final = 6
GRACE: Final = timedelta(days=1)

# Digits, and the capital letters that look like no digit and like no other letter: whatever else is typed is read as
# what it looks like. 29 is prime, so that the weighted sum below catches each single wrong character and each two
# that changed places.
ALPHABET: Final = "0123456789ACDEFGHJKMNPQRTVWXY"
LOOK_ALIKES: Final = str.maketrans("OILSZBU", "011528V")
CODE_LENGTH: Final = 10
# What is signed: ids as they are written by token_for, and of no more digits than a table takes.
_NAMED: Final = re.compile(r"([1-9][0-9]{0,17})(?:-([1-9][0-9]{0,17}))?")
_HALF: Final = CODE_LENGTH // 2


class BadLink(ValueError):
    """The link was not made by this desk, or not whole."""


class BadCode(ValueError):
    """No code can look like this: a character is wrong, missing or too many."""


def token_for(decision_id: int, notice: int | None = None) -> str:
    """Of the person affected; with ``notice`` (a flag's id) of whoever sent it."""
    return _signer().sign(str(decision_id) if notice is None else f"{decision_id}-{notice}")


def opened_by(token: str) -> tuple[int, int | None]:
    """The decision's id, and that of the notice where one was sent. Raises BadLink."""
    try:
        named = _NAMED.fullmatch(_signer().unsign(token))
    except signing.BadSignature as error:
        raise BadLink from error
    if named is None:
        raise BadLink
    decision, notice = named.groups()
    return int(decision), int(notice) if notice else None


def link_for(decision_id: int, notice: int | None = None) -> str:
    """The absolute address of the page that a person appeals on."""
    return f"{settings.FAIRLEAD_URL}{reverse('appeal', args=[token_for(decision_id, notice)])}"


def status_link_for(decision_id: int, notice: int | None = None) -> str:
    return f"{settings.FAIRLEAD_URL}{reverse('appeal-status', args=[token_for(decision_id, notice)])}"


def new_code() -> str:
    """A code that no statement and no answer to a notice has: 43 random bits and a check character.

    Printed as two groups of five.
    """
    return new_codes(1)[0]


def new_codes(count: int) -> list[str]:
    """So many different ones, with two statements of SQL."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        drawn = {_drawn() for _ in range(count - len(codes))} - codes.keys()
        for table in (Statement, NoticeReply):
            drawn -= set(table.objects.filter(appeal_code__in=drawn).values_list("appeal_code", flat=True))
        codes.update(dict.fromkeys(drawn))
    return list(codes)


def read_code(typed: str) -> str:
    """The code as it is stored, from what somebody typed: any case, spaces, dashes, look-alikes and digits of any
    script. Raises BadCode without asking the tables: a slip of the finger is not an attempt.
    """
    plain = "".join(
        str(unicodedata.decimal(character, character))
        for character in unicodedata.normalize("NFKC", typed).upper()
        if unicodedata.category(character)[0] in "LN"
    ).translate(LOOK_ALIKES)
    try:
        values = [ALPHABET.index(character) for character in plain]
    except ValueError as error:
        raise BadCode from error
    if len(values) != CODE_LENGTH or _weighted(values) % len(ALPHABET):
        raise BadCode
    return _printed(plain)


def appeal_until(told_at: datetime) -> datetime:
    """The end (UTC) of the day after six calendar months (the last day of the month where it has no such day).

    She is told the day, and may take all of it.
    """
    years, month = divmod(told_at.month - 1 + MONTHS, 12)
    year, month = told_at.year + years, month + 1
    day = min(told_at.day, calendar.monthrange(year, month)[1])
    return (
        told_at.replace(year=year, month=month, day=day, hour=23, minute=59, second=59, microsecond=0) + GRACE
    )


@hookimpl
def redress(decision: Decision, notices: Sequence[Flag | None]) -> list[Redress]:
    until = appeal_until(timezone.now())
    return [
        Redress(url=link_for(decision.pk, notice.pk if notice else None), code=code, until=until)
        for notice, code in zip(notices, new_codes(len(notices)), strict=True)
    ]


def _drawn() -> str:
    values = [secrets.randbelow(len(ALPHABET)) for _ in range(CODE_LENGTH - 1)]
    values.append(-_weighted(values) * pow(CODE_LENGTH, -1, len(ALPHABET)) % len(ALPHABET))
    return _printed("".join(ALPHABET[value] for value in values))


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT, sep=".")


def _weighted(values: list[int]) -> int:
    return sum(weight * value for weight, value in enumerate(values, start=1))


def _printed(code: str) -> str:
    return f"{code[:_HALF]}-{code[_HALF:]}"
