"""Taking a certain case, not the next one: after a hold was lost, by the one who had it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from moderation import audit
from moderation.lifecycle import Status, lock, move_to
from moderation.models import Case, Event, Exclusion
from moderation.queueing.claim import hold
from moderation.queueing.lanes import OpenLane, lane_of, open_lanes


@transaction.atomic
def claim_again(moderator: User, case_id: int) -> Case | None:
    """The case leased to her, if it waits in a lane open to her and her name is in its trail as one who held it.

    None where it is not free, or she never had it: choosing among what waits is what *next case* is there to prevent.
    A hold of hers that ran out and was not swept up yet counts as free. Raises Case.DoesNotExist.
    """
    case = lock(case_id)
    now = timezone.now()
    ran_out = case.status == Status.CLAIMED and case.lease_until is not None and case.lease_until <= now
    if ran_out:
        move_to(case, Status.QUEUED, audit.SYSTEM, why={"how": "expired"})
    lanes = open_lanes(moderator)
    if case.status != Status.QUEUED or not may_take(moderator, case, lanes) or not _had_it(moderator, case):
        return None
    hold(case, moderator, lanes, how="again")
    return case


def may_take(moderator: User, case: Case, lanes: list[OpenLane]) -> bool:
    """The claim's rule for one waiting case; what she skipped she may take again of her own will."""
    took_part = Exclusion.objects.filter(
        Q(until=None) | Q(until__gt=timezone.now()),
        case=case,
        moderator=moderator,
        reason=Exclusion.Reason.TOOK_PART,
    )
    return not took_part.exists() and any(
        lane.key == lane_of(case)
        and case.queued_at is not None
        and case.queued_at <= timezone.now() - timedelta(seconds=lane.access.opens_after)
        for lane in lanes
    )


def _had_it(moderator: User, case: Case) -> bool:
    return Event.objects.filter(
        case_id=case.pk, kind="case.claimed", actor=Event.Actor.PERSON, actor_id=moderator.pk
    ).exists()
