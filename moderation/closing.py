"""What the platform is told of a case that is decided, whatever came of it (docs/webhooks.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moderation import notices, statements
from moderation.actions import ACTIONS, NoViolation
from moderation.hookspecs import Redress
from moderation.models import Case, Decision, Statement
from moderation.outbox.posting import iso, name_of


def told(
    decision: Decision, statement: tuple[Statement, Redress] | None, replies: Sequence[notices.Reply]
) -> dict[str, Any]:
    """The data of ``case.closed``. A decision that is made anew closes the case that it was first made in, again.

    With the answers to notices, and its statement of reasons: one that only lifts or keeps something has no other
    message to go with.
    """
    actions = [each["action"] for each in decision.actions]
    shown = [each["action"] for each in public(decision.actions)]
    return {
        "case_id": root(decision.case).pk,
        "item": name_of(decision.item),
        "outcome": NoViolation.slug if actions == [NoViolation.slug] else "action_taken",
        "actions": [slug for slug in shown if not _is_held(slug)],
        "awaiting_approval": [slug for slug in shown if _is_held(slug)],
        "decision_id": str(decision.pk),
        "overrides": str(decision.overrides_id) if decision.overrides_id else None,
        "policy": decision.policy.slug,
        "statement": statements.as_json(*statement) if statement else None,
        "notices": notices.as_json(replies),
        "automated": decision.automated,
        "decided_at": iso(decision.decided_at),
    }


def public(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The actions of a decision, as judged, that the platform may know of."""
    return [each for each in actions if (it := ACTIONS.get(each["action"])) is None or not it.confidential]


def root(case: Case) -> Case:
    """The case that a platform knows: of a revision, the one whose decision was first made anew."""
    while case.revises is not None:
        case = case.revises.case
    return case


def _is_held(slug: str) -> bool:
    action = ACTIONS.get(slug)
    return action is not None and action.held
