"""What admins type about disputes and misuse."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appeals import misuse
from appeals.models import Dispute, DisputeBody
from moderation import languages
from moderation.console.referral_forms import countries, line, text
from moderation.models import Decision

LARGEST_ID: Final = 2**63 - 1


def _has_been(at: date) -> None:
    if at > timezone.now().date():
        raise ValidationError(gettext("This is in the future"))


def day(label: Any, *, required: bool) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "dir": "ltr"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, widget=widget, input_formats=["%Y-%m-%d"], validators=[_has_been]
    )


class DisputeForm(forms.Form):
    """A dispute as typed; checked as a whole, because its outcome and its days belong together."""

    decision = forms.IntegerField(label=_("Number of the decision"), min_value=1, max_value=LARGEST_ID)
    body = forms.ModelChoiceField(DisputeBody.objects.order_by("name"), label=_("Body"), empty_label="–")
    reference = line(_("The body's reference"), 120, required=True)
    opened_on = day(_("Opened on"), required=True)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=Dispute.Outcome.choices)
    decided_on = day(_("Decided on"), required=False)
    reasons = text(_("What the body said"), required=False)
    implemented = forms.ChoiceField(label=_("Implemented"), choices=Dispute.Implemented.choices)
    implemented_on = day(_("Implemented on"), required=False)
    remarks = text(_("What was done, or why not"), required=False)

    @classmethod
    def of(cls, dispute: Dispute, data: Any = None) -> DisputeForm:
        written = {
            name: getattr(dispute, name) for name in cls.base_fields if name not in ("decision", "body")
        }
        return cls(data, initial=written | {"decision": dispute.decision_id, "body": dispute.body_id})

    def clean_decision(self) -> Decision:
        decision = (
            Decision.objects.select_related("item", "case").filter(pk=self.cleaned_data["decision"]).first()
        )
        if decision is None:
            raise ValidationError(gettext("There is no such decision"))
        return decision

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        opened, decided = given.get("opened_on"), given.get("decided_on")
        pending = given.get("outcome") == Dispute.Outcome.PENDING
        if pending and decided:
            self.add_error("outcome", gettext("Say what was decided on that day"))
        if given.get("outcome") and not pending and not decided and "decided_on" not in self.errors:
            self.add_error("decided_on", gettext("Say on which day"))
        if opened and decided and decided < opened:
            self.add_error("decided_on", gettext("This is before it was opened"))
        done, done_on = given.get("implemented") == Dispute.Implemented.YES, given.get("implemented_on")
        if done and not done_on and "implemented_on" not in self.errors:
            self.add_error("implemented_on", gettext("Say on which day"))
        if done_on and not done:
            self.add_error("implemented", gettext("Say that it was implemented, or leave the day empty"))
        return given

    def write_to(self, dispute: Dispute) -> Dispute:
        """The dispute with what was typed, not saved."""
        for name, value in self.cleaned_data.items():
            setattr(dispute, name, value)
        return dispute


class BodyForm(forms.Form):
    """A certified body as typed. Languages as tags (BCP 47), apart by commas."""

    name = line(_("Name"), required=True)
    url = forms.URLField(
        label=_("Web address"),
        max_length=500,
        widget=forms.URLInput(attrs={"dir": "ltr"}),
        assume_scheme="https",
    )
    country = forms.ChoiceField(label=_("Certified in"), choices=countries, required=False)
    languages = line(_("Languages (tags, apart by commas)"), required=False)
    in_use = forms.BooleanField(label=_("People are told of it"), required=False, initial=True)

    @classmethod
    def of(cls, body: DisputeBody, data: Any = None) -> BodyForm:
        written = {name: getattr(body, name) for name in ("name", "url", "country", "in_use")}
        return cls(data, initial=written | {"languages": ", ".join(body.languages)})

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if not url.startswith(("https://", "http://")):
            raise ValidationError(gettext("Give a web address: https://…"))
        return url

    def clean_languages(self) -> list[str]:
        try:
            tags = [
                languages.normalise(each)
                for each in self.cleaned_data["languages"].split(",")
                if each.strip()
            ]
        except languages.UnknownLanguage as error:
            raise ValidationError(str(error)) from error
        return sorted(set(tags))

    def write_to(self, body: DisputeBody) -> DisputeBody:
        for name, value in self.cleaned_data.items():
            setattr(body, name, value)
        return body


class MeasureForm(forms.Form):
    """Reasons, and for how many days where it is a suspension."""

    reasons = text(_("Reasons"))
    days = forms.IntegerField(
        label=_("For how many days"), required=False, min_value=1, max_value=misuse.MOST_DAYS, initial=30
    )
