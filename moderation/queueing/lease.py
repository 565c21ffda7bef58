"""The lease on a claimed case: renewed by heartbeat, released, skipped, or run out.

Every call names the lease's token. A stale tab's token is refused with LeaseLost, and what was typed is a Draft.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells
from moderation.audit import Actor
from moderation.lifecycle import Status, lock, move_to
from moderation.models import Case, Exclusion

# A skipped case comes back to the one who skipped it after this, so that it never waits for nobody.
SKIP_LASTS: Final = timedelta(hours=8)


class LeaseLost(Exception):
    """The case is not, or no longer, held with this token: it ran out, was released, or somebody else has it."""


def held_case(case_id: int, moderator: User, token: uuid.UUID) -> Case:
    """The case, its row locked, if she holds it with this token now. Raises LeaseLost, Case.DoesNotExist."""
    case = lock(case_id)
    live = case.lease_until is not None and case.lease_until > timezone.now()
    if not (live and case.claimed_by_id == moderator.pk and case.lease_token == token):
        raise LeaseLost
    return case


@transaction.atomic
def renew(case_id: int, moderator: User, token: uuid.UUID) -> datetime:
    """Heartbeat: until when the lease now lasts. Raises LeaseLost."""
    case = held_case(case_id, moderator, token)
    until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    Case.objects.filter(pk=case.pk).update(lease_until=until)
    return until


@transaction.atomic
def release(case_id: int, moderator: User, token: uuid.UUID) -> None:
    """Put the case back into its lane, where it keeps its place. Raises LeaseLost."""
    _return(held_case(case_id, moderator, token), audit.person(moderator), "released")


@transaction.atomic
def skip(case_id: int, moderator: User, token: uuid.UUID, reason: str) -> None:
    """Put it back for others; she is not given it again for SKIP_LASTS.

    Raises LeaseLost; ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("A skip needs a reason")
    case = held_case(case_id, moderator, token)
    leave_to_others(case, moderator, reason)
    _return(case, audit.person(moderator), "skipped", reason=reason.strip())


def leave_to_others(case: Case, moderator: User, why: str) -> None:
    """She is not given this case again for SKIP_LASTS; in the transaction that returns it or sends it elsewhere."""
    Exclusion.objects.update_or_create(
        case=case,
        moderator=moderator,
        defaults={
            "reason": Exclusion.Reason.SKIPPED,
            "note": why.strip()[:500],
            "until": timezone.now() + SKIP_LASTS,
        },
    )


def release_for(case: Case, by: Actor, how: str) -> None:
    """Put back a claimed case whose row the caller has locked, for a reason other than her wish."""
    _return(case, by, how)


def release_expired(limit: int = 500) -> int:
    """Put back cases whose lease ran out (a sweep, config/cron.py). How many."""
    with transaction.atomic():
        expired = (
            Case.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(status=Status.CLAIMED, lease_until__lte=timezone.now())
            .order_by("lease_until")[:limit]
        )
        count = 0
        for case in expired:
            _return(case, audit.SYSTEM, "expired")
            count += 1
    return count


def _return(case: Case, by: Actor, how: str, **why: str) -> None:
    move_to(case, Status.QUEUED, by, why={"how": how, **why})
    bells.lane_changed(case.queue_id, case.language)
