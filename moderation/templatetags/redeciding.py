"""The bar that offers to undo what was just submitted, and the way to what waits for a second person."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from django import template
from django.db.models import Count, Q
from django.template.context import Context
from django.utils import timezone

from moderation import approvals
from moderation.console.decided import Came, came_of, with_all
from moderation.console.redeciding import UNDO
from moderation.eligibility import loading
from moderation.models import Consultation, Decision

register = template.Library()


@register.inclusion_tag("moderation/_undo.html", takes_context=True)
def undo_bar(context: Context) -> dict[str, Any]:
    """What she has just decided, while it can be undone. From the session alone: no statement."""
    request = context["request"]
    offered = request.session.get(UNDO)
    left = (datetime.fromisoformat(offered["until"]) - timezone.now()).total_seconds() if offered else 0
    if left <= 0:
        return {}
    return {**offered, "seconds": ceil(left), "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def approvals_waiting(context: Context) -> int | None:
    """How much waits for this person's answer; None for whoever has not the right to approve.

    As old as the claim's configuration: for everybody without the right it is no statement more.
    """
    user = context["request"].user
    known = loading.current().moderators.get(user.pk)
    if known is None or approvals.RIGHT not in known.clearances:
        return None
    return len(approvals.waiting_for(user))


@register.simple_tag(takes_context=True)
def asked_of(context: Context) -> int | None:
    """How many colleagues wait for this person's opinion; None for whom nobody ever asked. One statement."""
    counts = Consultation.objects.filter(asked=context["request"].user).aggregate(
        ever=Count("pk"), waiting=Count("pk", filter=Q(status=Consultation.Status.OPEN))
    )
    return counts["waiting"] if counts["ever"] else None


@register.simple_tag(takes_context=True)
def came(context: Context, decision: Decision) -> Came:
    """What has come of a decision, as far as this person may read it: see moderation.console.decided."""
    found = with_all(Decision.objects.filter(pk=decision.pk)).get()
    return came_of(found, context["request"].user)
