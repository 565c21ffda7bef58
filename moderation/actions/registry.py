"""All actions, and which of them a case, its policy, its queue and its hold allow."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext

from moderation.actions.account import LockAccount, TerminateAccount
from moderation.actions.content import Demonetise, NoViolation, Remove, Restrict, Warn
from moderation.actions.interface import Action
from moderation.actions.moving import Escalate, ReferToLawEnforcement
from moderation.eligibility.steps import not_by_this_step
from moderation.models import Case, Policy

_registered: Final[dict[str, Action]] = {}
# By slug, in the order in which they are offered.
ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(_registered)


def register(action: Action) -> None:
    """Add an action to the registry; plugins do by the hook ``actions``. ValueError where its slug is taken."""
    if action.slug in _registered:
        raise ValueError(f"There is an action {action.slug} already")
    _registered[action.slug] = action


for _action in (
    NoViolation(),
    Remove(),
    Restrict(),
    Warn(),
    Demonetise(),
    LockAccount(),
    TerminateAccount(),
    ReferToLawEnforcement(),
    Escalate(),
):
    register(_action)


def allowed_actions(case: Case, policy: Policy | None = None) -> list[Action]:
    """What a moderator may choose on this case under ``policy`` (default: the case's own), in registry order.

    That is what the policy allows, narrowed by the queue and by the language step through which the case is held,
    and possible on what the case is about.
    """
    return [action for action in ACTIONS.values() if not refusal(action, case, policy or case.policy)]


def only_actions(case: Case) -> list[str]:
    """The actions to which the language step narrows whoever holds the case; empty where it does not."""
    return list((case.claimed_through or {}).get("actions", ()))


def refusal(action: Action, case: Case, policy: Policy) -> str | None:
    """Why this policy, queue, hold or kind of item does not allow the action; None where they do."""
    if action.target(case.item) is None:
        return str(action.no_target)
    # Also for those that are always possible: who cannot read it may well not be the one to say "no violation".
    if action.decides and (only := only_actions(case)) and action.slug not in only:
        return not_by_this_step()
    if action.always:
        return None
    if action.slug not in policy.allowed_actions:
        return gettext("The policy does not allow this action")
    if (
        case.queue is not None
        and case.queue.allowed_actions
        and action.slug not in case.queue.allowed_actions
    ):
        return gettext("This queue does not allow this action")
    return None
