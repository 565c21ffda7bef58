"""The case page: the evidence on one side, the decision on the other, both in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django_htmx.http import trigger_client_event

from accounts.models import User
from moderation import access, languages, statements, strikes
from moderation.console import action_fields, consultations, drafts, judgement_form
from moderation.console.action_fields import first
from moderation.console.changing import changes_of
from moderation.console.evidence import evidence
from moderation.console.holding import seconds_left
from moderation.console.pages import Standing, page_of, standing
from moderation.console.redeciding import may_reconsider
from moderation.console.request import Typed, is_htmx, moderator, typed
from moderation.console.taking import held_through, in_words
from moderation.console.translated import context_of_case
from moderation.console.triage import recently_set, triage_context
from moderation.judgements import SEVERITIES
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
    """The guidelines, actions and proposal of the policy just chosen, with what was typed put back."""
    case = access.case_for(moderator(request), case_id)
    return render(request, "moderation/_options.html", form_context(case, typed(request)))


def take_proposal(request: HttpRequest, case_id: int) -> HttpResponse:
    """Choose in the form what the account's strikes propose. She still has to submit it."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    fields = typed(request)
    if proposal := form_context(case, fields)["proposal"]:
        fields = judgement_form.with_proposal(fields, proposal)
    drafts.keep(case, user, fields)
    if not is_htmx(request):
        return redirect(page_of(case))
    answer = render(request, "moderation/_options.html", form_context(case, fields))
    # The statement and the changes are those of another judgement now.
    return trigger_client_event(answer, "judged", after="settle")


def preview(request: HttpRequest, case_id: int) -> HttpResponse:
    """What the person affected would read, in her language; and on a revision, what would change."""
    case = access.case_for(moderator(request), case_id)
    judgement = judgement_form.judgement(typed(request))
    statement, *later = statements.previews(case, judgement)
    context = {
        "case": case,
        "statement": statement,
        "later": later,
        "changes": changes_of(case, judgement),
    }
    return render(request, "moderation/_preview.html", context)


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
        "typed": {name: first(fields, name) for name in fields},
        "decision": case.decision if case.status == Case.Status.DECIDED else None,
    }
    if case.status == Case.Status.DECIDED:
        context |= {
            "may_reconsider": may_reconsider(case.decision, user),
            "approval": getattr(case.decision, "approval", None),
        }
    if case.revises is not None:
        # What the second person said, where it is made anew because she rejected it.
        context["revised"] = getattr(case.revises, "approval", None)
    if now == Standing.HELD or fields:
        context |= form_context(case, fields, errors) | tools_context(case)
    context |= consultations.on_the_page(case, user, now, fields)
    if now == Standing.HELD and case.lease_until is not None:
        context |= {"seconds": seconds_left(case.lease_until), "lease_seconds": settings.LEASE_SECONDS}
        context |= triage_context(case, user, recent)
        context |= {"held_through": held_through(case), "taken": in_words(case.claimed_through)}
    return context


def form_context(case: Case, fields: Typed, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    policies = list(Policy.objects.order_by("-severity", "name"))
    slug = first(fields, "policy")
    policy = next((each for each in policies if each.slug == slug), case.policy)
    by_field = judgement_form.errors_by_field(errors or [], fields)
    rows = judgement_form.rows(case, policy, fields, by_field)
    judgement = judgement_form.judgement(fields)
    severity = judgement.severity if judgement.severity in SEVERITIES else policy.severity
    proposal = strikes.proposal(case, policy, severity)
    return {
        "case": case,
        "policies": policies,
        "policy": policy,
        "rows": rows,
        "pairs": [rows[at : at + 2] for at in range(0, len(rows), 2)],
        "reasoning": judgement.reasoning,
        "note": judgement.note,
        "field_errors": by_field,
        "statement_language": statements.language_for(case),
        "severity": severity,
        "severities": [str(each) for each in SEVERITIES],
        "typed_severity": first(fields, "severity"),
        "grounds": Policy.Ground.choices,
        "typed_ground": judgement.ground,
        "typed_legal_ground": judgement.legal_ground,
        "ground_label": Policy.Ground(judgement.ground).label
        if judgement.ground in Policy.Ground.values
        else policy.get_ground_display(),
        "grounds_differ": bool(first(fields, "severity") or judgement.ground or judgement.legal_ground),
        "proposal": proposal,
        "proposal_words": _in_words(proposal) if proposal else "",
        "proposal_chosen": proposal is not None and proposal.action.slug in fields.get("actions", []),
        "changes": changes_of(case, judgement),
        "options_at": reverse("case-options", args=[case.pk]),
    }


def _in_words(proposal: strikes.Proposal) -> str:
    """``This would make 6 strike points in 90 days (2 of them by this). Proposed: Lock account, 7 days.``"""
    action = str(proposal.action.label)
    if "until" in proposal.action.parameters.model_fields:
        action = f"{action}, {action_fields.days_in_words(str(proposal.threshold.days or ''))}"
    return gettext(
        "This would make %(total)s strike points in %(days)s days (%(more)s of them by this). Proposed: %(action)s."
    ) % {
        "total": proposal.total,
        "days": proposal.threshold.window_days,
        "more": proposal.weighs,
        "action": action,
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
