"""The rules as a whole: read, checked, saved as a new version, rolled back. Each save has who, when and why.

The rows of RoutingRule are what routing reads; each RoutingVersion is the whole order as it was saved once. A rule
keeps its row for as long as it can be told that it is the same one, so that what it caught is still counted for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.models import Clearance, Platform
from moderation import bells, configuration
from moderation.audit import Actor
from moderation.models import Event, Policy, Queue, RoutingRule, RoutingVersion
from moderation.routing import findings
from moderation.routing.differences import differences, paired
from moderation.routing.sentences import Names
from moderation.routing.written import DEFAULTS, Finding, Rule, read

BELL: Final = "moderation.routing.rerouting.reroute_waiting"
LONGEST_WHY: Final = 500
# Gaps leave room for a rule in between.
APART: Final = 10
LATELY: Final = timedelta(days=7)
# Counted up to here: no screen scans a backlog.
MOST_COUNTED: Final = 10_000
CAUGHT: Final = """
SELECT rule.id, caught.n
FROM moderation_routingrule AS rule, LATERAL (
    SELECT count(*) AS n FROM (
        SELECT 1 FROM moderation_case c WHERE c.rule_id = rule.id AND c.queued_at >= %s LIMIT %s
    ) AS lately
) AS caught
"""
AS_IT_STOOD: Final = gettext_noop("As the rules stood before they were first changed here")


class RulesChanged(Exception):
    """Somebody else has saved the rules since they were read. ``number`` is the version that they are at."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.words = gettext("Somebody else has changed the rules meanwhile: nothing was saved.")


class BadRules(ValueError):
    """Rules that cannot be saved: ``findings`` has at least one error."""

    def __init__(self, found: Sequence[Finding]) -> None:
        super().__init__("; ".join(each.words for each in found if each.level == "error"))
        self.findings = list(found)


class NoReason(ValueError):
    """A save needs to say why."""

    def __init__(self) -> None:
        super().__init__(gettext("Say why, for those who look at it later"))


@dataclass(frozen=True)
class Caught:
    """How many cases a rule caught lately; ``more`` where counting ended before they did."""

    count: int
    more: bool


def as_written() -> list[Rule]:
    """Every rule in order, switched on or not, in the form of the export. One statement."""
    return [_written(rule) for rule in _rows()]


def latest() -> int:
    """The number of the version that the rules are at; 0 where they were never changed here. One statement."""
    number: int | None = RoutingVersion.objects.values_list("number", flat=True).order_by("-number").first()
    return number or 0


def check(written: object) -> list[Finding]:
    """Everything to be said about these rules before they are saved: errors, which keep them from it, and warnings."""
    return findings.check(written, as_written(), findings.known())


def errors(found: Sequence[Finding]) -> list[Finding]:
    return [each for each in found if each.level == "error"]


def unsaved(written: object) -> list[RoutingRule]:
    """These rules as ``destination`` takes them, kept nowhere: to try them on cases. One statement. Raises BadRules."""
    understood = read(written)
    queues = {queue.slug: queue for queue in Queue.objects.all()}
    unknown = [
        Finding(number, "queue", gettext("There is no queue “%(slug)s”") % {"slug": rule["queue"]})
        for number, rule in enumerate(understood.rules, start=1)
        if number not in understood.wrong and rule["queue"] not in queues
    ]
    if understood.findings or unknown:
        raise BadRules([*understood.findings, *unknown])
    return [
        RoutingRule(position=number * APART, **rule | {"queue": queues[rule["queue"]]})
        for number, rule in enumerate(understood.rules, start=1)
    ]


@transaction.atomic
def save(written: object, by: Actor, why: str, expected: int) -> RoutingVersion:
    """Make these the rules, all at once, if they still are at version ``expected``; waiting cases follow at once.

    Raises RulesChanged, BadRules, NoReason; nothing is changed then.
    """
    before = _lock(expected)
    found = check(written)
    if errors(found):
        raise BadRules(found)
    return _write(read(written).rules, before, by, _reason(why))


@transaction.atomic
def roll_back(number: int, by: Actor, why: str = "", expected: int | None = None) -> RoutingVersion:
    """Make the rules what they were in version ``number``: a new version, like any other.

    Without ``why`` it says which version came back. Raises what ``save`` raises, and RoutingVersion.DoesNotExist.
    """
    rules = RoutingVersion.objects.get(number=number).rules
    reason = why.strip() or gettext("Back to version %(number)s") % {"number": number}
    return save(rules, by, reason, latest() if expected is None else expected)


@transaction.atomic
def reroute_all(by: Actor, why: str) -> RoutingVersion:
    """A new version with the same rules, because something else changed that routing looks at (an SLA, a policy)."""
    before = _lock(None)
    return _write(as_written(), before, by, _reason(why))


def caught_lately() -> dict[int, Caught]:
    """Rule's id → how many cases came to wait by it within LATELY. One statement, by index, cut at MOST_COUNTED."""
    with connection.cursor() as cursor:
        cursor.execute(CAUGHT, [timezone.now() - LATELY, MOST_COUNTED])
        return {rule: Caught(count, count >= MOST_COUNTED) for rule, count in cursor.fetchall()}


def names() -> Names:
    """What rules name by slug. Four statements."""
    return Names(
        dict(Queue.objects.values_list("slug", "name")),
        dict(Policy.objects.values_list("slug", "name")),
        dict(Clearance.objects.values_list("slug", "name")),
        dict(Platform.objects.values_list("slug", "name")),
    )


def differences_from_now(written: Sequence[Rule]) -> list[str]:
    """What would be different from the rules as they are, in words."""
    return differences(as_written(), written, names())


def _rows() -> list[RoutingRule]:
    return list(RoutingRule.objects.select_related("queue").order_by("position"))


def _written(rule: RoutingRule) -> Rule:
    return {key: rule.queue.slug if key == "queue" else getattr(rule, key) for key in DEFAULTS}


def _reason(why: str) -> str:
    if not (reason := " ".join(why.split())):
        raise NoReason
    return reason[:LONGEST_WHY]


def _lock(expected: int | None) -> int:
    """The latest version's number, nobody else saving until the transaction ends. Raises RulesChanged.

    The table, not a row: there may be no version yet, and of two that wait for a row the second would be shown the
    first one's. Reading goes on.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {RoutingVersion._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    number = latest()
    if expected is not None and number != expected:
        raise RulesChanged(number)
    return number


def _write(rules: list[Rule], number: int, by: Actor, why: str) -> RoutingVersion:
    if not number:
        number = 1
        RoutingVersion.objects.create(number=1, why=AS_IT_STOOD, rules=as_written())
    _write_rows(rules)
    version = RoutingVersion.objects.create(
        number=number + 1,
        saved_by_id=by.id if by.kind == Event.Actor.PERSON else None,
        why=why,
        rules=rules,
    )
    canonical = json.dumps(rules, sort_keys=True, ensure_ascii=False).encode()
    configuration.changed(
        "routing_rules.saved",
        by,
        version=version.number,
        why=why,
        rules=len(rules),
        sha256=hashlib.sha256(canonical).hexdigest(),
    )
    bells.work_waits(BELL)
    return version


def _write_rows(rules: list[Rule]) -> None:
    """A constant number of statements: what is gone goes, what is there is changed, what is new is made."""
    rows = _rows()
    queues = {queue.slug: queue for queue in Queue.objects.all()}
    pairs = paired([_written(row) for row in rows], rules)
    kept = {match for match in pairs if match is not None}
    changed: list[RoutingRule] = []
    made: list[RoutingRule] = []
    for number, (rule, match) in enumerate(zip(rules, pairs, strict=True), start=1):
        columns: dict[str, Any] = rule | {"position": number * APART, "queue": queues[rule["queue"]]}
        if match is None:
            made.append(RoutingRule(**columns))
            continue
        row = rows[match]
        if any(getattr(row, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(row, name, value)
            changed.append(row)
    gone = [row.pk for index, row in enumerate(rows) if index not in kept]
    if gone:
        RoutingRule.objects.filter(pk__in=gone).delete()
    if changed:
        RoutingRule.objects.bulk_update(changed, ["position", *DEFAULTS])
    if made:
        RoutingRule.objects.bulk_create(made)
