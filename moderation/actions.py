"""What a decision can do: one class per action, in one registry.

An action knows on which kinds of item it can be taken, which parameters it needs, and how the person affected is told
of it. Its slug is stored in policies, queues, decisions and enforcements and goes out in webhooks: it never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from moderation.eligibility.steps import not_by_this_step
from moderation.isolates import isolate
from moderation.models import Case, Item, Policy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CONTENT, ACCOUNT, AD = Item.Kind.CONTENT, Item.Kind.ACCOUNT, Item.Kind.AD


class Parameters(BaseModel):
    """What an action needs to be told. Unknown names are refused: a misspelt one must not be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Until(Parameters):
    """``until``: when it ends by itself, an ISO 8601 time with its zone; null for "without an end"."""

    until: AwareDatetime | None = None

    @field_validator("until")
    @classmethod
    def _ends_in_the_future(cls, until: AwareDatetime | None) -> AwareDatetime | None:
        if until is not None and until <= timezone.now():
            raise ValueError(gettext("The end must be in the future"))
        return until


class Action:
    """What every action is asked. Subclasses say how they differ."""

    slug: ClassVar[str]
    label: ClassVar[_StrPromise]
    # What taking it back is called.
    reverse_label: ClassVar[_StrPromise]
    # The kinds of item that a case may be about for this action to be possible.
    targets: ClassVar[frozenset[Item.Kind]] = frozenset({CONTENT, ACCOUNT, AD})
    no_target: ClassVar[_StrPromise] = _("This is not possible on this kind of item")
    parameters: ClassVar[type[Parameters]] = Parameters
    # It holds something against the person affected: she is told why, and she can complain.
    restricts: ClassVar[bool] = True
    # It is carried out by the platform, which is told by webhook.
    enforced: ClassVar[bool] = True
    # It can be part of a decision. Escalating moves the case instead.
    decides: ClassVar[bool] = True
    # It can be limited to some countries.
    territorial: ClassVar[bool] = False
    # It goes on, for good or until a time; a warning is given once.
    lasts: ClassVar[bool] = False
    # It is possible under every policy and in every queue.
    always: ClassVar[bool] = False

    def target(self, item: Item) -> Item | None:
        """On what it is carried out when the case is about ``item``; None where it cannot be."""
        return item if item.kind in self.targets else None

    def needs_territories(self, parameters: Any) -> bool:
        """Whether it means nothing without naming countries."""
        return False

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        """The sentence for the person affected, in the language that is active. ``parameters`` as stored."""
        return ""


class NoViolation(Action):
    slug = "no_violation"
    label = _("No violation")
    reverse_label = _("No violation")
    restricts = False
    enforced = False
    always = True


class Remove(Action):
    slug = "remove"
    label = _("Remove")
    reverse_label = _("Restore")
    targets = frozenset({CONTENT, AD})
    territorial = True
    lasts = True

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        return gettext("We removed your content.")


class Restriction(Until):
    """``how`` it is restricted; ``label`` is the text that is shown with it, for that way alone."""

    how: Literal["demote", "age_gate", "geo_block", "label", "disable_interaction"]
    label: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _a_label_has_its_text(self) -> Restriction:
        if self.how == "label" and not (self.label or "").strip():
            raise ValueError(gettext("Write the label that people will see"))
        if self.how != "label" and self.label is not None:
            raise ValueError(gettext("Only a label has a text"))
        if "\0" in (self.label or ""):
            raise ValueError(gettext("There is a character in it that cannot be stored"))
        return self


class Restrict(Action):
    slug = "restrict"
    label = _("Restrict")
    reverse_label = _("Lift the restriction")
    parameters = Restriction
    territorial = True
    lasts = True

    CONTENT_SENTENCES: Final = {
        "demote": gettext_noop("We show your content to fewer people."),
        "age_gate": gettext_noop("Only adults can see your content."),
        "geo_block": gettext_noop("People in some countries cannot see your content."),
        "label": gettext_noop("We put this label on your content: %(label)s"),
        "disable_interaction": gettext_noop("People cannot comment on your content or share it."),
    }
    ACCOUNT_SENTENCES: Final = {
        "demote": gettext_noop("We show your account to fewer people."),
        "age_gate": gettext_noop("Only adults can see your account."),
        "geo_block": gettext_noop("People in some countries cannot see your account."),
        "label": gettext_noop("We put this label on your account: %(label)s"),
        "disable_interaction": gettext_noop("People cannot comment on your posts or share them."),
    }

    def needs_territories(self, parameters: Any) -> bool:
        return bool(parameters.how == "geo_block")

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        sentences = self.ACCOUNT_SENTENCES if item.kind == ACCOUNT else self.CONTENT_SENTENCES
        return gettext(sentences[parameters["how"]]) % {"label": isolate(parameters.get("label") or "")}


class Warn(Action):
    slug = "warn"
    label = _("Warn")
    reverse_label = _("Withdraw the warning")

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        return gettext("We give you a warning. Please follow our rules from now on.")


class LockAccount(Action):
    """On content and advertisements it locks the author's account."""

    slug = "lock_account"
    label = _("Lock account")
    reverse_label = _("Unlock account")
    no_target = _("The author of this item is not known")
    parameters = Until
    lasts = True

    def target(self, item: Item) -> Item | None:
        return item if item.kind == ACCOUNT else item.author

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        return gettext("We locked your account. You cannot use it.")


class Escalate(Action):
    """Moves the case to another queue, for others to decide: ``moderation.decisions.escalate``."""

    slug = "escalate"
    label = _("Escalate")
    reverse_label = _("Escalate")
    restricts = False
    enforced = False
    decides = False
    always = True


ACTIONS: Final[dict[str, Action]] = {}


def register(action: Action) -> None:
    """Add an action to the registry. Raises ValueError where its slug is taken."""
    if action.slug in ACTIONS:
        raise ValueError(f"There is an action {action.slug} already")
    ACTIONS[action.slug] = action


for _action in (NoViolation(), Remove(), Restrict(), Warn(), LockAccount(), Escalate()):
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
