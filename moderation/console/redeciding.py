"""Change of mind: taking back at once what was just submitted, and reconsidering what was decided.

Either way she gets a case of her own with everything filled in as she had typed it. The bar that offers to undo is on
whatever page comes next (templatetags/redeciding.py), from what ``offer_undo`` put into the session.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from accounts.models import Role, User
from moderation import access, revisions
from moderation.console import decided, drafts
from moderation.console.judgement_form import typed_of
from moderation.console.pages import page_of
from moderation.console.request import go, moderator
from moderation.models import Case, Decision

# In the session: {"decision": id, "case": id, "until": ISO 8601, "waits": whether a second person is asked}.
UNDO: Final = "undo"


def offer_undo(request: HttpRequest, decision: Decision) -> bool:
    """Have the next pages offer to undo this decision while there is time. Whether there is any."""
    if not revisions.undo_until(decision.case):
        request.session.pop(UNDO, None)
        return False
    until = decision.decided_at + timedelta(seconds=settings.UNDO_SECONDS)
    waits = hasattr(decision, "approval")
    request.session[UNDO] = {
        "decision": decision.pk,
        "case": decision.case_id,
        "until": until.isoformat(),
        "waits": waits,
    }
    return True


def undo_decision(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Take back what she has just submitted and open it again; in words why not, where it is too late."""
    user = moderator(request)
    decision = _decision(user, decision_id)
    request.session.pop(UNDO, None)
    try:
        revision = revisions.undo(decision_id, user)
    except revisions.TooLate:
        words = gettext("It is too late to undo this.")
        return go(request, _again(request, user, decision, Case.Revised.UNDONE, words))
    except revisions.NotYours:
        messages.error(request, gettext("Only who made a decision can undo it."))
        return go(request, page_of(decision.case))
    drafts.keep(revision, user, typed_of(decision))
    return go(request, page_of(revision))


def reconsider_decision(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Open a decided case anew, with the decision filled in. It stands until another one is submitted."""
    user = moderator(request)
    decision = _decision(user, decision_id)
    try:
        if decided.readable(decision, user) != decision.actions:
            raise revisions.NotYours  # part of it is not hers to know, and would go without her knowing
        revision = revisions.reconsider(decision_id, user)
    except revisions.BeingRevised:
        words = gettext("Somebody is deciding it anew already.")
        return go(request, _again(request, user, decision, Case.Revised.RECONSIDERED, words))
    except revisions.TooLate:
        messages.error(request, gettext("Another decision took its place. Reconsider that one."))
        return go(request, page_of(decision.case))
    except revisions.NotYours:
        words = gettext("You can reconsider what you decided yourself, as long as such cases come to you.")
        messages.error(request, words)
        return go(request, page_of(decision.case))
    drafts.keep(revision, user, typed_of(decision, exactly=True))
    return go(request, page_of(revision))


def may_reconsider(decision: Decision, user: User) -> bool:
    """Whether the button is offered on a case that she sees: hers or an admin's, still standing, no appeal's."""
    hers = decision.decided_by_id == user.pk or user.role == Role.ADMIN
    if not hers or decision.case.origin == Case.Origin.APPEAL:
        return False
    return not (decision.overridden_by.exists() or revisions.undone(decision))


def _again(request: HttpRequest, user: User, decision: Decision, revised: str, words: str) -> str:
    """Where to go when it cannot be made anew: to the case that a first click opened for her, else back, with words."""
    mine = decision.revisions.filter(revised=revised, status=Case.Status.CLAIMED, claimed_by=user).first()
    if mine is not None:
        return page_of(mine)
    messages.error(request, words)
    return page_of(decision.case)


def _decision(user: User, decision_id: int) -> Decision:
    """The decision, on a case that she may see; otherwise Http404."""
    decision: Decision = get_object_or_404(
        Decision.objects.select_related("policy", "case__revises"), pk=decision_id
    )
    access.case_for(user, decision.case_id)
    return decision
