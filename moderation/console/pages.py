"""Where a case is reviewed, and how it stands for the person who looks at it."""

from __future__ import annotations

from django.db.models import TextChoices
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from moderation import plugins
from moderation.models import Case


class Standing(TextChoices):
    """How a case stands for a person: what she can do with it now."""

    HELD = "held"  # by her, now
    RAN_OUT = "ran_out"  # by her, until a moment ago
    ELSEWHERE = "elsewhere"  # somebody else holds it
    WAITING = "waiting"  # in its lane, or on its way there
    PAUSED = "paused"  # for whoever appealed to answer
    WITHDRAWN = "withdrawn"  # by whoever appealed: nothing is decided in it any more
    DECIDED = "decided"  # by somebody else, or automatically
    DECIDED_BY_HER = "decided_by_her"


def page_of(case: Case) -> str:
    """The address of the page on which it is reviewed: an appeal has its own."""
    return plugins.manager().hook.case_page(case=case) or reverse("case", args=[case.pk])


def standing(case: Case, user: User) -> Standing:
    if case.status == Case.Status.DECIDED:
        return Standing.DECIDED_BY_HER if case.decision.decided_by_id == user.pk else Standing.DECIDED
    if case.status in (Case.Status.PAUSED, Case.Status.WITHDRAWN):
        return Standing(case.status)
    if case.status != Case.Status.CLAIMED or case.lease_until is None:
        return Standing.WAITING
    if case.lease_until <= timezone.now():
        return Standing.RAN_OUT if case.claimed_by_id == user.pk else Standing.WAITING
    return Standing.HELD if case.claimed_by_id == user.pk else Standing.ELSEWHERE
