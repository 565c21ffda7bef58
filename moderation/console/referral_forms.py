"""What is typed on the pages about referrals, holds and authorities. Times are UTC, as in what goes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, cast

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from moderation.countries import COUNTRIES
from moderation.models import Authority, Item, Referral
from moderation.referrals.working import CaseFile

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
MOST_CHARACTERS: Final = 10_000


def countries() -> list[tuple[str, str]]:
    """Every country by its name in the language of the interface, in that order; first none."""
    names = Locale.parse(to_locale(get_language() or "en")).territories
    return [
        ("", "–"),
        *sorted(((code, names.get(code, code)) for code in COUNTRIES), key=lambda each: each[1]),
    ]


def line(label: Any, most: int = 200, *, required: bool = False) -> forms.CharField:
    widget = forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, required=required, widget=widget)


def text(label: Any, rows: int = 3, *, required: bool = True) -> forms.CharField:
    widget = forms.Textarea(attrs={"dir": "auto", "rows": rows})
    return forms.CharField(label=label, max_length=MOST_CHARACTERS, required=required, widget=widget)


def moment(label: Any, check: Callable[[datetime], None]) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "dir": "ltr"}, format="%Y-%m-%dT%H:%M")
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    return forms.DateTimeField(label=label, widget=widget, input_formats=formats, validators=[check])


def has_been(at: datetime) -> None:
    """Raises ValidationError for a time that has not come yet."""
    if at > timezone.now():
        raise ValidationError(_("This is in the future. Times here are UTC"))
    if at < EARLIEST:
        raise ValidationError(_("This is too long ago"))


def comes(at: datetime) -> None:
    if not timezone.now() < at < LATEST:
        raise ValidationError(_("Give a time in the future. Times here are UTC"))


class CaseFileForm(forms.Form):
    """The case file of a referral as typed."""

    basis = forms.ChoiceField(label=_("Basis"), choices=Referral.Basis.choices)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Referral.Urgency.choices)
    authority = forms.ModelChoiceField(
        Authority.objects.none(), label=_("Authority"), required=False, empty_label="–"
    )
    authority_written = line(_("Authority, where it is not in the list"))
    country = forms.ChoiceField(label=_("Country concerned"), choices=countries, required=False)
    order_reference = line(_("Reference of the order"))
    summary = text(_("What is known"), 6, required=False)

    def __init__(self, referral: Referral, data: Any = None) -> None:
        names = [name for name in self.base_fields if name != "authority"]
        written = {name: getattr(referral, name) for name in names} | {"authority": referral.authority_id}
        super().__init__(data, initial=written, auto_id="file_%s")
        known = Authority.objects.filter(Q(in_use=True) | Q(pk=referral.authority_id))
        field = cast("forms.ModelChoiceField[Authority]", self.fields["authority"])
        field.queryset = known.order_by("country", "name")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("authority") and given.get("authority_written"):
            self.add_error("authority_written", _("Choose one of the list, or write one: not both"))
        if given.get("basis") == Referral.Basis.COURT_ORDER and not given.get("order_reference"):
            self.add_error("order_reference", _("Give the reference of the order"))
        return given

    def written(self) -> CaseFile:
        return CaseFile(**self.cleaned_data)


class SentForm(forms.Form):
    """That a referral was sent."""

    how = line(_("How it was sent"), required=True)
    at = moment(_("When (UTC)"), has_been)


class AnswerForm(forms.Form):
    """What an authority answered."""

    who = line(_("Who answered"), required=True)
    received_at = moment(_("When it came (UTC)"), has_been)
    reference = line(_("Their reference"))
    text = text(_("What they said"), 4)


class ReasonsForm(forms.Form):
    """Why a hold should be lifted."""

    reasons = text(_("Why it can be lifted"))


class ExtendForm(forms.Form):
    """Until when a hold shall last, and why."""

    until = moment(_("Until (UTC)"), comes)
    why = line(_("Why"), 500, required=True)


class PlaceForm(forms.Form):
    """A hold that belongs to no referral: which item, why, and until when."""

    platform = forms.ModelChoiceField(Platform.objects.all(), label=_("Platform"), empty_label=None)
    kind = forms.ChoiceField(label=_("Kind"), choices=Item.Kind.choices)
    external_id = forms.CharField(
        label=_("The platform's own id"),
        max_length=255,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
    )
    around = forms.BooleanField(
        label=_("Also what stands around it: its author, the thread, the author's latest"),
        required=False,
        initial=True,
    )
    until = moment(_("Until (UTC)"), comes)
    reason = text(_("Why it must be kept"), 2)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if {"platform", "kind", "external_id"} <= set(given):
            named = {name: given[name] for name in ("platform", "kind", "external_id")}
            given["item"] = Item.objects.select_related("author").filter(**named).first()
            if given["item"] is None:
                self.add_error("external_id", gettext("We know no such item"))
        return given


class AuthorityForm(forms.Form):
    """An authority as typed."""

    name = line(_("Name"), required=True)
    country = forms.ChoiceField(label=_("Country"), choices=countries, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Authority.Kind.choices)
    contact = text(_("How it takes referrals"), required=False)
    in_use = forms.BooleanField(label=_("Can be chosen"), required=False, initial=True)

    @classmethod
    def of(cls, authority: Authority, data: Any = None) -> AuthorityForm:
        return cls(data, initial={name: getattr(authority, name) for name in cls.base_fields})

    def write_to(self, authority: Authority) -> Authority:
        for name, value in self.cleaned_data.items():
            setattr(authority, name, value)
        return authority
