"""The claim: the next case for a moderator, hers alone. At most three statements on the way to a case.

The statement itself is the SQL function ``lock_next_case`` (migration 0002): a function, because planning costs more
than running it, and only a function's plan is kept whatever pooler stands between.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells
from moderation.lifecycle import Status, move_to
from moderation.models import Case
from moderation.queueing.lanes import OpenLane, as_arguments, lane_of, open_lanes, through

# Candidates taken from each lane, and of these the best: enough that sixteen moderators at once rarely find all of
# them taken; and once more with many before anybody is told that nothing waits.
FEW = (2, 32)
MANY = (32, 512)
# The number of the lock that re-routing holds while it moves many cases at once (some hundredths of a second). Who has
# found nothing waits for it before she is told so: what she might take could be among them.
MOVING = 7_401


def claim_next(moderator: User) -> Case | None:
    """The best waiting case that she may take, leased to her; None where nothing waits for her.

    Never one whose language she does not read, whose clearances she lacks, whose step has not opened, or that she
    is excluded from (she took part in the decision appealed, or skipped it a short while ago).
    """
    return _claim(moderator, open_lanes(moderator), FEW) or _look_again(moderator)


def _look_again(moderator: User) -> Case | None:
    """With many candidates and the configuration of now, while nothing is on its way from lane to lane."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [MOVING])
        return _claim(moderator, open_lanes(moderator, fresh=True), MANY)


def _claim(moderator: User, lanes: list[OpenLane], candidates: tuple[int, int]) -> Case | None:
    if not lanes:
        return None
    with transaction.atomic():
        found = list(
            Case.objects.raw(
                "SELECT * FROM lock_next_case(%s, %s::bigint[], %s::text[], %s::text[], %s::int[], %s, %s)",
                [moderator.pk, *as_arguments(lanes), *candidates],
            )
        )
        if not found:
            return None
        hold(found[0], moderator, lanes)
    return found[0]


def hold(case: Case, moderator: User, lanes: list[OpenLane], **why: str) -> None:
    """Lease a case whose row the caller has locked to her, remembering the step that let her take it."""
    lane = next(lane for lane in lanes if lane.key == lane_of(case))
    move_to(
        case,
        Status.CLAIMED,
        audit.person(moderator),
        why={"lane": {"queue": lane.queue_id, "language": lane.language, **through(lane)}, **why},
        claimed_by=moderator,
        lease_token=uuid.uuid4(),
        lease_until=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS),
        claimed_through=through(lane),
    )
    bells.lane_changed(case.queue_id, case.language)
