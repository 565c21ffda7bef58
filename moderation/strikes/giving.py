"""A strike begins and ends with its decision: the core of deciding calls these, each in its own transaction.

An action whose time is over leaves the strike; a decision that is reversed takes it back. That it expires is a
comparison with the clock: nothing is called for it.
"""

from __future__ import annotations

from django.utils import timezone

from moderation import audit
from moderation.models import Decision, Item, Strike
from moderation.strikes.taking import look_again, stand_in
from moderation.strikes.weights import weight_of

Status = Strike.Status


def give(decision: Decision, account: Item) -> Strike | None:
    """Hold the decision against the account. None where the breach weighs nothing.

    Giving the same decision's strike again changes nothing. One that takes the place of another counts from when
    that one did: nobody's days begin anew because something was decided better.
    """
    weight = weight_of(decision.policy, decision.severity)
    if not weight.points:
        return None
    before = Strike.objects.filter(decision=decision.overrides_id).first() if decision.overrides_id else None
    since = before.given_at if before else timezone.now()
    strike, given = Strike.objects.get_or_create(
        decision=decision,
        defaults={
            "account": account,
            "policy": decision.policy,
            "severity": decision.severity,
            "weight": weight.points,
            "given_at": since,
            "expires_at": weight.until(since),
        },
    )
    if given:
        by = audit.person(decision.decided_by) if decision.decided_by else audit.SYSTEM
        _record("strike.given", by, strike)
        if before is not None:
            stand_in(strike, before, by)
    return strike


def take_back(decision: Decision, by: audit.Actor | None = None) -> None:
    """The decision holds no more, and nor does its strike. One that is void stays so."""
    _move(decision, Status.ACTIVE, Status.TAKEN_BACK, "strike.taken_back", by)


def restore(decision: Decision, by: audit.Actor | None = None) -> None:
    """What took the decision back was itself undone: its strike counts again, until the day that it always had."""
    _move(decision, Status.TAKEN_BACK, Status.ACTIVE, "strike.restored", by)


def forget(decision: Decision, by: audit.Actor) -> None:
    """The decision was undone before anybody heard of it: only the trail knows that there was a strike."""
    strike = Strike.objects.select_related("account", "policy").filter(decision=decision).first()
    if strike is not None:
        _record("strike.taken_back", by, strike)
        strike.status = Status.TAKEN_BACK
        look_again(strike, by)
        strike.delete()


def void(decision: Decision, by: audit.Actor | None = None) -> None:
    """What the decision was about was gone before the platform heard of it: it is held against nobody."""
    _move(decision, Status.ACTIVE, Status.VOID, "strike.void", by)


def _move(
    decision: Decision, before: Strike.Status, after: Strike.Status, kind: str, by: audit.Actor | None
) -> None:
    """Where the decision's strike stands at ``before``; everywhere else nothing happens, however often it is asked."""
    strike = (
        Strike.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "policy")
        .filter(decision=decision, status=before)
        .first()
    )
    if strike is None:
        return
    strike.status = after
    strike.ended_at = None if after == Status.ACTIVE else timezone.now()
    strike.save(update_fields=["status", "ended_at"])
    _record(kind, by, strike)
    look_again(strike, by or audit.SYSTEM)


def _record(kind: str, by: audit.Actor | None, strike: Strike) -> None:
    audit.record(
        kind,
        by or audit.SYSTEM,
        item=strike.account,
        strike_id=strike.pk,
        decision_id=strike.decision_id,
        policy=strike.policy.slug,
        severity=strike.severity,
        weight=strike.weight,
        expires_at=strike.expires_at.isoformat() if strike.expires_at else None,
    )
