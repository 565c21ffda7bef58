"""Where the rules bring cases, today's or proposed ones: the stages that routing has, and nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from moderation.eligibility import steps as language_steps
from moderation.eligibility.desk import Asked, LaneKey
from moderation.foresight.change import BadChange, Change
from moderation.models import Case, Queue
from moderation.routing import placing, rules
from moderation.routing.destination import destination
from moderation.routing.facts import Facts, facts_of_many
from moderation.routing.requirements import digest_of

# Facts are read for so many cases at a time.
BATCH: Final = 2000


@dataclass(frozen=True)
class Placed:
    """Where a case waits, how pressing it is, and when it is due."""

    lane: LaneKey
    priority: int
    due_at: datetime


class Order:
    """The rules as they are, or as a change has them, and the requirements that were met on the way, by digest.

    Three statements at most. Raises BadChange for rules that cannot be.
    """

    def __init__(self, change: Change | None) -> None:
        proposed = change.rules if change else None
        try:
            self.rules = list(placing.rules_in_order() if proposed is None else rules.unsaved(proposed))
        except rules.BadRules as error:
            raise BadChange(str(error)) from error
        self.fallback = placing.fallback_queue()
        self.requirements: dict[str, Asked] = {}
        due = {each.queue: each.sla_minutes for each in (change.queues if change else ())}
        for rule in self.rules:
            _be_due(rule.queue, due)
        if self.fallback is not None:
            _be_due(self.fallback, due)

    def place(self, facts: Facts) -> Placed:
        """Where a case with these facts goes. Pure. Raises NoQueue."""
        to = destination(facts, self.rules, self.fallback)
        digest = digest_of(to.clearances, to.steps, to.languages)
        if digest and digest not in self.requirements:
            self.requirements[digest] = asked(to.clearances, to.steps, to.languages)
        return Placed(LaneKey(to.queue.pk, facts.language, digest), to.priority, to.due_at)


def under(orders: Sequence[Order], case_ids: Sequence[int]) -> list[dict[int, Placed]]:
    """Where each order of rules brings these cases, by id; the facts are read once, in three statements for each BATCH.

    A case that a person brought to where it is stays in its lane, as it does when it is routed again.
    """
    found: list[dict[int, Placed]] = [{} for _ in orders]
    for start in range(0, len(case_ids), BATCH):
        batch = case_ids[start : start + BATCH]
        kept = _brought_by_a_person(batch)
        for case, facts in facts_of_many(batch).items():
            for order, cases in zip(orders, found, strict=True):
                placed = order.place(facts)
                cases[case] = Placed(kept.get(case, placed.lane), placed.priority, placed.due_at)
    return found


def asked(clearances: Sequence[str], steps: list[dict[str, Any]], languages: Sequence[str] = ()) -> Asked:
    """What a rule asks beyond its queue, as eligibility sees it. Raises BadSteps."""
    return Asked(frozenset(clearances), language_steps.parse(steps) if steps else (), frozenset(languages))


def _be_due(queue: Queue, due: Mapping[int, dict[str, int] | None]) -> None:
    """Have the queue that is in memory, and is not saved, promise what the change says."""
    promised = due.get(queue.pk)
    if promised is not None:
        queue.sla_minutes = promised


def _brought_by_a_person(case_ids: Sequence[int]) -> dict[int, LaneKey]:
    escalated = Case.objects.filter(pk__in=case_ids, reasons__has_key="escalated", queue__isnull=False)
    return {
        case: LaneKey(queue, language, requirements)
        for case, queue, language, requirements in escalated.values_list(
            "pk", "queue_id", "language", "requirements"
        )
        if queue is not None
    }
