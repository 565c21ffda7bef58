"""A decided case opened anew: a revision, in the lane of the case whose decision is made again."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells
from moderation.lifecycle import OPEN, Status, lock, move_to
from moderation.models import Approval, Case, Decision, Exclusion
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
        newer = _in_its_place(decision).select_related("case", "policy", "item").order_by("pk").last()
        if newer is None:
            return decision
        decision = newer


def is_replaced(decision: Decision, besides: Decision) -> bool:
    """Whether another decision took its place; ``besides`` is the one that is about to."""
    return _in_its_place(decision).exclude(pk=besides.pk).exists()


def _in_its_place(decision: Decision) -> QuerySet[Decision]:
    return decision.overridden_by.exclude(revisions__revised=Case.Revised.UNDONE)


def wait_for_turn(case_id: int, overrides: Decision | None) -> None:
    """Lock what a decision on this case will take the place of, before the case itself is locked.

    Of two that would replace the same decision one waits here for the other. ``overrides``: named by an appeal's.
    """
    found = Case.objects.filter(pk=case_id).values_list("revises", "revises__overrides").first() or ()
    ids = {pk for pk in (*found, overrides.pk if overrides else None) if pk is not None}
    if not ids:
        return
    list(Decision.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))
    # Whoever answers as a second person locks her answer before any appeal about it: so does this.
    list(Approval.objects.filter(decision__in=ids).order_by("pk").select_for_update(no_key=True))


def settle(decision: Decision, by: audit.Actor) -> None:
    """An appeal replaces this decision: nobody goes on making it anew. Their cases are closed, their drafts stay.

    In the transaction of the appeal's outcome, before its case is locked.
    """
    anew = Q(revises=decision) & ~Q(revised=Case.Revised.UNDONE)
    again = Q(revises__overrides=decision, revised=Case.Revised.UNDONE)
    revisions = Case.objects.filter(anew | again, origin=Case.Origin.REVISION, status__in=OPEN)
    for pk in revisions.order_by("pk").values_list("pk", flat=True):
        revision = lock(pk)
        if revision.status in OPEN:
            move_to(revision, Status.WITHDRAWN, by, why={"how": "settled", "decision_id": decision.pk})
            bells.lane_changed(revision.queue_id, revision.language)


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
