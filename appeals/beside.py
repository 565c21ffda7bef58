"""What stands beside the outcome form: the appeal, the decision it is against, and how far to trust what led to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from accounts.models import User
from appeals import records
from appeals.files.keeping import files_for_review
from appeals.models import Appeal
from moderation import audit, strikes
from moderation.console import consultations
from moderation.console.evidence import Record, ShownFlag, evidence
from moderation.models import Case, Item
from moderation.policies import as_it_was

# Of other appeals, and of people who sent notices, so many are shown.
MOST_SHOWN: Final = 10


@dataclass(frozen=True)
class Notifier:
    """Whoever sent some of the notices: their numbers among the flags, and what came of hers before.

    ``named`` is the platform's id of the account, where she is the one who appeals: nobody else needs to know.
    """

    numbers: list[int]
    record: records.NotifierRecord
    named: str = ""


def beside(appeal: Appeal, case: Case, viewer: User) -> dict[str, Any]:
    """The context of the left pane. The evidence is that of the case appealed, as it was; each view is an Event.

    A constant number of statements, whatever was flagged, appealed and decided.
    """
    audit.record("evidence.viewed", audit.person(viewer), case=case, appeal_id=appeal.pk)
    found = evidence(appeal.decision.case, viewer)
    told = list(appeal.decision.statements.select_related("recipient").order_by("pk"))
    account = appeal.reply.flag.notifier if appeal.reply else told[0].recipient if told else None
    others = _others(appeal)
    return found | {
        "reasons": case.reasons,
        "policy_then": as_it_was(appeal.decision),
        "told": told,
        "files": list(files_for_review(appeal)),
        "account": account,
        "account_short": _short(account, found["record"]),
        "account_record": records.appellant_record(account, appeal) if account else None,
        "before": next((each for each in others if _is_first_level(each, appeal)), None),
        "others": [each for each in others if not _is_first_level(each, appeal)],
        "detectors": records.detector_records((each.flag for each in found["flags"]), found["case"].language),
        "notifiers": _notifiers(found["flags"], account if appeal.by_notifier else None),
        "consulted": consultations.panel(case),
    }


def _short(account: Item | None, record: Record) -> strikes.Short | None:
    """What stands against the account: of the author it is known already."""
    if account is None or account == record.account:
        return record.short
    return strikes.in_short(account)


def _others(appeal: Appeal) -> list[Appeal]:
    """Other appeals against the same decision, latest first."""
    found = Appeal.objects.filter(decision=appeal.decision_id).exclude(pk=appeal.pk)
    return list(found.select_related("case__decision__decided_by", "question").order_by("-pk")[:MOST_SHOWN])


def _is_first_level(other: Appeal, appeal: Appeal) -> bool:
    return other.level < appeal.level and other.reply_id == appeal.reply_id


def _notifiers(flags: list[ShownFlag], appellant: Item | None) -> list[Notifier]:
    """The people who sent notices about it, by the first of their notices."""
    numbers: dict[int, list[int]] = {}
    for each in flags:
        if each.flag.notifier_id is not None:
            numbers.setdefault(each.flag.notifier_id, []).append(each.number)
    shown = list(numbers)[:MOST_SHOWN]
    if appellant is not None and appellant.pk not in shown:
        shown.append(appellant.pk)
    known = records.notifier_records(shown)
    return [
        Notifier(
            numbers.get(pk, []),
            known.get(pk, records.NotifierRecord(pk, 0, 0, 0)),
            appellant.external_id if appellant is not None and appellant.pk == pk else "",
        )
        for pk in shown
    ]
