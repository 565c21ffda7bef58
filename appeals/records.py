"""How far to trust what led to a decision: what came of what a detector flagged, of somebody's notices, of her appeals.

Read from what was decided, of the latest so many alone, for the page on which an appeal is reviewed: one statement
each, however many detectors and people there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from appeals.models import Appeal, Misuse
from moderation import languages
from moderation.models import Flag, Item, NoticeReply, Statement

# So many of the latest are looked at.
LATEST: Final = 1000

# For each detector and policy: its latest flags, by the index flag_of_detector, and what came of their cases. What an
# appeal found wrong is what the affected person appealed, whoever decided before or after it.
DETECTORS: Final = """
SELECT named.detector, named.policy, judged.language,
       count(*), count(*) FILTER (WHERE judged.acted), count(*) FILTER (WHERE judged.overturned)
FROM unnest(%s::text[], %s::bigint[]) AS named (detector, policy)
CROSS JOIN LATERAL (
    SELECT DISTINCT d.id, c.language,
           NOT d.actions @> '[{"action": "no_violation"}]' AS acted,
           EXISTS (SELECT FROM appeals_appeal a WHERE a.decision_id = d.id AND a.reply_id IS NULL
                   AND a.outcome IN ('overturned', 'partially_overturned')) AS overturned
    FROM (
        SELECT f.case_id FROM moderation_flag f
        WHERE f.detector = named.detector AND f.detector <> '' AND f.policy_id = named.policy
        ORDER BY f.id DESC LIMIT %s
    ) AS latest
    JOIN moderation_case c ON c.id = latest.case_id
    JOIN moderation_decision d ON d.case_id = c.id
) AS judged
GROUP BY 1, 2, 3
"""

# For each notifier: the latest notices, by the index of their account.
NOTIFIERS: Final = """
SELECT named.account, count(*), count(d.id),
       count(d.id) FILTER (WHERE NOT d.actions @> '[{"action": "no_violation"}]')
FROM unnest(%s::bigint[]) AS named (account)
CROSS JOIN LATERAL (
    SELECT f.case_id FROM moderation_flag f
    WHERE f.notifier_id = named.account ORDER BY f.id DESC LIMIT %s
) AS latest
LEFT JOIN moderation_decision d ON d.case_id = latest.case_id
GROUP BY 1
"""


@dataclass(frozen=True)
class DetectorRecord:
    """Of what a detector flagged under a policy in a language: decided, led to action, taken back on appeal."""

    detector: str
    policy: str
    decided: int
    acted: int
    overturned: int

    @property
    def overturned_percent(self) -> int:
        return round(100 * self.overturned / self.acted) if self.acted else 0


@dataclass(frozen=True)
class NotifierRecord:
    """Of somebody's notices: sent, decided, and led to action."""

    account: int
    sent: int
    decided: int
    acted: int


@dataclass(frozen=True)
class AppellantRecord:
    """What an account appealed before: all, changed the decision, were unfounded; and the last measure against it."""

    appeals: int
    won: int
    unfounded: int
    misuse: Misuse | None


def detector_records(flags: Iterable[Flag], language: str) -> list[DetectorRecord]:
    """One for each detector and policy (loaded) among the flags, of cases in what counts as this language."""
    names = {(each.detector, each.policy_id): each.policy.name for each in flags if each.detector}
    if not names:
        return []
    keys = sorted(names)
    with connection.cursor() as cursor:
        cursor.execute(DETECTORS, [[key[0] for key in keys], [key[1] for key in keys], LATEST])
        rows = [row for row in cursor.fetchall() if _same(row[2], language)]
    found = []
    for detector, policy in keys:
        mine = [row[3:] for row in rows if row[:2] == (detector, policy)]
        found.append(DetectorRecord(detector, names[detector, policy], *_sums(mine)))
    return found


def detector_record(flag: Flag) -> DetectorRecord:
    """The record of the detector that raised a flag (with its case and policy)."""
    return detector_records([flag], flag.case.language)[0]


def notifier_records(accounts: Iterable[int]) -> dict[int, NotifierRecord]:
    """By account (an item's id): what came of the notices that it sent."""
    if not (named := sorted(set(accounts))):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NOTIFIERS, [named, LATEST])
        return {row[0]: NotifierRecord(*row) for row in cursor.fetchall()}


def notifier_record(account: Item) -> NotifierRecord:
    return notifier_records([account.pk]).get(account.pk) or NotifierRecord(account.pk, 0, 0, 0)


def appellant_record(account: Item, besides: Appeal) -> AppellantRecord:
    """What the account appealed before, as the person affected and for its notices. Two statements."""
    told = Statement.objects.filter(recipient=account).order_by("-pk").values("decision")[:LATEST]
    replies = NoticeReply.objects.filter(flag__notifier=account).order_by("-pk").values("pk")[:LATEST]
    decided = (
        Appeal.objects.filter(status=Appeal.Status.DECIDED)
        .exclude(pk=besides.pk)
        .values_list("pk", "outcome", "ground")
    )
    rows = list(decided.filter(decision__in=told, reply=None).union(decided.filter(reply__in=replies)))
    misuse = (
        Misuse.objects.filter(account=account, of=Misuse.Of.COMPLAINTS, lifted_at=None)
        .order_by("-at")
        .first()
    )
    return AppellantRecord(
        len(rows),
        sum(outcome in Appeal.CHANGING for _, outcome, _ in rows),
        sum(ground in Appeal.UNFOUNDED for _, _, ground in rows),
        misuse,
    )


def _same(one: str, other: str) -> bool:
    """Whether who reads the one reads the other: ``zh`` and ``zh-Hans`` are one language here."""
    if one == other:
        return True
    return not {one, other} & languages.SPECIAL and languages.readable(one, other)


def _sums(rows: Sequence[Sequence[int]]) -> tuple[int, int, int]:
    decided, acted, overturned = (sum(row[place] for row in rows) for place in range(3))
    return decided, acted, overturned
