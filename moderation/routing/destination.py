"""The destination of a case: what the ordered rules make of its facts. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moderation import conditions
from moderation.models import Case, Queue, RoutingRule
from moderation.routing.facts import Facts
from moderation.routing.priority import prioritise


class NoQueue(Exception):
    """There is no queue at all: the desk has not been set up."""


@dataclass(frozen=True)
class Destination:
    """Where a case goes, and what it asks there beyond the queue: ``clearances``, and ``steps`` instead of its own,
    ``languages`` (BCP 47) that she reads besides the case's.

    ``rule`` is None where none caught it and the fallback queue took it.
    """

    rule: RoutingRule | None
    queue: Queue
    priority: int
    due_at: datetime
    clearances: tuple[str, ...]
    steps: list[dict[str, Any]]
    reasons: dict[str, Any]
    languages: tuple[str, ...] = ()


def destination(facts: Facts, rules: Iterable[RoutingRule], fallback: Queue | None = None) -> Destination:
    """The first rule, in order, whose conditions all hold. Pure. Raises NoQueue, UnknownCondition."""
    priority, points = prioritise(facts)
    caught = next(
        (rule for rule in rules if rule.enabled and not conditions.unmet(rule.conditions, facts)), None
    )
    if caught is not None:
        queue, rule_in_words = caught.queue, caught.name
    elif fallback is not None:
        queue, rule_in_words = fallback, f"no rule matched: queue “{fallback.slug}”"
    else:
        raise NoQueue("No rule catches this case and there is no queue to fall back on")
    minutes, why_due = facts.sla_minutes, f"policy {facts.policy}"
    if str(facts.severity) in queue.sla_minutes:
        minutes, why_due = (
            queue.sla_minutes[str(facts.severity)],
            f"queue {queue.slug}, severity {facts.severity}",
        )
    if caught is not None and caught.due_minutes is not None:
        minutes, why_due = caught.due_minutes, f"rule “{caught.name}”"
    if caught is not None and caught.priority_bonus:
        priority += caught.priority_bonus
        points.append([caught.priority_bonus, f"rule “{caught.name}”"])
    reasons = {
        "rule": rule_in_words,
        "priority": points,
        "due": f"{minutes} minutes by {why_due}",
        "language": f"{facts.language}, {Case.LanguageSource(facts.language_source).label}",
    }
    if facts.also_language:
        reasons["also_language"] = f"{facts.also_language}, which what was judged is written in"
    return Destination(
        caught,
        queue,
        priority,
        facts.opened_at + timedelta(minutes=minutes),
        clearances=tuple(sorted(caught.clearances)) if caught else (),
        steps=caught.steps if caught else [],
        reasons=reasons,
        languages=(facts.also_language,) if facts.also_language else (),
    )
