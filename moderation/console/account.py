"""An account's page: what stands against it and why, what was decided and what is in force. Looking is an Event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from moderation import access, audit, strikes
from moderation.actions import ACTIONS
from moderation.console import decided
from moderation.console.action_fields import days_in_words
from moderation.console.evidence import past_decisions
from moderation.console.request import moderator
from moderation.models import Case, Decision, Enforcement, Item, Snapshot, Strike
from moderation.queueing.lanes import lane_of
from moderation.strikes.standing import Reach

SHOWN: Final = 50


@dataclass(frozen=True)
class ShownStrike:
    """A strike that counts, and whether she may read the case that gave it."""

    strike: Strike
    readable: bool


@dataclass(frozen=True)
class ShownReach:
    """How far it is to a threshold, and what is proposed from there on."""

    reach: Reach
    proposed: str


@dataclass(frozen=True)
class InForce:
    """What is in force or waits for a second person, in words, on which item, and until when."""

    label: str
    item: Item
    until: datetime | None
    held: bool


def account(request: HttpRequest, item_id: int) -> HttpResponse:
    """The page. A constant number of statements, however long the account's record is."""
    user = moderator(request)
    found = access.account_for(user, item_id)
    audit.record("account.viewed", audit.person(user), item=found)
    standing = strikes.standing(found)
    lanes = access.lanes_of(user)
    about = Item.objects.filter(Q(pk=found.pk) | Q(author=found))
    decisions = list(_decisions(about)[: SHOWN + 1])
    context: dict[str, Any] = {
        "account": found,
        "snapshot": Snapshot.objects.filter(item=found).order_by("-pk").first(),
        "standing": standing,
        "strikes": [
            ShownStrike(
                each,
                lane_of(each.decision.case) in lanes or each.decision.decided_by_id == user.pk,
            )
            for each in standing.strikes
        ],
        "reaches": [ShownReach(each, proposed_in_words(each)) for each in standing.reaches],
        "decisions": past_decisions(decisions[:SHOWN], user),
        "more": len(decisions) > SHOWN,
        "counts": _counts(about),
        "in_force": _in_force(about),
        "languages": list(
            Case.objects.filter(item__in=about)
            .exclude(origin=Case.Origin.APPEAL)
            .values_list("language")
            .annotate(n=Count("pk"))
            .order_by("-n", "language")
        ),
    }
    return render(request, "moderation/account.html", context)


def proposed_in_words(reach: Reach) -> str:
    """``Lock account, 7 days``; the slug where the plugin that brought the action is gone."""
    threshold = reach.threshold
    action = ACTIONS.get(threshold.action)
    if action is None:
        return threshold.action
    parameters = strikes.parameters_of(action, threshold.days)
    words = decided.in_words(action.slug, parameters)
    return f"{words}, {days_in_words(str(threshold.days or ''))}" if "until" in parameters else words


def _decisions(about: QuerySet[Item]) -> QuerySet[Decision]:
    return (
        Decision.objects.filter(item__in=about)
        .select_related("case", "policy", "item", "decided_by")
        .prefetch_related(Prefetch("overridden_by", Decision.objects.only("pk", "overrides_id")))
        .order_by("-pk")
    )


def _counts(about: QuerySet[Item]) -> dict[str, int]:
    """How many decisions there were, and how many appeals were filed and won. An appeal is a case of its own."""
    decisions = Decision.objects.filter(item__in=about).exclude(case__origin=Case.Origin.APPEAL)
    counted = decisions.aggregate(
        decisions=Count("pk", distinct=True),
        won=Count("pk", distinct=True, filter=Q(overridden_by__case__origin=Case.Origin.APPEAL)),
    )
    appeals = Case.objects.filter(item__in=about, origin=Case.Origin.APPEAL).count()
    return {**counted, "appeals": appeals}


def _in_force(about: QuerySet[Item]) -> list[InForce]:
    now = (*Enforcement.IN_FORCE, Enforcement.Status.HELD)
    found = Enforcement.objects.filter(item__in=about, status__in=now).select_related("item")
    return [
        InForce(
            decided.in_words(each.action, each.parameters, each.territories),
            each.item,
            each.ends_at,
            each.status == Enforcement.Status.HELD,
        )
        for each in found.order_by("-created_at", "pk")[:SHOWN]
    ]
