"""A case's life: one table of legal transitions, and the one way through it."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from moderation import audit
from moderation.audit import Actor
from moderation.models import Case, Consultation

Status = Case.Status

# from → to → the Event that says so
TRANSITIONS: Final[dict[Status, dict[Status, str]]] = {
    Status.SCREENING: {Status.QUEUED: "case.queued"},
    Status.QUEUED: {
        Status.CLAIMED: "case.claimed",
        Status.QUEUED: "case.rerouted",
        Status.WITHDRAWN: "case.withdrawn",
    },
    Status.CLAIMED: {
        Status.QUEUED: "case.released",
        Status.PAUSED: "case.paused",
        Status.DECIDED: "case.decided",
        Status.WITHDRAWN: "case.withdrawn",
    },
    Status.PAUSED: {Status.QUEUED: "case.resumed", Status.WITHDRAWN: "case.withdrawn"},
    Status.DECIDED: {},
    Status.WITHDRAWN: {},
}
OPEN: Final = (Status.SCREENING, Status.QUEUED, Status.CLAIMED, Status.PAUSED)


class IllegalTransition(Exception):
    """The case cannot go from where it is to there."""


def lock(case_id: int) -> Case:
    """The case with its row locked until the transaction ends. Raises Case.DoesNotExist."""
    return Case.objects.select_for_update(no_key=True).get(pk=case_id)


def move_to(
    case: Case, status: Status, by: Actor, *, why: dict[str, Any] | None = None, **changes: Any
) -> None:
    """Move a case whose row the caller has locked, change the fields named, and write the Event.

    ``why`` goes into the Event. Leaving CLAIMED ends the lease; closing the case ends what colleagues were asked about
    it. Raises IllegalTransition.
    Two statements, three where it is closed: the row is updated by its id alone, because its lock makes that safe and
    a condition on the status can tempt the planner into a partial index with stale statistics.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("move_to needs the caller's transaction and row lock")
    before = Status(case.status)
    kind = TRANSITIONS[before].get(status)
    if kind is None:
        raise IllegalTransition(f"Case {case.pk} cannot go from {before.value} to {status.value}")
    if before == Status.CLAIMED:
        changes = {
            "claimed_by": None,
            "lease_token": None,
            "lease_until": None,
            "claimed_through": None,
        } | changes
    if status in Case.CLOSED:
        changes["decided_at"] = timezone.now()
    changes["status"] = status
    Case.objects.filter(pk=case.pk).update(**changes)
    for name, value in changes.items():
        setattr(case, name, value)
    if status in Case.CLOSED:
        unanswered = Consultation.objects.filter(case=case, status=Consultation.Status.OPEN)
        unanswered.update(status=Consultation.Status.OVER)
    audit.record(kind, by, case=case, **(why or {}))
