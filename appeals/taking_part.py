"""Who took part in a decision: nobody of them is ever given an appeal against it, or may open it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from accounts.models import User
from appeals.models import Appeal
from moderation import audit
from moderation.hookspecs import hookimpl
from moderation.lifecycle import lock
from moderation.models import Approval, Case, Consultation, Decision, Event, Exclusion
from moderation.queueing.lease import release_for


def who_took_part(decision: Decision) -> set[int]:
    """Everyone who decided, answered as a second person, was consulted, or escalated: on this decision, on every one
    before it, and on the appeals against them.
    """
    decisions = _connected(decision)
    cases = {each.case_id for each in decisions}
    # Also where a decision is being made anew, and nobody has decided yet.
    cases |= set(Case.objects.filter(revises__in=decisions).values_list("pk", flat=True))
    people: set[int | None] = {each.decided_by_id for each in decisions}
    people |= set(Approval.objects.filter(decision__in=decisions).values_list("answered_by", flat=True))
    people |= set(Consultation.objects.filter(case__in=cases).values_list("asked", flat=True))
    people |= set(
        Event.objects.filter(
            case_id__in=cases,
            kind="case.released",
            data__how="escalated",
            actor=Event.Actor.PERSON,
        ).values_list("actor_id", flat=True)
    )
    return {person for person in people if person is not None}


def exclude(case: Case, people: Iterable[int]) -> None:
    """For good, also where somebody only skipped it before."""
    Exclusion.objects.bulk_create(
        [Exclusion(case=case, moderator_id=each, reason=Exclusion.Reason.TOOK_PART) for each in people],
        update_conflicts=True,
        unique_fields=["case", "moderator"],
        update_fields=["reason", "until"],
    )


@hookimpl
def took_part(case: Case, moderator: User) -> None:
    """She is taken off every open appeal about what is decided in this case; one that she holds goes back."""
    for appeal in Appeal.objects.filter(status__in=Appeal.OPEN).filter(_about(case)):
        waiting = lock(appeal.case_id)
        exclude(waiting, [moderator.pk])
        if waiting.claimed_by_id == moderator.pk:
            release_for(waiting, audit.SYSTEM, "took part")


def _about(case: Case) -> Q:
    """Appeals against the decision of this case, and against those before it that it revises."""
    about = Q(decision__case=case)
    revised = case.revises
    while revised is not None:
        about |= Q(decision=revised)
        revised = revised.overrides or revised.case.revises
    return about


def _connected(decision: Decision) -> list[Decision]:
    """The decision, those before and after it, and those made on the appeals against any of them."""
    found: dict[int, Decision] = {}
    ahead = [decision]
    while ahead:
        each = ahead.pop()
        if each.pk in found:
            continue
        found[each.pk] = each
        ahead += [before for before in (each.overrides, each.case.revises) if before is not None]
        ahead += Decision.objects.select_related("case", "overrides").filter(
            Q(overrides=each) | Q(case__revises=each) | Q(case__appeal__decision=each)
        )
    return list(found.values())
