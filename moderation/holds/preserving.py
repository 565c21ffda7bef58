"""Our own copies of held media: what is owed is a row, and a row is kept, or visibly failed.

A file is rescheduled *before* it is fetched, to the end of a lease: whoever dies with it leaves it to be fetched again.
A worker that was only slow keeps what it brings, and writes no failure where its attempt is not the last any more.
any more.
"""

from __future__ import annotations

import logging
import secrets
import time
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells
from moderation.holds.fetching import FETCH_SECONDS, Fetched, NotFetched, fetch
from moderation.holds.owing import BELL, QUEUE, owe, record
from moderation.models import LegalHold, PreservedFile, Snapshot

log = logging.getLogger(__name__)

Status = PreservedFile.Status
# One run works so long, in seconds, and then lets another job have the worker.
RUN_SECONDS: Final = 30.0
LEASE: Final = timedelta(seconds=2 * FETCH_SECONDS)
# The wait after the first failed attempt, the second, and so on: about a day and a half in all.
WAITS: Final = tuple(timedelta(seconds=each) for each in (5, 60, 300, 1_800, 7_200, 21_600, 86_400))
MOST_ATTEMPTS: Final = len(WAITS) + 1
# Up to this share more, so that what failed together does not come back together.
JITTER: Final = 0.1
# From the holds, which are few, to the captures of what they hold: never over all captures.
LATER: Final = """
SELECT hold.id, snapshot.id
FROM moderation_legalhold hold
JOIN moderation_helditem held ON held.hold_id = hold.id
JOIN moderation_snapshot snapshot ON snapshot.item_id = held.item_id AND snapshot.captured_at >= hold.placed_at
WHERE hold.status IN ('active', 'lifting') AND snapshot.media <> '[]' AND NOT EXISTS (
    SELECT 1 FROM moderation_preservedfile file WHERE file.hold_id = hold.id AND file.snapshot_id = snapshot.id
)
"""
_random = secrets.SystemRandom()


def fetch_due() -> int:
    """Worker entry and timer: fetch what is due, until nothing is or RUN_SECONDS have passed. How many were kept."""
    until = time.monotonic() + RUN_SECONDS
    _owe_what_came_later()
    kept = 0
    while file := _take():
        kept += _preserve(file)
        if time.monotonic() > until:
            bells.work_waits(BELL, QUEUE)
            break
    return kept


def retry(hold: LegalHold, by: User) -> int:
    """Fetch what could not be fetched once more, from the first attempt on. How many files that are."""
    failed = PreservedFile.objects.filter(hold=hold, status=Status.FAILED)
    with transaction.atomic():
        count = failed.update(status=Status.WAITING, attempts=0, next_attempt_at=timezone.now(), error="")
        if count:
            record("file.retried", audit.person(by), hold, files=count)
            bells.work_waits(BELL, QUEUE)
    return count


def _owe_what_came_later() -> None:
    """Media of captures that were made while their item was held already."""
    with connection.cursor() as cursor:
        cursor.execute(LATER)
        found: dict[int, list[int]] = {}
        for hold, snapshot in cursor.fetchall():
            found.setdefault(hold, []).append(snapshot)
    for hold in LegalHold.objects.filter(pk__in=found):
        owe(hold, Snapshot.objects.filter(pk__in=found[hold.pk]).only("pk", "media"))


def _take() -> PreservedFile | None:
    now = timezone.now()
    with transaction.atomic():
        file = (
            PreservedFile.objects.filter(
                status=Status.WAITING, next_attempt_at__lte=now, hold__status__in=LegalHold.HOLDS
            )
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .order_by("next_attempt_at", "pk")
            .first()
        )
        if file is None:
            return None
        PreservedFile.objects.filter(pk=file.pk).update(
            attempts=F("attempts") + 1, next_attempt_at=now + LEASE
        )
    file.attempts += 1
    return file


def _preserve(file: PreservedFile) -> bool:
    """One attempt, no transaction open while it is fetched. Whether the file is kept now."""
    try:
        if file.attempts > MOST_ATTEMPTS:
            raise NotFetched(file.error or "The worker died with it each time")
        fetched = _kept_already(file) or fetch(file.url)
    except NotFetched as error:
        _write_failure(file, str(error))
        return False
    except Exception:
        log.exception("File %s of hold %s could not be fetched", file.pk, file.hold_id)
        _write_failure(file, "Something went wrong on our side: see the log")
        return False
    return _write_kept(file, fetched)


def _kept_already(file: PreservedFile) -> Fetched | None:
    """What another hold keeps of the same medium: the platform may have deleted it since."""
    other = PreservedFile.objects.filter(
        snapshot=file.snapshot_id, position=file.position, status=Status.KEPT
    ).first()
    if other is None or other.content is None:
        return None
    return Fetched(bytes(other.content), other.sha256, other.mime)


@transaction.atomic
def _write_kept(file: PreservedFile, fetched: Fetched) -> bool:
    # What was fetched is kept, however late it comes.
    changed = (
        PreservedFile.objects.filter(pk=file.pk)
        .exclude(status=Status.KEPT)
        .update(
            status=Status.KEPT,
            content=fetched.content,
            sha256=fetched.sha256,
            mime=fetched.mime,
            size=len(fetched.content),
            fetched_at=timezone.now(),
            error="",
        )
    )
    if changed:
        same = None if not file.declared_sha256 else file.declared_sha256 == fetched.sha256
        facts = {"sha256": fetched.sha256, "mime": fetched.mime, "size": len(fetched.content)}
        record("file.kept", audit.SYSTEM, file.hold, file, **facts, as_declared=same)
    return bool(changed)


@transaction.atomic
def _write_failure(file: PreservedFile, error: str) -> None:
    error = error.replace("\0", "")[:500]
    if file.attempts < MOST_ATTEMPTS:
        wait = WAITS[file.attempts - 1] * (1 + _random.uniform(0, JITTER))
        _turn(file).update(error=error, next_attempt_at=timezone.now() + wait)
    elif _turn(file).update(error=error, status=Status.FAILED):
        record("file.failed", audit.SYSTEM, file.hold, file, attempts=file.attempts, error=error)


def _turn(file: PreservedFile) -> QuerySet[PreservedFile]:
    """The row, if this attempt is still the last one."""
    return PreservedFile.objects.filter(pk=file.pk, status=Status.WAITING, attempts=file.attempts)
