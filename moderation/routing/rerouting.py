"""Re-routing: waiting cases follow the rules that were saved since they were placed.

A case that was placed by an older version than the latest is owed; the index ``case_routed_by`` finds those. Whatever
somebody holds is left alone, and is owed once it waits again. A batch takes a constant number of statements, and holds
its locks only while it writes: who asks for a case meanwhile is hardly ever passed by.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction

from moderation import audit, bells
from moderation.lifecycle import TRANSITIONS, Status
from moderation.models import Case, Lane, Queue, RoutingRule
from moderation.queueing.claim import MOVING
from moderation.routing import requirements
from moderation.routing.destination import NoQueue
from moderation.routing.facts import Facts, facts_of_many
from moderation.routing.placing import Place, fallback_queue, place_for, rules_in_force, said_of, unmoved
from moderation.routing.rules import BELL

log = logging.getLogger(__name__)

BATCH: Final = 500
# One call works this long, in seconds, and then lets another job have the worker.
MOST_SECONDS: Final = 30.0

# What is owed, each with the transaction that wrote its row last: a row that has changed since is passed by.
OWED = """
SELECT id, xmin::text FROM moderation_case
WHERE status = 'queued' AND routed_by < %s ORDER BY routed_by LIMIT %s
"""
LOCK = """
SELECT c.id FROM moderation_case c JOIN unnest(%s::bigint[], %s::text[]) AS read (id, row) ON read.id = c.id
WHERE c.xmin::text = read.row AND c.status || '' = 'queued'
ORDER BY c.id FOR NO KEY UPDATE OF c SKIP LOCKED
"""

WRITE = """
UPDATE moderation_case AS c
SET queue_id = new.queue_id, requirements = new.requirements, language = new.language,
    language_source = new.language_source, language_confidence = new.language_confidence, rule_id = new.rule_id,
    priority = new.priority, due_at = new.due_at, reasons = new.reasons::jsonb, routed_by = %s
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::bigint[], %s::int[],
            %s::timestamptz[], %s::text[])
     AS new (id, queue_id, requirements, language, language_source, language_confidence, rule_id, priority, due_at,
             reasons)
WHERE c.id = new.id
"""


@dataclass(frozen=True)
class Move:
    """A waiting case, and where it belongs by the rules in force."""

    case: Case
    facts: Facts
    place: Place

    @property
    def stays(self) -> bool:
        return unmoved(self.case, self.facts, self.place)


def reroute_waiting() -> int:
    """Bring every waiting case that an older version placed to where the rules in force bring it. How many were looked
    at. Rung for after each save, and swept (config/cron.py).
    """
    until = time.monotonic() + MOST_SECONDS
    seen = 0
    while True:
        read, written = reroute_batch()
        seen += written
        # What was locked is left to the next sweep: its holder is about to place it, or to take it.
        if read < BATCH or not written:
            return seen
        if time.monotonic() > until:
            bells.work_waits(BELL)
            return seen


def reroute_batch() -> tuple[int, int]:
    """One batch: how many cases were owed, and how many of them were written. A dozen statements at most."""
    number, rules = rules_in_force()
    with connection.cursor() as cursor:
        cursor.execute(OWED, [number, BATCH])
        owed = dict(cursor.fetchall())
    if not owed:
        return 0, 0
    moves = _moves(Case.objects.select_related("queue").filter(pk__in=owed), rules)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MOVING])
            cursor.execute(LOCK, [list(owed), list(owed.values())])
            free = {pk for (pk,) in cursor.fetchall()}
        moves = [each for each in moves if each.case.pk in free]
        if moves:
            _write(moves, number)
    return len(owed), len(moves)


def _moves(cases: Iterable[Case], rules: Iterable[RoutingRule]) -> list[Move]:
    """Where each case belongs. No lock is held meanwhile."""
    cases = list(cases)
    facts = facts_of_many([case.pk for case in cases])
    fallback: Queue | None = None
    moves = []
    for case in cases:
        try:
            place = place_for(case, facts[case.pk], rules, fallback)
        except NoQueue:
            fallback = fallback_queue()
            place = place_for(case, facts[case.pk], rules, fallback)
        moves.append(Move(case, facts[case.pk], place))
    return moves


def _write(moves: list[Move], number: int) -> None:
    """Write what was worked out for rows that are locked, with an Event and a bell for what really moves."""
    moved = [each for each in moves if not each.stays]
    if moved:
        requirements.remember_many(
            {
                each.place.asked: (each.place.to.clearances, each.place.to.steps, each.place.to.languages)
                for each in moved
                if not each.place.kept
            }
        )
        _make_lanes({(each.place.to.queue.pk, each.facts.language, each.place.asked) for each in moved})
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [number, *_columns(moves)])
    if moved:
        audit.record_many(
            TRANSITIONS[Status.QUEUED][Status.QUEUED],
            audit.SYSTEM,
            [
                (
                    each.case.pk,
                    each.case.item_id,
                    said_of(each.facts, each.place) | {"how": "rules", "version": number},
                )
                for each in moved
            ],
        )
    for queue, language in _lanes(moved):
        bells.lane_changed(queue, language)


def _make_lanes(wanted: set[tuple[int, str, str]]) -> None:
    """Two statements at most. Boards are told of new lanes: they would not hear the bell of one they do not know."""
    known = Lane.objects.filter(queue__in={queue for queue, _, _ in wanted})
    new = sorted(wanted - set(known.values_list("queue_id", "language", "requirements")))
    if new:
        lanes = [Lane(queue_id=queue, language=tag, requirements=asked) for queue, tag, asked in new]
        Lane.objects.bulk_create(lanes, ignore_conflicts=True)
        bells.configuration_changed()


def _columns(moves: list[Move]) -> list[list[Any]]:
    to = [each.place.to for each in moves]
    facts = [each.facts for each in moves]
    return [
        [each.case.pk for each in moves],
        [each.queue.pk for each in to],
        [each.place.asked for each in moves],
        [each.language for each in facts],
        [str(each.language_source) for each in facts],
        [each.language_confidence for each in facts],
        [each.rule.pk if each.rule else None for each in to],
        [each.priority for each in to],
        [each.due_at for each in to],
        [json.dumps(each.reasons) for each in to],
    ]


def _lanes(moved: list[Move]) -> set[tuple[int | None, str]]:
    """The lanes whose counts have changed: where the cases were, and where they are."""
    before = {(each.case.queue_id, each.case.language) for each in moved}
    return before | {(each.place.to.queue.pk, each.facts.language) for each in moved}
