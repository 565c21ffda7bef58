"""Sealing: a timer takes the Events that are not sealed yet, a batch at a time, in the order of their numbers.

Nothing that writes Events waits for it. It never seals past a number below which one could still appear, and tells of
each seal in an Event, so that a seal taken away is missed. Each head also goes to the log, which is elsewhere.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from moderation import audit, keys
from moderation.models import Seal
from moderation.sealing import heads, merkle
from moderation.sealing.leaves import BEFORE_ALL, lines
from moderation.settled import writers_done

log = logging.getLogger(__name__)

BATCH: Final = 2_000
# One call works no longer than this; the next call of the timer goes on.
RUN_SECONDS: Final = 45.0
# How long to wait for those who are writing Events; whoever takes longer is waited for by the next call.
PATIENCE_SECONDS: Final = 5.0
# Any number that nothing else of ours locks.
LOCK: Final = 0x5EA1
TELLS: Final = "trail.sealed"

AHEAD: Final = """
SELECT max(id), count(*) FILTER (WHERE kind <> %s), count(*)
FROM (SELECT id, kind FROM moderation_event WHERE id > %s ORDER BY id LIMIT %s) AS ahead
"""


def seal_events() -> int:
    """Seal what can be sealed. How many Events were. One sealer works at a time; another leaves at once."""
    sealed, until = 0, time.monotonic() + RUN_SECONDS
    while time.monotonic() < until:
        made = _seal_next()
        if not made:
            break
        sealed += made
    return sealed


@transaction.atomic
def _seal_next() -> int:
    if not _alone():
        return 0
    last = Seal.objects.only("number", "last_event", "head").order_by("-number").first()
    after = last.last_event if last else BEFORE_ALL
    upto = _how_far(after)
    if upto is None or not writers_done("moderation_event", PATIENCE_SECONDS):
        return 0
    batch = [(line.id, merkle.leaf(line.content)) for line in lines(after, upto)]
    leaves = [leaf for _, leaf in batch]
    seal = Seal(
        number=last.number + 1 if last else 1,
        sealed_at=timezone.now(),
        first_event=batch[0][0],
        last_event=upto,
        event_ids=[number for number, _ in batch],
        leaves=b"".join(leaves),
        root=merkle.root(leaves),
        previous=bytes(last.head) if last else b"",
    )
    head = heads.head_of(seal)
    seal.head, seal.signature = head, heads.sign(head, keys.signing_key())
    seal.save(force_insert=True)
    audit.record(
        TELLS,
        audit.SYSTEM,
        seal=seal.number,
        first=batch[0][0],
        last=upto,
        events=len(batch),
        head=head.hex(),
    )
    transaction.on_commit(
        partial(log.info, "Seal %d over events %d to %d, head %s", seal.number, batch[0][0], upto, head.hex())
    )
    return len(batch)


def _how_far(after: int) -> int | None:
    """The number up to which the next batch goes; none where nothing waits but what the last seal itself wrote."""
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, [TELLS, after, BATCH])
        upto, news, count = cursor.fetchone()
    return upto if news or count == BATCH else None


def _alone() -> bool:
    """Whether this transaction is the one that seals. The lock goes with the transaction, behind a pooler too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
