"""Where the form is not: too late, replaced by a newer decision, not looked at for some time, or final.

Whatever she wrote stands on the page, to copy or to save.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from appeals import links, opening, words
from appeals.models import Misuse
from appeals.opening import Party
from appeals.page import show
from appeals.telling import told_about
from moderation.models import Decision

Closed = opening.AppealClosed | opening.Replaced | opening.Suspended


def answer(request: HttpRequest, party: Party, closed: Closed, written: Mapping[str, str]) -> HttpResponse:
    """Why not, in words. ``written``: what she has just sent, or what was kept of it."""
    context: dict[str, Any] = {"party": party, "unsent": [text for text in written.values() if text.strip()]}
    if isinstance(closed, opening.Replaced):
        newer = closed.decision
        decided_on = words.day(newer.decided_at)
        return show(request, "replaced", 410, decided_on=decided_on, newer=_link(party, newer), **context)
    if isinstance(closed, opening.Suspended):
        return show(
            request,
            "suspended",
            403,
            warned_on=_warned_on(closed.misuse),
            until=words.day(closed.misuse.until) if closed.misuse.until else "",
            **context,
        )
    if closed.until is None:
        # It was made on an appeal: she can read it, and what is open to her outside.
        return show(request, "final", **told_about(party), **context)
    return show(request, "late", 410, until=words.day(closed.until), **context)


def _link(party: Party, newer: Decision) -> str:
    """The page of the newer decision, where it holds something against her, or left her report without an answer."""
    notice = party.reply.flag_id if party.reply else None
    found = opening.party_of(newer.pk, notice)
    if found is None or found.account != party.account:
        return ""
    return reverse("appeal", args=[links.token_for(newer.pk, notice)])


def _warned_on(suspension: Misuse) -> str:
    warning = (
        Misuse.objects.filter(
            account=suspension.account_id,
            of=suspension.of,
            measure=Misuse.Measure.WARNING,
            at__lte=suspension.at,
        )
        .order_by("-at")
        .first()
    )
    return words.day((warning or suspension).at)
