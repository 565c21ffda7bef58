"""The case page: the evidence on one side, the decision on the other, both in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from moderation import access, languages, statements
from moderation.console import drafts, judgement_form
from moderation.console.evidence import evidence
from moderation.console.holding import seconds_left
from moderation.console.pages import Standing, page_of, standing
from moderation.console.request import Typed, moderator, typed
from moderation.console.taking import held_through, in_words
from moderation.console.translated import context_of_case
from moderation.console.triage import recently_set, triage_context
from moderation.known_languages import OFFERED
from moderation.models import Case, Lane, Policy, Queue


def case_page(request: HttpRequest, case_id: int) -> HttpResponse:
    user = moderator(request)
    case = access.case_for(user, case_id)
    if (page := page_of(case)) != request.path:
        return redirect(page)
    context = page_context(case, user, drafts.kept(case, user), recent=recently_set(request))
    if "translated" in request.GET and context["translatable"] and context.get("held_through"):
        context |= context_of_case(case, user)
    return render(request, "moderation/case.html", context)


def options(request: HttpRequest, case_id: int) -> HttpResponse:
    """The guidelines and actions of the policy just chosen, with what was typed put back."""
    case = access.case_for(moderator(request), case_id)
    return render(request, "moderation/_options.html", form_context(case, typed(request)))


def preview(request: HttpRequest, case_id: int) -> HttpResponse:
    """What the person affected would read, in her language."""
    case = access.case_for(moderator(request), case_id)
    statement = statements.preview(case, judgement_form.judgement(typed(request)))
    return render(request, "moderation/_preview.html", {"statement": statement})


def page_context(
    case: Case,
    user: User,
    fields: Typed,
    errors: list[dict[str, Any]] | None = None,
    message: str = "",
    recent: Sequence[str] = (),
) -> dict[str, Any]:
    decide = decide_context(case, user, fields, errors, message, recent)
    again = reverse("case-translation", args=[case.pk])
    return evidence(case, user) | decide | {"translatable": bool(case.snapshot.text), "again": again}


def decide_context(
    case: Case,
    user: User,
    fields: Typed,
    errors: list[dict[str, Any]] | None = None,
    message: str = "",
    recent: Sequence[str] = (),
) -> dict[str, Any]:
    """The context of ``moderation/_decide.html``: the standing, and the form as typed with what is wrong in it.

    Where she holds a case whose language nobody has set, that of ``moderation/_triage.html``: ``triage`` is True.
    ``recent`` are languages that she set lately.
    """
    now = standing(case, user)
    context: dict[str, Any] = {
        "case": case,
        "submit_to": reverse("decide-case", args=[case.pk]),
        "standing": now,
        "message": message,
        "kept": bool(fields),
        "typed": {name: judgement_form.first(fields, name) for name in fields},
        "decision": case.decision if case.status == Case.Status.DECIDED else None,
    }
    if now == Standing.HELD or fields:
        context |= form_context(case, fields, errors) | tools_context(case)
    if now == Standing.HELD and case.lease_until is not None:
        context |= {"seconds": seconds_left(case.lease_until), "lease_seconds": settings.LEASE_SECONDS}
        context |= triage_context(case, user, recent)
        context |= {"held_through": held_through(case), "taken": in_words(case.claimed_through)}
    return context


def form_context(case: Case, fields: Typed, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    policies = list(Policy.objects.order_by("-severity", "name"))
    slug = judgement_form.first(fields, "policy")
    policy = next((each for each in policies if each.slug == slug), case.policy)
    by_field = judgement_form.errors_by_field(errors or [], fields)
    return {
        "case": case,
        "policies": policies,
        "policy": policy,
        "rows": judgement_form.rows(case, policy, fields, by_field),
        "reasoning": judgement_form.first(fields, "reasoning"),
        "note": judgement_form.first(fields, "note"),
        "field_errors": by_field,
        "statement_language": statements.language_for(case),
    }


def tools_context(case: Case) -> dict[str, Any]:
    """What the tools over the decision offer: queues to escalate to, and languages to set."""
    cleared = set(case.queue.required_clearances.values_list("pk", flat=True)) if case.queue else set()
    queues = Queue.objects.prefetch_related("required_clearances").order_by("name")
    known = set(Lane.objects.values_list("language", flat=True).distinct())
    known |= {each.tag for each in OFFERED}
    interface = translation.get_language() or "en"
    return {
        # A case never leaves those who are cleared for it.
        "queues": [
            queue
            for queue in queues
            if queue.pk != case.queue_id and {each.pk for each in queue.required_clearances.all()} >= cleared
        ],
        "languages": sorted(known - languages.SPECIAL - {case.language}),
        "interface": interface,
    }
