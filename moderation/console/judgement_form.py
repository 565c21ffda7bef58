"""The decision form: what there is to choose on a case, and how what was typed becomes a Judgement, and back.

A typed form is ``name → values`` (as in Draft.fields): ``policy``, ``actions``, ``reasoning``, ``note``, ``severity``,
``ground``, ``legal_ground``, and for each action ``<slug>.on``, ``<slug>.<parameter>`` and ``<slug>.territories``
(action_fields.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from moderation.actions import ACTIONS, Action, NoViolation, ReferToLawEnforcement, allowed_actions
from moderation.console import action_fields
from moderation.console.action_fields import Field, first
from moderation.console.request import Typed
from moderation.judgements import JudgedAction, Judgement
from moderation.models import Approval, Case, Decision, Policy
from moderation.strikes import Proposal

# One key each, as far as there are digits.
KEYS: Final = "1234567890"


@dataclass(frozen=True)
class ActionRow:
    """An action to choose, with the digit that chooses it (empty beyond the tenth)."""

    key: str
    action: Action
    chosen: bool
    fields: list[Field]
    error: str = ""
    # The item it is carried out on, where that is always another than the one that the case is about.
    on: str = ""

    @property
    def exclusive(self) -> bool:
        return self.action.slug == NoViolation.slug


def judgement(typed: Typed, now: datetime | None = None) -> Judgement:
    """What was typed as a Judgement, unchecked: ``decide`` says what is wrong with it."""
    severity = first(typed, "severity")
    return Judgement(
        policy=first(typed, "policy"),
        actions=[_judged(slug, typed, now or timezone.now()) for slug in typed.get("actions", [])],
        reasoning=first(typed, "reasoning"),
        note=first(typed, "note"),
        severity=int(severity) if severity.isdecimal() and len(severity) < 3 else None,
        ground=first(typed, "ground"),
        legal_ground=first(typed, "legal_ground"),
    )


def _judged(slug: str, typed: Typed, now: datetime) -> JudgedAction:
    parameters, territories, on = action_fields.read(ACTIONS.get(slug), slug, typed, now)
    return JudgedAction(slug, parameters, territories, on)


def typed_of(decision: Decision, *, exactly: bool = False) -> Typed:
    """The form as it was typed for this decision: ``judgement(typed_of(decision))`` judges so again.

    ``exactly``: what ends, ends at the moment at which it already does, and what is over is not chosen any more.
    Otherwise its time begins anew.
    """
    actions = [_in_full(each, decision) for each in decision.actions]
    if exactly:
        actions = [each for each in actions if _goes_on(each, decision)]
    typed: Typed = {
        "policy": [decision.policy.slug],
        "actions": list(dict.fromkeys(each["action"] for each in actions)),
        "reasoning": [decision.reasoning],
        "note": [decision.note],
    }
    for each in reversed(actions):
        slug = each["action"]
        typed |= action_fields.written(ACTIONS.get(slug), slug, each, decision.decided_at, exactly=exactly)
    # Only what is not the policy's own, so that another policy brings its own.
    if decision.severity != decision.policy.severity:
        typed["severity"] = [str(decision.severity)]
    if (decision.ground, decision.legal_ground) != (decision.policy.ground, decision.policy.legal_ground):
        typed |= {"ground": [decision.ground], "legal_ground": [decision.legal_ground]}
    return typed


def _in_full(judged: dict[str, Any], decision: Decision) -> dict[str, Any]:
    """An action with its parameters, which a decision does not hold of a referral: that has them."""
    referral = getattr(decision, "referral", None)
    if judged["action"] != ReferToLawEnforcement.slug or referral is None:
        return judged
    declared = ReferToLawEnforcement.parameters.model_fields
    told = {name: getattr(referral, f"{name}_id" if name == "authority" else name) for name in declared}
    return judged | {"parameters": told}


def _goes_on(judged: dict[str, Any], decision: Decision) -> bool:
    """Whether it is still to be chosen when the decision is reconsidered: not what is over, nor a referral that was
    answered for and goes on by itself."""
    action = ACTIONS.get(judged["action"])
    if action is not None and action.confidential:
        return bool(decision.approval.status == Approval.Status.WAITING)
    return not action_fields.is_over(action, judged, timezone.now())


def with_proposal(typed: Typed, proposal: Proposal) -> Typed:
    """The form with the proposed action chosen in it, beside what was chosen already."""
    slug, days = proposal.action.slug, proposal.threshold.days
    chosen = [each for each in typed.get("actions", []) if each not in (slug, NoViolation.slug)]
    typed = typed | {"actions": [*chosen, slug], f"{slug}.on": [proposal.on]}
    for parameter, value in proposal.parameters.items():
        typed[f"{slug}.{parameter}"] = [str(days or "") if parameter == "until" else str(value or "")]
    return typed


def rows(case: Case, policy: Policy, typed: Typed, errors: dict[str, str] | None = None) -> list[ActionRow]:
    """The actions that are allowed under ``policy``, filled in as typed. Escalating is a tool of its own."""
    errors = errors or {}
    deciding = [action for action in allowed_actions(case, policy) if action.decides]
    return [
        ActionRow(
            KEYS[number] if number < len(KEYS) else "",
            action,
            action.slug in typed.get("actions", []),
            action_fields.fields_of(action, case.item, typed, errors),
            errors.get(action.slug, ""),
            _other_target(action, case),
        )
        for number, action in enumerate(deciding)
    ]


def _other_target(action: Action, case: Case) -> str:
    found = (action.target(case.item, place) for place in action.places_on(case.item))
    targets = {target.pk: target for target in found if target is not None}
    return "" if case.item_id in targets else ", ".join(each.external_id for each in targets.values())


def errors_by_field(errors: list[dict[str, Any]], typed: Typed) -> dict[str, str]:
    """``InvalidJudgement.errors`` by the name of the field that each belongs to."""
    chosen = typed.get("actions", [])
    found: dict[str, str] = {}
    for error in errors:
        loc = error["loc"]
        name = str(loc[0])
        if loc[0] == "actions" and len(loc) > 1 and loc[1] < len(chosen):
            # An action's own rule over several parameters belongs to the action.
            name = chosen[loc[1]]
            if "parameters" in loc and len(loc) > loc.index("parameters") + 1:
                name = f"{name}.{loc[loc.index('parameters') + 1]}"
            elif len(loc) > 2 and loc[2] in ("territories", "on"):
                name = f"{name}.{loc[2]}"
        found.setdefault(name, error["msg"])
    return found
