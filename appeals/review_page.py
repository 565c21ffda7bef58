"""The page on which a moderator reviews an appeal: the console's, with the appeal and the decision it is against."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from appeals import outcome_form, questions, review
from appeals.beside import beside
from appeals.models import Appeal
from moderation import access
from moderation.console import drafts
from moderation.console.action_fields import first
from moderation.console.holding import next_page
from moderation.console.pages import Standing, standing
from moderation.console.request import Typed, go, is_htmx, moderator, token, typed
from moderation.console.translated import Original, translation_context
from moderation.decisions import AlreadyDecided, InvalidJudgement, LeaseLost, TookPart
from moderation.models import Case


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


def options(request: HttpRequest, case_id: int) -> HttpResponse:
    """What can take the decision's place under the policy just chosen, with what was typed put back."""
    case = access.case_for(moderator(request), case_id)
    _appeal(case)
    return render(request, "moderation/_options.html", outcome_form.options_context(case, typed(request)))


def preview(request: HttpRequest, case_id: int) -> HttpResponse:
    """What the outcome as typed would change, and what whoever appeals would read."""
    case = access.case_for(moderator(request), case_id)
    context = outcome_form.preview_context(_appeal(case), typed(request))
    return render(request, "appeals/review/_preview.html", context)


def conclude(request: HttpRequest, case_id: int) -> HttpResponse:
    """Submit the outcome; then the next case opens."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    appeal, fields = _appeal(case), typed(request)
    try:
        review.conclude(appeal, user, token(request), outcome_form.answer(appeal, fields))
    except InvalidJudgement as invalid:
        return _again(request, case, 422, errors=invalid.errors)
    except AlreadyDecided:
        if standing(access.case_for(user, case_id), user) != Standing.DECIDED_BY_HER:
            return _again(request, case, 409)
        # The second click on Submit: the first one did it.
    except (LeaseLost, TookPart):
        return _again(request, case, 409)
    else:
        messages.success(request, gettext("The appeal in case %(id)s is answered.") % {"id": case_id})
    return go(request, next_page(user, request))


def ask(request: HttpRequest, case_id: int) -> HttpResponse:
    """Ask whoever appeals the one question; the case waits for her answer, and the next one opens."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    appeal, fields = _appeal(case), typed(request)
    drafts.keep(case, user, fields)
    try:
        question = questions.ask(appeal, user, token(request), first(fields, "question"))
    except InvalidJudgement as invalid:
        error = invalid.errors[0]["msg"]
        if not is_htmx(request):
            messages.error(request, error)
            return go(request, reverse("appeal-review", args=[case_id]))
        context = {"case": case, "appeal": appeal, "question_error": error}
        context |= {"question_typed": first(fields, "question")}
        return render(request, "appeals/review/_ask.html", context, status=422)
    except (LeaseLost, TookPart, questions.AlreadyAsked):
        # The page says how the case stands, and what was asked; all that is typed is in her draft.
        return go(request, reverse("appeal-review", args=[case_id]))
    drafts.keep(case, user, {name: values for name, values in fields.items() if name != "question"})
    said = gettext("Case %(id)s waits for an answer until %(day)s.")
    messages.success(request, said % {"id": case_id, "day": f"{question.answer_by:%Y-%m-%d}"})
    return go(request, next_page(user, request))


def _again(
    request: HttpRequest, case: Case, status: int, errors: list[dict[str, Any]] | None = None
) -> HttpResponse:
    """The form as it was typed, with what is wrong; kept as a draft too. The whole page where no script asked."""
    user = moderator(request)
    case = access.case_for(user, case.pk)
    appeal, fields = _appeal(case), typed(request)
    if errors is not None:
        errors = _with_reasons(errors, fields)
    drafts.keep(case, user, fields)
    if is_htmx(request):
        context = outcome_form.context(appeal, case, user, fields, errors)
        return render(request, "appeals/_conclude.html", context, status=status)
    return render(request, "appeals/review.html", _page(appeal, case, user, fields, errors), status=status)


def _with_reasons(errors: list[dict[str, Any]], fields: Typed) -> list[dict[str, Any]]:
    """All that is missing is said at once, also where the outcome is."""
    if first(fields, "reasoning").strip() or any(each["loc"] == ["reasoning"] for each in errors):
        return errors
    missing = gettext("Write the reasons: the person affected has a right to them")
    return [*errors, {"loc": ["reasoning"], "msg": missing}]


def _page(
    appeal: Appeal, case: Case, user: User, fields: Typed, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return beside(appeal, case, user) | outcome_form.context(appeal, case, user, fields, errors)


def _translated(appeal: Appeal, case: Case, user: User) -> dict[str, Any]:
    """The appeal goes by its own language, what was flagged by that of the case appealed."""
    appealed = appeal.decision.case
    question = getattr(appeal, "question", None)
    originals = [
        Original(appeal.text, case.language, gettext("Why she disagrees")),
        Original(appeal.background, case.language, gettext("What else we should know")),
        Original(question.answer if question else "", case.language, gettext("Her answer")),
        Original(appealed.snapshot.text, appealed.language, gettext("What was flagged")),
    ]
    return translation_context(case, user, originals, reverse("appeal-translation", args=[case.pk]))


def _appeal(case: Case) -> Appeal:
    found: Appeal = get_object_or_404(
        Appeal.objects.select_related(
            "reply__flag__notifier",
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
    found.case = case
    return found
