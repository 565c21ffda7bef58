"""History: what she decided and what has come of it, latest first."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from moderation import plugins
from moderation.console import decided
from moderation.console.request import moderator
from moderation.console.taking import taken_by
from moderation.models import Decision

PAGE: Final = 25


def history(request: HttpRequest) -> HttpResponse:
    """Pages by the last id shown (``?before=``), so that a long history costs no more than a short one."""
    user = moderator(request)
    mine = decided.with_all(
        Decision.objects.filter(decided_by=user)
        .select_related("policy", "item", "case__queue")
        .order_by("-pk")
    )
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        mine = mine.filter(pk__lt=int(before))
    found = list(mine[: PAGE + 1])
    taken = taken_by(user, [decision.case_id for decision in found[:PAGE]])
    ids = [decision.pk for decision in found[:PAGE]]
    said = [each for answer in plugins.manager().hook.said_of(decisions=ids) for each in answer.items()]
    shown = [
        (
            decided.came_of(decision, user),
            taken.get(decision.case_id, ""),
            [words for pk, words in said if pk == decision.pk],
        )
        for decision in found[:PAGE]
    ]
    older = found[PAGE - 1].pk if len(found) > PAGE else None
    return render(request, "moderation/history.html", {"shown": shown, "older": older, "paged": bool(before)})
