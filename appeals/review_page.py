"""The page on which a moderator reviews an appeal: the console's, with the appeal and the decision it is against."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from appeals import review
from appeals.models import Appeal
from moderation import access, audit
from moderation.console import action_fields, drafts
from moderation.console.case import decide_context
from moderation.console.evidence import evidence
from moderation.console.holding import next_page
from moderation.console.pages import Standing, standing
from moderation.console.request import Typed, go, is_htmx, moderator, token, typed
from moderation.console.translated import Original, translation_context
from moderation.decisions import AlreadyDecided, InvalidJudgement, LeaseLost, TookPart
from moderation.models import Case
from moderation.policies import as_it_was


def review_case(request: HttpRequest, case_id: int) -> HttpResponse:
    user = moderator(request)
    case = access.case_for(user, case_id)
    appeal = _appeal(case)
    context = _page(appeal, case, user, drafts.kept(case, user))
    if "translated" in request.GET and context.get("held_through"):
        context |= _translated(appeal, case, user)
    return render(request, "appeals/review.html", context)


def translation(request: HttpRequest, case_id: int) -> HttpResponse:
    """A piece of the page: the appeal and what it is about, for whoever was let in without reading them."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    return render(request, "moderation/_translation.html", _translated(_appeal(case), case, user))


def conclude(request: HttpRequest, case_id: int) -> HttpResponse:
    """Submit the outcome; then the next case opens."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    fields = typed(request)
    try:
        review.conclude(
            _appeal(case),
            user,
            token(request),
            review.Answer(
                action_fields.first(fields, "outcome"),
                action_fields.first(fields, "reasoning"),
                note=action_fields.first(fields, "note"),
            ),
        )
    except InvalidJudgement as invalid:
        return _again(request, case, 422, invalid.errors)
    except AlreadyDecided:
        if standing(access.case_for(user, case_id), user) != Standing.DECIDED_BY_HER:
            return _again(request, case, 409)
        # The second click on Submit: the first one did it.
    except (LeaseLost, TookPart):
        return _again(request, case, 409)
    else:
        messages.success(request, gettext("The appeal in case %(id)s is answered.") % {"id": case_id})
    return go(request, next_page(user, request))


def _again(
    request: HttpRequest, case: Case, status: int, errors: list[dict[str, Any]] | None = None
) -> HttpResponse:
    """The form as it was typed, with what is wrong; kept as a draft too. The whole page where no script asked."""
    user = moderator(request)
    case = access.case_for(user, case.pk)
    fields = typed(request)
    drafts.keep(case, user, fields)
    if is_htmx(request):
        context = _form(_appeal(case), case, user, fields, errors)
        return render(request, "appeals/_conclude.html", context, status=status)
    context = _page(_appeal(case), case, user, fields, errors)
    return render(request, "appeals/review.html", context, status=status)


def _page(
    appeal: Appeal, case: Case, user: User, fields: Typed, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The evidence is that of the case appealed, as it was; showing the appeal is an Event as well."""
    audit.record("evidence.viewed", audit.person(user), case=case, appeal_id=appeal.pk)
    appealed = appeal.decision.case
    then = {"policy_then": as_it_was(appeal.decision)}
    return (
        evidence(appealed, user)
        | {"reasons": case.reasons}
        | then
        | _form(appeal, case, user, fields, errors)
    )


def _form(
    appeal: Appeal, case: Case, user: User, fields: Typed, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return decide_context(case, user, fields, errors) | {
        "submit_to": reverse("appeal-conclude", args=[case.pk]),
        "appeal": appeal,
        "appealed_case": appeal.decision.case,
        "again": reverse("appeal-translation", args=[case.pk]),
        "outcomes": Appeal.Outcome.choices,
        "outcome": action_fields.first(fields, "outcome"),
    }


def _translated(appeal: Appeal, case: Case, user: User) -> dict[str, Any]:
    """The appeal goes by its own language, what was flagged by that of the case appealed."""
    appealed = appeal.decision.case
    originals = [
        Original(appeal.text, case.language, gettext("Why she disagrees")),
        Original(appeal.background, case.language, gettext("What else we should know")),
        Original(appealed.snapshot.text, appealed.language, gettext("What was flagged")),
    ]
    return translation_context(case, user, originals, reverse("appeal-translation", args=[case.pk]))


def _appeal(case: Case) -> Appeal:
    found: Appeal = get_object_or_404(
        Appeal.objects.select_related(
            "decision__case__item__platform",
            "decision__case__item__author",
            "decision__case__snapshot__author",
            "decision__case__policy",
            "decision__case__queue",
            "decision__policy",
            "decision__decided_by",
        ),
        case=case,
    )
    return found
