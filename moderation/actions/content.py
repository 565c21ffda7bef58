"""What is done to what somebody published, and to how her account is seen."""

from __future__ import annotations

from typing import Any, Final, Literal

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from moderation.actions.interface import ACCOUNT, AD, CONTENT, Action, Place, Until
from moderation.isolates import isolate
from moderation.models import Item


class NoViolation(Action):
    slug = "no_violation"
    label = _("No violation")
    reverse_label = _("No violation")
    restricts = False
    strikes = False
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

    how: Literal["demote", "age_gate", "geo_block", "label", "disable_interaction", "limit_visibility"]
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
    places = (Place.ITEM, Place.AUTHOR)
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
        "limit_visibility": gettext_noop("Only people who follow you can see your account and your posts."),
    }

    def check(self, target: Item, parameters: Any) -> str | None:
        if parameters.how == "limit_visibility" and target.kind != ACCOUNT:
            return gettext("Only an account's visibility can be limited: choose the author's account")
        return None

    def needs_territories(self, parameters: Any) -> bool:
        return bool(parameters.how == "geo_block")

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        sentences = self.ACCOUNT_SENTENCES if item.kind == ACCOUNT else self.CONTENT_SENTENCES
        return gettext(sentences[parameters["how"]]) % {"label": isolate(parameters.get("label") or "")}


class Warn(Action):
    slug = "warn"
    label = _("Warn")
    reverse_label = _("Withdraw the warning")
    places = (Place.ITEM, Place.AUTHOR)

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        return gettext("We give you a warning. Please follow our rules from now on.")


class Demonetise(Action):
    """No money is earned with it: with one piece of content, or with all that an account publishes."""

    slug = "demonetise"
    label = _("Demonetise")
    reverse_label = _("Allow earning again")
    targets = frozenset({CONTENT, ACCOUNT})
    places = (Place.ITEM, Place.AUTHOR)
    parameters = Until
    lasts = True

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        if item.kind == ACCOUNT:
            return gettext("You cannot earn money with your account.")
        return gettext("You cannot earn money with this content.")
