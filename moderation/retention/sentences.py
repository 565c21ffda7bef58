"""What a person reads where a text of hers was erased."""

from __future__ import annotations

from datetime import datetime

from babel import Locale
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from moderation import dates_and_numbers, languages


def erased_text(language: str, at: datetime) -> str:
    """What stands in place of a statement's text, in its language (BCP 47)."""
    code = languages.to_speak_to(language, tuple(dict(settings.LANGUAGES)))
    with translation.override(code or settings.LANGUAGE_CODE):
        locale = Locale.parse(translation.to_locale(translation.get_language() or "en"))
        return _("This text was deleted on %(date)s, because you asked for it.") % {
            "date": dates_and_numbers.day(at, locale)
        }
