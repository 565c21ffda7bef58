"""Taking an appeal back: nobody looks at it any more, the decision stays, and a new one may be sent in time."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from appeals import letters
from appeals.models import Appeal, Question
from appeals.questions import told
from moderation import audit, bells, outbox
from moderation.lifecycle import Status, lock, move_to
from moderation.outbox.posting import iso


class NotOpen(Exception):
    """It is decided, or was taken back before."""


@transaction.atomic
def withdraw(appeal: Appeal, by: audit.Actor) -> Appeal:
    """Take the appeal back, also while a moderator holds its case: she is told when she submits. Raises NotOpen."""
    case = lock(appeal.case_id)
    current = Appeal.objects.select_related("decision__item", "reply__flag", "case").get(pk=appeal.pk)
    if current.status not in Appeal.OPEN:
        raise NotOpen
    move_to(case, Status.WITHDRAWN, by)
    bells.lane_changed(case.queue_id, case.language)
    # Nobody waits for an answer to what was asked.
    Question.objects.filter(appeal=current, status=Question.Status.OPEN).update(status=Question.Status.LAPSED)
    current.status = Appeal.Status.WITHDRAWN
    current.decided_at = timezone.now()
    current.save(update_fields=["status", "decided_at"])
    audit.record("appeal.withdrawn", by, case=case, appeal_id=current.pk, decision_id=current.decision_id)
    outbox.post(
        "appeal.withdrawn",
        current.decision.item,
        told(current) | {"withdrawn_at": iso(current.decided_at)},
    )
    letters.write(current, letters.Kind.WITHDRAWN)
    return current
