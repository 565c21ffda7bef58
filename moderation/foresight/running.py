"""Simulations that admins asked for: a row each, worked on by whichever worker takes it.

A worker leases the row, and renews the lease whenever it says how far it is. One that dies leaves a lease that runs
out, and another begins anew, which gives the same figures. The turn's number keeps one that was only slow from writing.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from moderation import bells
from moderation.foresight.change import BadChange, Change
from moderation.foresight.comparison import compare
from moderation.foresight.written import as_row, from_json
from moderation.models import Foresight

log = logging.getLogger(__name__)

BELL: Final = "moderation.foresight.running.run_pending"
QUEUE: Final = "foresight"
OWED: Final = (Foresight.Status.WAITING, Foresight.Status.RUNNING)
# Each keeps a worker for a while, and other work waits for workers too.
MOST_OWED: Final = 3
MOST_SEED: Final = 2**31 - 1
# So often a worker may die over one, or it may fail, before it is given up.
MOST_ATTEMPTS: Final = 3
MOST_ERROR: Final = 500
# Progress is written down at most so often, in seconds.
TELL_EVERY: Final = 0.5

# The next one that is owed, oldest first: leased and numbered. One at a time at the whole desk, as far as two that look
# at the same moment can know: the other workers are for other work.
TAKE: Final = """
WITH next AS MATERIALIZED (
    SELECT id FROM moderation_foresight
    WHERE status IN ('waiting', 'running') AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY id LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE moderation_foresight AS mine
SET status = 'running', lease_until = %(lease)s, attempts = mine.attempts + 1, progress = 0
FROM next
WHERE mine.id = next.id AND NOT EXISTS (
    SELECT 1 FROM moderation_foresight other WHERE other.status = 'running' AND other.lease_until > %(now)s
)
RETURNING mine.id, mine.attempts
"""


class TooManyOwed(Exception):
    """She has asked for as many as may wait at once. Says so in words."""


@transaction.atomic
def ask(
    change: Change, days: int, by: User, seed: int | None = None, until: datetime | None = None
) -> Foresight:
    """Owe somebody a simulation of the cases of the days before ``until`` (now). Raises TooManyOwed."""
    if Foresight.objects.filter(status__in=OWED, asked_by=by).count() >= MOST_OWED:
        raise TooManyOwed(
            gettext("You have asked for %(most)s simulations that are not done yet. Wait for one of them.")
            % {"most": MOST_OWED}
        )
    asked = Foresight.objects.create(
        change=as_row(change),
        days=days,
        until=until or timezone.now(),
        seed=secrets.randbelow(MOST_SEED) if seed is None else seed,
        asked_by=by,
    )
    bells.work_waits(BELL, QUEUE)
    return asked


def ask_again(before: Foresight, by: User, *, same: bool) -> Foresight:
    """The same change over the same days once more, with the ``same`` seed or another. Raises what ``ask`` raises."""
    change = from_json(json.dumps(before.change))
    return ask(change, before.days, by, before.seed if same else None, before.until)


@dataclass(frozen=True)
class Turn:
    """A simulation that this worker holds. ``number`` makes it the only one that may finish it."""

    foresight: int
    number: int


class TurnLost(Exception):
    """Another worker has taken the turn: this one's lease had run out."""


def run_pending() -> int:
    """Run the next simulation that is owed, and have a worker look for the next. How many were run: 1 or 0."""
    turn = _take()
    if turn is None:
        return 0
    try:
        _run(turn)
    except TurnLost:
        log.warning("The turn of simulation %s was lost to another worker", turn.foresight)
    bells.work_waits(BELL, QUEUE)
    return 1


def _take() -> Turn | None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"lease": _lease(), "now": timezone.now()})
        row = cursor.fetchone()
    return Turn(*row) if row else None


def _run(turn: Turn) -> None:
    """One turn, with no transaction open while it plays. Raises TurnLost."""
    asked = Foresight.objects.get(pk=turn.foresight)
    if turn.number > MOST_ATTEMPTS:
        died = gettext(
            "%(count)s times the worker that ran it died. Its log may say why; fewer days may help."
        )
        _finish(turn, Foresight.Status.FAILED, error=died % {"count": MOST_ATTEMPTS})
        return
    try:
        result = compare(
            from_json(json.dumps(asked.change)), asked.days, asked.until, asked.seed, _Teller(turn)
        )
    except TurnLost:
        raise
    except BadChange as error:
        _finish(turn, Foresight.Status.FAILED, error=str(error)[:MOST_ERROR])
    except Exception:
        log.exception("Simulation %s failed", turn.foresight)
        if turn.number < MOST_ATTEMPTS:
            _finish(turn, Foresight.Status.WAITING)
        else:
            failed = gettext("It failed %(count)s times. The worker's log says why.")
            _finish(turn, Foresight.Status.FAILED, error=failed % {"count": turn.number})
    else:
        _finish(turn, Foresight.Status.DONE, progress=100, result=result)


class _Teller:
    """Writes down how far a turn is, and renews its lease. Raises TurnLost when called."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.told_at = float("-inf")

    def __call__(self, share: float) -> None:
        if time.monotonic() - self.told_at < TELL_EVERY:
            return
        self.told_at = time.monotonic()
        if not _held(self.turn).update(progress=min(99, int(share * 100)), lease_until=_lease()):
            raise TurnLost


def _finish(turn: Turn, status: Foresight.Status, **columns: Any) -> None:
    """Raises TurnLost."""
    if not _held(turn).update(status=status, lease_until=None, **columns):
        raise TurnLost


def _held(turn: Turn) -> QuerySet[Foresight]:
    """The row of the turn, if it is still this worker's."""
    return Foresight.objects.filter(pk=turn.foresight, attempts=turn.number, status=Foresight.Status.RUNNING)


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=settings.FORESIGHT_LEASE_SECONDS)
