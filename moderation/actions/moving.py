"""What hands it on: to others at the desk, or to law enforcement."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator, model_validator

from moderation.actions.interface import Action, Parameters
from moderation.countries import COUNTRIES
from moderation.models import Authority


class Escalate(Action):
    """Moves the case to another queue, for others to decide: ``moderation.decisions.escalate``."""

    slug = "escalate"
    label = _("Escalate")
    reverse_label = _("Escalate")
    restricts = False
    strikes = False
    enforced = False
    decides = False
    always = True


class Referring(Parameters):
    """To whom, why and how urgently (DSA Art. 18; 18 U.S.C. § 2258A; orders under DSA Arts. 9 and 10).

    ``authority`` is the id of one in the desk's list, else ``authority_written``; ``country`` is ISO 3166-1.
    """

    basis: Literal["life_or_safety", "child_safety", "court_order"]
    urgency: Literal["immediate", "urgent", "routine"] = "urgent"
    authority: int | None = None
    authority_written: str = Field(default="", max_length=200)
    country: str = ""
    order_reference: str = Field(default="", max_length=200)
    summary: str = Field(default="", max_length=10_000)

    @field_validator("authority")
    @classmethod
    def _in_the_list(cls, authority: int | None) -> int | None:
        if authority is not None and not Authority.objects.filter(pk=authority, in_use=True).exists():
            raise ValueError(gettext("There is no such authority in the list"))
        return authority

    @field_validator("country")
    @classmethod
    def _a_country(cls, country: str) -> str:
        if country and country not in COUNTRIES:
            raise ValueError(gettext("This is not a country code (ISO 3166-1)"))
        return country

    @field_validator("authority_written", "order_reference", "summary")
    @classmethod
    def _can_be_stored(cls, text: str) -> str:
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
            raise ValueError(gettext("There is a character in it that cannot be stored"))
        return text.strip()

    @model_validator(mode="after")
    def _an_order_is_named(self) -> Referring:
        if self.basis == "court_order" and not self.order_reference:
            raise ValueError(gettext("Give the reference of the order"))
        return self


class ReferToLawEnforcement(Action):
    """Makes a Referral and preserves the evidence at once; it is sent only after a second person agreed.

    The platform does nothing about it, and the person concerned is not told: that could endanger somebody.
    """

    slug = "refer_to_law_enforcement"
    label = _("Refer to law enforcement")
    reverse_label = _("Withdraw the referral")
    parameters = Referring
    held = True
    confidential = True
    approval_clearances = frozenset({"law_enforcement"})
    restricts = False
    strikes = False
    enforced = False
