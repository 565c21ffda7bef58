"""What waits for a second person, and her answer: approve, reject with reasons, or decide otherwise.

Who may answer is moderation/approvals.py's; the database holds it too.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from moderation import access, policies, revisions, statements
from moderation.actions import ACTIONS
from moderation.approvals import (
    AlreadyAnswered,
    NotYours,
    amend,
    approve,
    may_answer,
    reject,
    waiting,
    waiting_for,
)
from moderation.console import decided, drafts, words
from moderation.console.evidence import evidence
from moderation.console.judgement_form import typed_of
from moderation.console.pages import page_of
from moderation.console.request import go, is_htmx, moderator
from moderation.judgements import InvalidJudgement, JudgedAction, Judgement
from moderation.models import Approval, Case, Decision, Referral
from moderation.referrals import access as referring


def approvals(request: HttpRequest) -> HttpResponse:
    """What she may answer, longest waiting first; and what she decided that waits for somebody else."""
    user = moderator(request)
    context = {
        "hers": [(each, held_labels(each.decision, user)) for each in waiting_for(user)],
        "own": [(each, held_labels(each.decision, user)) for each in waiting().filter(decided_by=user)],
    }
    return render(request, "moderation/approvals.html", context)


def approval(request: HttpRequest, approval_id: int) -> HttpResponse:
    """One of them, with all that the page of its case shows."""
    user = moderator(request)
    found = _find(user, approval_id)
    return render(request, "moderation/approval.html", _page(found, user))


def approve_decision(request: HttpRequest, approval_id: int) -> HttpResponse:
    user = moderator(request)
    found = _find(user, approval_id)
    try:
        approve(approval_id, user)
    except (NotYours, AlreadyAnswered) as refused:
        return _refused(request, found, refused)
    messages.success(
        request,
        gettext("Approved: what case %(id)s waited for is on its way.") % {"id": found.decision.case_id},
    )
    return go(request, reverse("approvals"))


def reject_decision(request: HttpRequest, approval_id: int) -> HttpResponse:
    """With reasons, for whoever decides the case anew."""
    user = moderator(request)
    found = _find(user, approval_id)
    reasons = request.POST.get("reasons", "").replace("\0", "")
    try:
        reject(approval_id, user, reasons)
    except InvalidJudgement as invalid:
        return _again(request, found, 422, error=" ".join(each["msg"] for each in invalid.errors))
    except revisions.BeingRevised:
        return _again(request, found, 409, message=gettext("Somebody is deciding it anew already."))
    except (NotYours, AlreadyAnswered) as refused:
        return _refused(request, found, refused)
    words = gettext("Rejected: case %(id)s goes back to its lane to be decided anew.")
    messages.success(request, words % {"id": found.decision.case_id})
    return go(request, reverse("approvals"))


def amend_decision(request: HttpRequest, approval_id: int) -> HttpResponse:
    """Decide otherwise: the case opens anew for her, with the decision filled in. Until she submits, it waits on."""
    user = moderator(request)
    found = _find(user, approval_id)
    try:
        revision = amend(approval_id, user)
    except revisions.BeingRevised:
        mine = _her_revision(found, user)
        if mine is None:
            return _again(request, found, 409, message=gettext("Somebody is deciding it anew already."))
        return go(request, page_of(mine))
    except revisions.NotYours:
        words = gettext("You can approve or reject this, but such cases do not come to you to be decided.")
        return _again(request, found, 409, message=words)
    except (NotYours, AlreadyAnswered) as refused:
        return _refused(request, found, refused)
    drafts.keep(revision, user, typed_of(found.decision, exactly=True))
    return go(request, page_of(revision))


def held_labels(decision: Decision, user: User) -> list[str]:
    """The actions of a decision that wait for a second person, as far as she may know."""
    return [words.action_label(each) for each in decided.held(decided.readable(decision, user))]


def _find(user: User, approval_id: int) -> Approval:
    """The approval, on a case that she may see and about something that she may know; otherwise Http404."""
    found: Approval = get_object_or_404(
        Approval.objects.select_related("decision__policy", "decision__decided_by", "answered_by"),
        pk=approval_id,
    )
    found.decision.case = access.case_for(user, found.decision.case_id)
    if not held_labels(found.decision, user):
        raise Http404
    return found


def _page(
    found: Approval, user: User, message: str = "", error: str = "", reasons: str = ""
) -> dict[str, Any]:
    case = found.decision.case
    return evidence(case, user) | _answering(found, user, message, error, reasons) | {"standing": "decided"}


def _answering(found: Approval, user: User, message: str, error: str, reasons: str) -> dict[str, Any]:
    decision = found.decision
    open_now = found.status == Approval.Status.WAITING
    return {
        "case": decision.case,
        "approval": found,
        "decision": decision,
        "policy_then": policies.as_it_was(decision),
        "own": found.decided_by_id == user.pk,
        "may_answer": open_now and may_answer(user, found),
        "open_now": open_now,
        "held": held_labels(decision, user),
        "referral": _referral(decision, user),
        "statement": _statement(decision) if open_now else None,
        "statement_language": statements.language_for(decision.case),
        "being_revised": _open_revision(found),
        "message": message,
        "error": error,
        "reasons": reasons,
    }


def _referral(decision: Decision, user: User) -> Referral | None:
    """The referral that waits, for who is cleared for it; that she looked is an Event."""
    made = getattr(decision, "referral", None)
    if made is None or not referring.may_see_referrals(user):
        return None
    return referring.referral_for(user, made.pk, "approval")


def _statement(decision: Decision) -> statements.StatementText | None:
    """What the person will read once what is held goes out; None where nothing of it is told to her."""
    told = [
        JudgedAction(each["action"], each["parameters"], each["territories"], each.get("on", ""))
        for each in decided.held(decision.actions)
        if ACTIONS[each["action"]].restricts
    ]
    if not told:
        return None
    judgement = Judgement(
        policy=decision.policy.slug,
        actions=told,
        reasoning=decision.reasoning,
        severity=decision.severity,
        ground=decision.ground,
        legal_ground=decision.legal_ground,
    )
    return statements.preview(decision.case, judgement)


def _refused(request: HttpRequest, found: Approval, why: Exception) -> HttpResponse:
    if isinstance(why, AlreadyAnswered):
        message = gettext("This was answered meanwhile.")
    elif found.decided_by_id == moderator(request).pk:
        message = gettext("You decided this: it waits for somebody else.")
    else:
        message = gettext("You have not the right to answer this (any more).")
    return _again(request, found, 409, message=message)


def _again(
    request: HttpRequest, found: Approval, status: int, *, message: str = "", error: str = ""
) -> HttpResponse:
    """The page as it is now, with what she wrote; the part that answers where its script asked."""
    user = moderator(request)
    found = _find(user, found.pk)
    reasons = request.POST.get("reasons", "")
    if is_htmx(request):
        context = _answering(found, user, message, error, reasons)
        return render(request, "moderation/_approval.html", context, status=status)
    return render(
        request, "moderation/approval.html", _page(found, user, message, error, reasons), status=status
    )


def _open_revision(found: Approval) -> Case | None:
    open_ones = found.decision.revisions.exclude(status=Case.Status.DECIDED)
    return open_ones.select_related("claimed_by").first()


def _her_revision(found: Approval, user: User) -> Case | None:
    """The case that a first click on "Decide otherwise" opened for her."""
    revision = _open_revision(found)
    return revision if revision is not None and revision.claimed_by_id == user.pk else None
