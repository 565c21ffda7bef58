"""Decisions for which a moderator took what the account's strikes proposed: looked at again once those are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from moderation import audit
from moderation.judgements import Measure
from moderation.models import Case, Decision, Enforcement, ProposalTaken, Strike
from moderation.strikes.proposing import proposal
from moderation.strikes.standing import account_of, counting

Status = ProposalTaken.Status


def note(decision: Decision, case: Case, measures: Sequence[Measure]) -> None:
    """Keep on which strikes the decision rests, if what they propose is among its measures.

    In its transaction, before anything of it is in force or counts.
    """
    account = account_of(case.item)
    on_account = {each.action.slug for each in measures if each.target == account and each.action.restricts}
    if account is None or not on_account:
        return
    proposed = proposal(case, decision.policy, decision.severity)
    if proposed is None or proposed.action.slug not in on_account:
        return
    since = timezone.now() - timedelta(days=proposed.threshold.window_days)
    taken = ProposalTaken.objects.create(
        decision=decision,
        action=proposed.action.slug,
        points=proposed.threshold.points,
        weighs=proposed.weighs,
    )
    taken.strikes.set(counting(account).filter(given_at__gt=since).exclude(decision=case.revises_id))


def look_again(strike: Strike, by: audit.Actor) -> None:
    """A strike counts no more, or counts again: so may what was decided because of it.

    In the transaction in which that changes. Of one that is deleted, call it before, with a status that does not count.
    """
    for taken in (
        ProposalTaken.objects.select_for_update(of=("self",), no_key=True)
        .select_related("decision__case")
        .filter(strikes=strike)
        .exclude(status=Status.KEPT)
        .order_by("pk")
    ):
        others = taken.strikes.filter(status=Strike.Status.ACTIVE).exclude(pk=strike.pk)
        left = others.aggregate(points=Sum("weight", default=0))["points"]
        if strike.status == Strike.Status.ACTIVE:
            left += strike.weight
        now = Status.SOUND if left + taken.weighs >= taken.points else Status.OPEN
        if now == taken.status:
            continue
        taken.status = now
        taken.save(update_fields=["status"])
        kind = "decision.doubted" if now == Status.OPEN else "decision.sound_again"
        audit.record(
            kind,
            by,
            case=taken.decision.case,
            decision_id=taken.decision_id,
            strike_id=strike.pk,
            because_of=strike.decision_id,
            action=taken.action,
            points=left + taken.weighs,
            asked=taken.points,
        )


def stand_in(strike: Strike, before: Strike, by: audit.Actor) -> None:
    """A strike takes the place of another: what rested on that one rests on this one."""
    strike.proposals_taken.set(before.proposals_taken.all())
    look_again(strike, by)


def doubted() -> QuerySet[ProposalTaken]:
    """What an admin is to look at again: what was proposed, is still in force and would not be proposed now."""
    still = Enforcement.objects.filter(
        rests_on=OuterRef("decision"),
        action=OuterRef("action"),
        status__in=(Enforcement.Status.HELD, *Enforcement.IN_FORCE),
    )
    return (
        ProposalTaken.objects.filter(Exists(still), status=Status.OPEN)
        .select_related("decision__case", "decision__policy", "decision__item", "decision__item__author")
        .order_by("pk")
    )


def keep(taken_id: int, user: User) -> ProposalTaken:
    """She looked at it again, and it is right without those strikes. Call it in a transaction.

    Raises ProposalTaken.DoesNotExist where somebody answered, or nothing is in doubt any more.
    """
    found = ProposalTaken.objects.select_for_update(of=("self",), no_key=True).select_related(
        "decision__case"
    )
    taken = found.get(pk=taken_id, status=Status.OPEN)
    taken.status = Status.KEPT
    taken.answered_by, taken.answered_at = user, timezone.now()
    taken.save(update_fields=["status", "answered_by", "answered_at"])
    audit.record(
        "decision.kept",
        audit.person(user),
        case=taken.decision.case,
        decision_id=taken.decision_id,
        action=taken.action,
    )
    return taken
