"""A decided case opened anew: a revision, in the lane of the case whose decision is made again."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells
from moderation.lifecycle import Status, lock
from moderation.models import Case, Decision, Exclusion
from moderation.queueing.claim import hold
from moderation.queueing.lanes import lane_of, open_lanes


class NotYours(Exception):
    """She did not decide it, or may not take such cases (any more)."""


class BeingRevised(Exception):
    """Somebody is deciding it anew already."""


def replaced_by(revision: Case) -> Decision | None:
    """Which decision loses its effect to the one made in this revision: what was undone never had any."""
    revised = revision.revises
    return revised.overrides if revised is not None and revision.revised == Case.Revised.UNDONE else revised


def in_force_now(decision: Decision) -> Decision:
    """The decision that took this one's place, or the place of that one, and so on; itself where none did."""
    while True:
        newer = (
            decision.overridden_by.select_related("case", "policy", "item")
            .exclude(revisions__revised=Case.Revised.UNDONE)
            .order_by("pk")
            .last()
        )
        if newer is None:
            return decision
        decision = newer


def open_again(decision: Decision, case: Case, revised: Case.Revised, by: audit.Actor) -> Case:
    """A case in the lane of ``case`` in which ``decision`` is made anew. Raises BeingRevised."""
    now = timezone.now()
    try:
        with transaction.atomic():
            revision = Case.objects.create(
                item_id=case.item_id,
                snapshot_id=case.snapshot_id,
                origin=Case.Origin.REVISION,
                revises=decision,
                revised=revised,
                status=Status.QUEUED,
                policy=decision.policy,
                language=case.language,
                language_source=case.language_source,
                language_confidence=case.language_confidence,
                queue_id=case.queue_id,
                requirements=case.requirements,
                rule_id=case.rule_id,
                routed_by=case.routed_by,
                priority=case.priority,
                queued_at=case.queued_at or now,
                due_at=now + timedelta(minutes=decision.policy.sla_minutes),
                reasons=case.reasons,
            )
    except IntegrityError as error:
        if "one_open_revision_per_decision" not in str(error):
            raise
        raise BeingRevised from error
    excluded = Exclusion.objects.filter(case=case, reason=Exclusion.Reason.TOOK_PART)
    Exclusion.objects.bulk_create(
        Exclusion(case=revision, moderator_id=moderator, reason=Exclusion.Reason.TOOK_PART)
        for moderator in excluded.values_list("moderator", flat=True)
    )
    audit.record(
        "case.reopened", by, case=revision, decision_id=decision.pk, revised=revised.value, first_case=case.pk
    )
    bells.lane_changed(revision.queue_id, revision.language)
    return revision


def take(revision: Case, user: User) -> Case:
    """Lease a revision to her whom it was opened for. Raises NotYours where its lane is not open to her."""
    case = lock(revision.pk)
    lanes = open_lanes(user, fresh=True)
    if not any(lane.key == lane_of(case) for lane in lanes):
        raise NotYours
    hold(case, user, lanes, how="revision")
    return case
