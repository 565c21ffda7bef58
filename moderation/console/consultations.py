"""Asking a colleague: from the page of a case that she holds, and where whoever is asked answers.

The answer is written on the case's own page, beside the evidence (templates/moderation/_asked.html).
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from moderation import access, consulting
from moderation.console import drafts
from moderation.console.action_fields import first
from moderation.console.judgement_form import errors_by_field
from moderation.console.pages import Standing, page_of
from moderation.console.request import Typed, go, is_htmx, moderator, token, typed
from moderation.eligibility import loading
from moderation.eligibility.desk import Access
from moderation.judgements import InvalidJudgement
from moderation.models import Case, Consultation, Draft
from moderation.queueing.lanes import lane_of
from moderation.queueing.lease import LeaseLost

# Of what she answered, so much is listed.
ANSWERED_SHOWN: Final = 20
# How the tool's fields are called in the decision form, and what they are to ``consulting.ask``.
FIELDS: Final = {"consult_colleague": "colleague", "consult_question": "question"}


def asked(request: HttpRequest) -> HttpResponse:
    """What colleagues asked her, longest waiting first, and what she answered lately."""
    user = moderator(request)
    over = consulting.of(user).exclude(status=Consultation.Status.OPEN).order_by("-pk")
    context = {"waiting": consulting.waiting_for(user), "over": over[:ANSWERED_SHOWN]}
    return render(request, "moderation/consultations.html", context)


def ask_colleague(request: HttpRequest, case_id: int) -> HttpResponse:
    """Ask one, and go on with the case: all else that is typed on it stays."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    fields = typed(request)
    drafts.keep(case, user, fields)
    colleague = _chosen(first(fields, "consult_colleague"))
    try:
        consulting.ask(case_id, user, token(request), colleague, first(fields, "consult_question"))
    except InvalidJudgement as invalid:
        wrong = errors_by_field(invalid.errors, fields)
        if not is_htmx(request):
            messages.error(request, " ".join(wrong.values()))
            return go(request, page_of(case))
        context = tool(case, user, fields, fresh=True) | {"case": case, "wrong": wrong}
        return render(request, "moderation/_consult.html", context, status=422)
    except LeaseLost:
        return go(request, page_of(case))
    drafts.keep(case, user, {name: values for name, values in fields.items() if name not in FIELDS})
    return go(request, page_of(case))


def case_consultations(request: HttpRequest, case_id: int) -> HttpResponse:
    """The panel again, once more was answered than ``?answered=``; until then nothing on the page moves."""
    case = access.case_for(moderator(request), case_id)
    context = panel(case)
    if str(context["consultations_answered"]) == request.GET.get("answered"):
        return HttpResponse(status=204)
    return render(request, "moderation/_consultations.html", context | {"case": case, "again": True})


def answer_consultation(request: HttpRequest, consultation_id: int) -> HttpResponse:
    """Submit the answer; then the list of what else she was asked."""
    user = moderator(request)
    found = _find(user, consultation_id)
    case = access.case_for(user, found.case_id)
    text = first(typed(request), "answer")
    try:
        consulting.answer(consultation_id, user, text)
    except InvalidJudgement as invalid:
        error = invalid.errors[0]["msg"]
        return _again(request, case, found, text, error, 422)
    except (consulting.Over, consulting.NotYours):
        return _again(request, case, _find(user, consultation_id), text, "", 409)
    _keep(case, user, None)
    messages.success(
        request, gettext("Your answer is with %(name)s.") % {"name": found.asked_by.display_name}
    )
    return go(request, reverse("asked"))


def save_answer_draft(request: HttpRequest, consultation_id: int) -> HttpResponse:
    """What she has typed and not sent, kept a second after she typed it."""
    user = moderator(request)
    found = _find(user, consultation_id)
    _keep(access.case_for(user, found.case_id), user, first(typed(request), "answer"))
    return HttpResponse(status=204)


def panel(case: Case) -> dict[str, Any]:
    """What was asked about a case and what came of it, for ``moderation/_consultations.html``. One statement."""
    found = list(case.consultations.select_related("asked", "asked_by").order_by("pk"))
    answered = [each for each in found if each.status == Consultation.Status.ANSWERED]
    return {"consultations": found, "consultations_answered": len(answered)}


def on_the_page(case: Case, user: User, standing: Standing, fields: Typed) -> dict[str, Any]:
    """Of a case's page: the tool to ask where she holds it; else what she was asked (``asked_of_her``)."""
    if standing == Standing.HELD:
        return tool(case, user, fields)
    if standing == Standing.DECIDED_BY_HER:
        return {}
    return _asked_of_her(case, user, first(fields, "answer"))


def tool(case: Case, user: User, fields: Typed, *, fresh: bool = False) -> dict[str, Any]:
    """Whom she may ask, those who could take the case first, and what is typed."""
    people = consulting.colleagues_for(case, user, fresh=fresh)
    reads = _readers(case)
    return {
        "may_ask_readers": [each for each in people if each.pk in reads],
        "may_ask_others": [each for each in people if each.pk not in reads],
        "consult_colleague": first(fields, "consult_colleague"),
        "consult_question": first(fields, "consult_question"),
    }


def _readers(case: Case) -> set[int]:
    """Who may take the case's lane, and so reads it well enough to judge."""
    lane = lane_of(case)
    desk = loading.current()
    if lane is None or lane.queue not in desk.queues or lane.requirements not in desk.requirements:
        return set()
    return {
        each.id
        for each in desk.moderators.values()
        if each.active and isinstance(desk.access(each, lane), Access)
    }


def _asked_of_her(case: Case, user: User, text: str, error: str = "") -> dict[str, Any]:
    found = consulting.of(user).filter(case=case).first()
    return {"asked_of_her": found, "answer": text, "answer_error": error} if found else {}


def _chosen(typed_id: str) -> User | None:
    return (
        User.objects.filter(pk=int(typed_id)).first() if typed_id.isdecimal() and len(typed_id) < 10 else None
    )


def _find(user: User, consultation_id: int) -> Consultation:
    """What she was asked; otherwise Http404."""
    return get_object_or_404(consulting.of(user), pk=consultation_id)


def _again(
    request: HttpRequest, case: Case, found: Consultation, text: str, error: str, status: int
) -> HttpResponse:
    """The answer as it was typed, with what is wrong; kept as a draft too. The whole page where no script asked."""
    user = moderator(request)
    _keep(case, user, text)
    if is_htmx(request):
        context = _asked_of_her(case, user, text, error) | {"case": case}
        return render(request, "moderation/_asked.html", context, status=status)
    if error:
        messages.error(request, error)
    return go(request, page_of(case))


def _keep(case: Case, user: User, text: str | None) -> None:
    """Keep the answer beside whatever she typed on the case when it was hers; None drops it."""
    kept = {name: values for name, values in drafts.kept(case, user).items() if name != "answer"}
    if text:
        kept["answer"] = [text]
    if kept:
        drafts.keep(case, user, kept)
    else:
        Draft.objects.filter(case=case, moderator=user).delete()
