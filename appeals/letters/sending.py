"""Sending letters: what is due is taken, rescheduled, spoken to the mail server with no transaction open, and marked.

A letter is rescheduled *before* it is sent, to the end of a lease: whoever dies with it leaves it to be sent again. It
keeps its Message-ID, by which a mailbox knows it for the same one. SMTP allows no more: a server that took a letter and
could not say so takes it twice.
"""

from __future__ import annotations

import logging
import re
import smtplib
import time
from contextlib import suppress
from datetime import timedelta
from email.utils import formatdate, parseaddr
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from appeals.models import Letter
from moderation import audit, bells

log = logging.getLogger(__name__)

SEND: Final = "appeals.letters.sending.send_due"
QUEUE: Final = "letters"
Status = Letter.Status

# The waits after the first failure, the second, and so on: about three days, and then somebody looks at it.
WAITS: Final = tuple(
    timedelta(minutes=each) for each in (1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 18 * 60, 22 * 60)
)
# Longer than one attempt can take: connecting, speaking and hanging up each end after settings.EMAIL_TIMEOUT.
LEASE: Final = timedelta(minutes=3)
# A run takes up nothing new after this.
RUN_SECONDS: Final = 60
MOST_ERROR: Final = 300
PERMANENT: Final = range(500, 600)


class GivenUp(Exception):
    """It can never be sent as it is: the mail server refuses the address for good, or there is none any more."""


def send_due() -> int:
    """Worker entry and timer: send until nothing is due, or for about RUN_SECONDS. How many were sent."""
    if not settings.EMAIL_URL:
        return 0
    until = time.monotonic() + RUN_SECONDS
    sent = 0
    with _Post() as post:
        while time.monotonic() < until:
            letter = _take()
            if letter is None:
                return sent
            if not _reached(post, letter):
                # The timer tries again soon: a server that is away is not asked for each letter that waits.
                return sent
            sent += _send(post, letter)
    if due().exists():
        bells.work_waits(SEND, QUEUE)
    return sent


def sweep_letters() -> bool:
    """Ring for what is due and nobody rang for: retries, and what a killed worker had in hand."""
    waits = bool(settings.EMAIL_URL) and due().exists()
    if waits:
        bells.work_waits(SEND, QUEUE)
    return waits


def due() -> QuerySet[Letter]:
    """What may be sent now. Of one appeal the first goes first: nobody reads of the answer before the question."""
    earlier = Letter.objects.filter(appeal=OuterRef("appeal"), pk__lt=OuterRef("pk"), status=Status.PENDING)
    return Letter.objects.filter(~Exists(earlier), status=Status.PENDING, next_attempt_at__lte=timezone.now())


@transaction.atomic
def retry(letter: Letter, by: audit.Actor) -> None:
    """Try a letter that was given up again, as if it were new. Nothing happens to others."""
    again = Letter.objects.filter(pk=letter.pk, status=Status.FAILED).exclude(to="")
    if again.update(status=Status.PENDING, attempts=0, next_attempt_at=timezone.now()):
        _record("letter.retried", by, letter)
        bells.work_waits(SEND, QUEUE)


def message_of(letter: Letter) -> EmailMessage:
    """The letter as it goes out: plain text in UTF-8, from a machine, the same each time."""
    return EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.to],
        headers={
            "Message-ID": _message_id(letter),
            "Date": formatdate(letter.written_at.timestamp()),
            "Content-Language": letter.language,
            # RFC 3834: no answering machine answers it.
            "Auto-Submitted": "auto-generated",
        },
    )


class _Post:
    """The connection to the mail server: opened for the first letter, and again after each failure."""

    def __init__(self) -> None:
        self._connection: Any = None

    def reach(self) -> None:
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection

    def send(self, letter: Letter) -> None:
        try:
            self._connection.send_messages([message_of(letter)])
        except Exception:
            self._hang_up()
            raise

    def __enter__(self) -> _Post:
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                connection.close()


@transaction.atomic
def _take() -> Letter | None:
    """The longest due letter: nobody else gets it before the lease is over."""
    letter = (
        due()
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .order_by("next_attempt_at", "pk")
        .first()
    )
    if letter is not None:
        letter.attempts += 1
        letter.next_attempt_at = timezone.now() + LEASE
        letter.save(update_fields=["attempts", "next_attempt_at"])
    return letter


def _reached(post: _Post, letter: Letter) -> bool:
    try:
        post.reach()
    except Exception as error:
        _failed(letter, error)
        return False
    return True


def _send(post: _Post, letter: Letter) -> bool:
    """One attempt, and what became of it. A late failure never undoes what somebody else sent meanwhile."""
    try:
        if not letter.to:
            raise GivenUp("The address was deleted")
        post.send(letter)
    except Exception as error:
        # Whatever it is about this letter, the others must go on.
        _failed(letter, error)
        return False
    still = Letter.objects.filter(pk=letter.pk)
    still.update(status=Status.SENT, sent_at=timezone.now(), error="")
    return True


@transaction.atomic
def _failed(letter: Letter, error: Exception) -> None:
    words = _in_words(error, letter.to)
    log.info("Letter %s was not sent: %s", letter.pk, words)
    still = Letter.objects.filter(pk=letter.pk, status=Status.PENDING)
    if not _is_final(error) and letter.attempts <= len(WAITS):
        still.update(next_attempt_at=timezone.now() + WAITS[letter.attempts - 1], error=words)
    elif still.update(status=Status.FAILED, error=words):
        _record("letter.given_up", audit.SYSTEM, letter)


def _is_final(error: Exception) -> bool:
    """Whether trying again is no use: the server says of the address itself that it takes nothing for it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, GivenUp)


def _in_words(error: Exception, address: str) -> str:
    """What the server said, without the address: that goes when the person asks for it, and errors stay."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "; ".join(f"{code} {_text(reply)}" for code, reply in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
    elif isinstance(error, GivenUp):
        said = str(error)
    else:
        said = f"{type(error).__name__}: {error}"
    without = re.sub(re.escape(address), "…", said, flags=re.IGNORECASE) if address else said
    return without[:MOST_ERROR]


def _text(reply: bytes | str) -> str:
    said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(said.split())


def _message_id(letter: Letter) -> str:
    """The same for each attempt, and nobody else's."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    digest = salted_hmac("appeals.letters", str(letter.pk), algorithm="sha256").hexdigest()[:16]
    return f"<letter-{letter.pk}.{digest}@{host}>"


def _record(kind: str, by: audit.Actor, letter: Letter) -> None:
    appeal = letter.appeal
    audit.record(kind, by, case=appeal.case, appeal_id=appeal.pk, letter_id=letter.pk, letter=letter.kind)
