"""What a person can send: an appeal in her words, or a code and the name of her account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appeals import links
from appeals.filing import MOST_CHARACTERS, clean

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Words(forms.CharField):
    """A long text in any script. What no table keeps is taken out of it; what she wrote is never cut."""

    def __init__(self, *, required: bool, missing: str | _StrPromise = "") -> None:
        super().__init__(required=required, strip=False, error_messages={"required": missing})
        # Django's own validator refuses a text for a character that nobody sees; clean() takes it out instead.
        self.validators = []

    def to_python(self, value: object) -> str:
        return clean(str(value or ""))

    def validate(self, value: str) -> None:
        super().validate(value)
        too_many = len(value) - MOST_CHARACTERS
        if too_many > 0:
            raise forms.ValidationError(
                ngettext(
                    "This is too long. Please make it shorter by %(count)d character.",
                    "This is too long. Please make it shorter by %(count)d characters.",
                    too_many,
                )
                % {"count": too_many},
                code="too_long",
            )


class AppealForm(forms.Form):
    text = Words(required=True, missing=_("Please tell us why you think this is wrong."))
    background = Words(required=False)


class CodeForm(forms.Form):
    """``cleaned_data["code"]`` is the code as it is stored."""

    code = forms.CharField(max_length=60, error_messages={"required": _("Please type the code.")})
    account = forms.CharField(
        max_length=255, error_messages={"required": _("Please type the name of your account.")}
    )

    def clean_code(self) -> str:
        try:
            return links.read_code(self.cleaned_data["code"])
        except links.BadCode as error:
            raise forms.ValidationError(
                _("This code has a typing mistake. Please compare it with your message, letter by letter.")
            ) from error
