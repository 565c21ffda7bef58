"""The claim: the next case for a moderator, hers alone. At most three statements on the way to a case.

The statement itself is the SQL function ``lock_next_case`` (migration 0002): a function, because planning costs more
than running it, and only a function's plan is kept whatever pooler stands between.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells
from moderation.lifecycle import Status, move_to
from moderation.models import Case
from moderation.queueing.lanes import OpenLane, open_lanes

# Candidates taken from each lane, and of these the best: enough that sixteen moderators at once rarely find all of
# them taken; and once more with many before anybody is told that nothing waits.
FEW = (2, 32)
MANY = (32, 512)


def claim_next(moderator: User) -> Case | None:
    """The best waiting case that she may take, leased to her; None where nothing waits for her.

    Never one whose language she does not read, whose clearances she lacks, whose step has not opened, or that she
    is excluded from (she took part in the decision appealed, or skipped it a short while ago).
    """
    return _claim(moderator, open_lanes(moderator), FEW) or _claim(
        moderator, open_lanes(moderator, fresh=True), MANY
    )


def _claim(moderator: User, lanes: list[OpenLane], candidates: tuple[int, int]) -> Case | None:
    if not lanes:
        return None
    with transaction.atomic():
        found = list(
            Case.objects.raw(
                "SELECT * FROM lock_next_case(%s, %s::bigint[], %s::text[], %s::int[], %s, %s)",
                [
                    moderator.pk,
                    [lane.queue_id for lane in lanes],
                    [lane.language for lane in lanes],
                    [lane.opens_after for lane in lanes],
                    *candidates,
                ],
            )
        )
        if not found:
            return None
        case = found[0]
        move_to(
            case,
            Status.CLAIMED,
            audit.person(moderator),
            why={"lane": _reason(case, lanes)},
            claimed_by=moderator,
            lease_token=uuid.uuid4(),
            lease_until=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS),
        )
        bells.lane_changed(case.queue_id, case.language)
    return case


def _reason(case: Case, lanes: list[OpenLane]) -> dict[str, object]:
    """Why she could take it, for the audit trail: her skill, and the step that had opened."""
    lane = next(lane for lane in lanes if (lane.queue_id, lane.language) == (case.queue_id, case.language))
    return {"queue": lane.queue_id, "language": lane.language, "skill": lane.skill, "level": lane.level}
