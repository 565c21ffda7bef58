"""The form in which a moderator says what comes of an appeal, and what she would bring about with it.

A typed form is that of the decision (moderation/console/judgement_form.py), and besides: ``outcome`` (an
Appeal.Outcome) and ``inadmissible`` (an Appeal.Ground). What is judged anew counts only for outcomes that act.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils import translation

from accounts.models import User
from appeals import outcome as words_for
from appeals import review
from appeals.models import Appeal, Question
from appeals.words import page_language
from moderation import reopening, statements
from moderation.actions import NoViolation
from moderation.console import judgement_form
from moderation.console.action_fields import first
from moderation.console.case import decide_context, form_context
from moderation.console.changing import Change, changes
from moderation.console.judgement_form import KEYS, ActionRow
from moderation.console.pages import Standing, standing
from moderation.console.request import Typed
from moderation.judgements import JudgedAction, Judgement, Reading
from moderation.models import Case, Decision, Enforcement

Outcome = Appeal.Outcome

# What of the decision form is filled in with the decision that is appealed: everything but its words.
NOT_FILLED_IN = ("reasoning", "note")


def answer(appeal: Appeal, typed: Typed) -> review.Answer:
    """What was typed, unchecked: ``review.conclude`` says what is wrong with it."""
    chosen = first(typed, "outcome")
    judged = judgement_form.judgement(typed)
    said = review.Answer(chosen, judged.reasoning, judged.note, ground=first(typed, "inadmissible").strip())
    if not acts(appeal, chosen):
        return said
    return replace(
        said,
        policy=judged.policy,
        actions=judged.actions,
        severity=judged.severity,
        legal_basis=judged.ground,
        legal_ground=judged.legal_ground,
    )


def acts(appeal: Appeal, outcome: str) -> bool:
    """Whether something is to be chosen that is done instead."""
    return outcome == Outcome.PARTIALLY_OVERTURNED or (outcome == Outcome.OVERTURNED and appeal.by_notifier)


def context(
    appeal: Appeal, case: Case, user: User, typed: Typed, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The context of ``appeals/_conclude.html``: the form as typed, or filled in with the decision where it is new."""
    shown = _filled_in(appeal, typed) if typed or standing(case, user) == Standing.HELD else {}
    found = decide_context(case, user, shown, _errors(typed, errors))
    if "rows" in found:
        found |= _options(case, found)
    outcomes = review.may_be(appeal)
    question = Question.objects.filter(appeal=appeal).select_related("asked_by").first()
    return found | {
        "submit_to": reverse("appeal-conclude", args=[case.pk]),
        "kept": bool(typed),
        "appeal": appeal,
        "appealed_case": appeal.decision.case,
        "outcomes": [
            (KEYS[number], each.value, _label(each, appeal), acts(appeal, each))
            for number, each in enumerate(outcomes)
        ],
        "outcome": first(typed, "outcome"),
        "grounds_to_refuse": Appeal.Ground.choices,
        "inadmissible": first(typed, "inadmissible"),
        "question": question,
        "question_typed": first(typed, "question"),
        "waits_until": question.answer_by if question and question.status == Question.Status.OPEN else None,
        "again": reverse("appeal-translation", args=[case.pk]),
    }


def options_context(case: Case, typed: Typed) -> dict[str, Any]:
    """The context of ``moderation/_options.html`` under the policy just chosen."""
    found = form_context(case, typed)
    return found | _options(case, found)


def preview_context(appeal: Appeal, typed: Typed) -> dict[str, Any]:
    """What the outcome as typed would change, and what the person would read of it, each as far as it can be said."""
    said = answer(appeal, typed)
    if said.outcome not in review.may_be(appeal):
        return {"outcome": "", "changes": None}
    before = reopening.in_force_now(appeal.decision)
    judgement = _judgement(appeal, before, said)
    context: dict[str, Any] = {
        "outcome": said.outcome,
        "changes": _changes(appeal.case, before, judgement),
        "language": appeal.language,
        **_told(appeal, said),
    }
    if judgement.actions and judgement.actions[0].action != NoViolation.slug:
        statement, *later = statements.previews(appeal.case, judgement)
        context |= {"statement": statement, "later": later}
    return context


def _filled_in(appeal: Appeal, typed: Typed) -> Typed:
    """A form on which no policy was typed never had these fields: it is filled in with what was decided."""
    if "policy" in typed:
        return typed
    decision = judgement_form.typed_of(reopening.in_force_now(appeal.decision), exactly=True)
    actions = [each for each in decision.get("actions", []) if each != NoViolation.slug]
    return {name: values for name, values in decision.items() if name not in NOT_FILLED_IN} | {
        "actions": actions,
        **typed,
    }


def _options(case: Case, found: dict[str, Any]) -> dict[str, Any]:
    """The actions that can take a decision's place, with the digits that the outcomes leave; no proposal of strikes."""
    taken = len(Outcome)
    rows: list[ActionRow] = [
        replace(row, key=KEYS[taken + number] if taken + number < len(KEYS) else "")
        for number, row in enumerate(each for each in found["rows"] if not each.exclusive)
    ]
    return {
        "rows": rows,
        "pairs": [rows[at : at + 2] for at in range(0, len(rows), 2)],
        "proposal": None,
        "options_at": reverse("appeal-options", args=[case.pk]),
        "guidelines_closed": True,
    }


def _errors(typed: Typed, errors: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Of an appeal that is not looked into, the ground is another field than the decision's."""
    if errors is None or first(typed, "outcome") != Outcome.INADMISSIBLE:
        return errors
    return [each | {"loc": ["inadmissible"]} if each["loc"] == ["ground"] else each for each in errors]


def _label(outcome: Appeal.Outcome, appeal: Appeal) -> str:
    if outcome == Outcome.OVERTURNED and appeal.by_notifier:
        return translation.gettext("She was right: act on it")
    return str(outcome.label)


def _judgement(appeal: Appeal, before: Decision, said: review.Answer) -> Judgement:
    actions = list(said.actions)
    if said.outcome == Outcome.OVERTURNED and not appeal.by_notifier:
        actions = [JudgedAction(NoViolation.slug)]
    return Judgement(
        policy=said.policy or before.policy.slug,
        actions=actions,
        reasoning=said.reasoning,
        overrides=before if actions else None,
        severity=said.severity,
        ground=said.legal_basis,
        legal_ground=said.legal_ground,
    )


def _changes(case: Case, before: Decision, judgement: Judgement) -> list[Change]:
    resting = Enforcement.objects.filter(
        rests_on=before, status__in=(*Enforcement.IN_FORCE, Enforcement.Status.HELD)
    )
    found = list(resting.select_related("item").order_by("created_at", "pk"))
    return changes(found, Reading(case, judgement).measures, stands=not judgement.actions)


def _told(appeal: Appeal, said: review.Answer) -> dict[str, str]:
    """The first words of the answer, in the language of whoever appeals."""
    decided = copy(appeal)
    decided.status, decided.outcome, decided.ground = Appeal.Status.DECIDED, said.outcome, said.ground
    with translation.override(page_language(appeal.language)):
        heading = words_for.heading(decided)
        known = said.outcome != Outcome.INADMISSIBLE or said.ground in Appeal.Ground.values
        return {"heading": heading, "sentence": words_for.sentence(decided) if known else ""}
