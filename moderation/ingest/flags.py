"""Flags: each kept once, joined to the one open case of its item, which it can make more pressing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Platform
from moderation import audit
from moderation.audit import Actor
from moderation.ingest.items import capture, digest_of, owe_screening
from moderation.ingest.schemas import FlagIn
from moderation.lifecycle import OPEN, Status
from moderation.models import Case, Flag, Item, Policy, Snapshot
from moderation.routing import placing
from moderation.routing.destination import destination
from moderation.routing.facts import Facts, facts_of
from moderation.routing.priority import prioritise


class UnknownPolicy(Exception):
    """There is no policy with this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


class FlagConflict(Exception):
    """This flag_id was used before, for another flag."""

    def __init__(self, flag_id: str) -> None:
        super().__init__(flag_id)
        self.flag_id = flag_id


@dataclass(frozen=True)
class Ingested:
    """What a flag became. ``duplicate``: it had been sent before, and nothing was done."""

    flag_id: str
    case_id: int
    duplicate: bool


def ingest_flag(platform: Platform, flag: FlagIn, by: Actor) -> Ingested:
    """Take in one flag, in one transaction: item, snapshot, flag, open case, what is owed to the detectors, events.

    Sent again with the same ``flag_id`` it counts once. Raises UnknownPolicy, FlagConflict; nothing is kept then.
    """
    body_digest = digest_of(flag.model_dump(mode="json", exclude_defaults=True))
    if flag.flag_id is not None and (before := _sent_before(platform, flag.flag_id, body_digest)):
        return before
    try:
        return _ingest(platform, flag, by, body_digest)
    except IntegrityError as error:
        # The same flag_id at the same moment: the other call was first, and has committed by now.
        if flag.flag_id is None or "flag_once_per_id" not in str(error):
            raise
        before = _sent_before(platform, flag.flag_id, body_digest)
        if before is None:
            raise
        return before


def _sent_before(platform: Platform, flag_id: str, body_digest: str) -> Ingested | None:
    """Raises FlagConflict."""
    known = (
        Flag.objects.filter(platform=platform, flag_id=flag_id).values_list("body_digest", "case_id").first()
    )
    if known is None:
        return None
    if known[0] != body_digest:
        raise FlagConflict(flag_id)
    return Ingested(flag_id, known[1], duplicate=True)


@transaction.atomic
def _ingest(platform: Platform, flag: FlagIn, by: Actor, body_digest: str) -> Ingested:
    policy = Policy.objects.filter(slug=flag.policy).first()
    if policy is None:
        raise UnknownPolicy(flag.policy)
    captured = capture(platform, flag.item, flag.notifier)
    made, case = add_flag(
        captured.item,
        captured.snapshot,
        source=flag.source,
        policy=policy,
        score=flag.score,
        evidence=flag.evidence,
        metadata=flag.metadata,
        detector=flag.detector,
        detector_version=flag.detector_version,
        flag_id=flag.flag_id,
        flagged_at=flag.flagged_at,
        by=by,
        body_digest=body_digest,
        notifier=captured.notifier,
        notifier_language=(flag.notifier.language or "") if flag.notifier else "",
    )
    if captured.is_new:
        owe_screening(captured.snapshot)
    elif case.status == Status.SCREENING and case.snapshot_id == captured.snapshot.pk:
        # A new case on something screened long ago: screening is what brings it to its lane.
        owe_screening(captured.snapshot, again=True)
    return Ingested(made.flag_id, case.pk, duplicate=False)


def lock_item(item_id: int) -> Item:
    """The item with its row locked until the transaction ends. Raises Item.DoesNotExist."""
    return Item.objects.select_for_update(no_key=True).get(pk=item_id)


def add_flag(
    item: Item,
    snapshot: Snapshot,
    *,
    source: str,
    policy: Policy,
    score: float | None,
    evidence: dict[str, Any],
    metadata: dict[str, Any],
    detector: str,
    detector_version: str,
    flag_id: str | None,
    flagged_at: datetime | None,
    by: Actor,
    body_digest: str = "",
    notifier: Item | None = None,
    notifier_language: str = "",
) -> tuple[Flag, Case]:
    """Add a flag to the open case of an item whose row the caller has locked, or open the case with it.

    The only code that makes a Flag or opens a case for one. A further flag can raise the case's policy and priority
    and, where it waits, bring it to another lane. Raises IntegrityError for a ``flag_id`` that was used before.
    """
    now = timezone.now()
    case = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("policy")
        .filter(item=item, origin=Case.Origin.FLAG, status__in=OPEN)
        .first()
    )
    opened = case is None
    if case is None:
        first = Facts(
            policy=policy.slug,
            severity=policy.severity,
            sla_minutes=policy.sla_minutes,
            opened_at=now,
            sources=frozenset({source}),
            flags=1,
            best_score=score,
            reach=snapshot.reach,
        )
        priority, points = prioritise(first)
        case = Case.objects.create(
            item=item, snapshot=snapshot, policy=policy, priority=priority, reasons={"priority": points}
        )
    flag = Flag.objects.create(
        platform_id=item.platform_id,
        flag_id=flag_id or str(uuid.uuid4()),
        body_digest=body_digest,
        case=case,
        snapshot=snapshot,
        source=source,
        detector=detector,
        detector_version=detector_version,
        policy=policy,
        score=score,
        notifier=notifier,
        notifier_language=notifier_language,
        evidence=evidence,
        metadata=metadata,
        flagged_at=flagged_at or now,
    )
    if opened:
        audit.record("case.opened", by, case=case, policy=policy.slug)
    audit.record("flag.received", by, case=case, flag_id=flag.flag_id, source=source, policy=policy.slug)
    if not opened:
        _weigh(case, policy, by)
    return flag, case


def _weigh(case: Case, policy: Policy, by: Actor) -> None:
    """Let a further flag tell: the gravest policy is the case's, and the priority is what all flags together make."""
    if policy.severity > case.policy.severity:
        case.policy = policy
        Case.objects.filter(pk=case.pk).update(policy=policy)
    if case.status == Status.QUEUED:
        placing.route(case, by)
        return
    facts = facts_of(case)
    if case.status == Status.SCREENING:
        priority, points = prioritise(facts)
        reasons = {"priority": points}
    else:
        # In somebody's hands it keeps its lane, and will stand there as it now should.
        to = destination(facts, placing.rules_in_order(), case.queue)
        priority, reasons = to.priority, case.reasons | {"priority": to.reasons["priority"]}
    case.priority, case.reasons = priority, reasons
    Case.objects.filter(pk=case.pk).update(priority=priority, reasons=reasons)
