"""What a person reads where a text of hers was erased."""

from __future__ import annotations

from datetime import UTC, datetime

from babel import Locale
from babel.dates import format_date
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from moderation import languages


def erased_text(language: str, at: datetime) -> str:
    """What stands in place of a statement's text, in its language (BCP 47)."""
    code = languages.to_speak_to(language, tuple(dict(settings.LANGUAGES)))
    with translation.override(code or settings.LANGUAGE_CODE):
        locale = Locale.parse(translation.to_locale(translation.get_language() or "en"))
        date = format_date(at.astimezone(UTC).date(), "long", locale)
        return _("This text was deleted on %(date)s, because you asked for it.") % {"date": date}
