"""What a person can send: an appeal in her words, or a code and a name that she goes by."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appeals import links, words
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
                words.counted(
                    ngettext(
                        "This is too long. Please make it shorter by %(count)d character.",
                        "This is too long. Please make it shorter by %(count)d characters.",
                        too_many,
                    ),
                    too_many,
                ),
                code="too_long",
            )


class Contact(forms.EmailField):
    """An address of e-mail, without what keyboards and copying add: spaces, marks of direction, wide letters."""

    def __init__(self) -> None:
        wrong = _("This does not look like an e-mail address. Please check it.")
        super().__init__(required=False, max_length=None, error_messages={"invalid": wrong})

    def to_python(self, value: object) -> str:
        plain = unicodedata.normalize("NFKC", clean(str(value or "")))
        return "".join(each for each in plain if unicodedata.category(each) != "Cf").strip().removesuffix(".")


class AppealForm(forms.Form):
    """``contact`` is only asked for where the desk can write to it."""

    text = Words(required=True, missing=_("Please tell us why you think this is wrong."))
    background = Words(required=False)
    contact = Contact()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.EMAIL_URL:
            del self.fields["contact"]


class CodeForm(forms.Form):
    """``cleaned_data["code"]`` is the code as it is stored."""

    code = forms.CharField(max_length=60, error_messages={"required": _("Please type the code.")})
    account = forms.CharField(
        max_length=255,
        error_messages={
            "required": _("Please type the name of your account, your e-mail address or your phone number.")
        },
    )

    def clean_code(self) -> str:
        try:
            return links.read_code(self.cleaned_data["code"])
        except links.BadCode as error:
            raise forms.ValidationError(
                _("This code has a typing mistake. Please compare it with your message, letter by letter.")
            ) from error
