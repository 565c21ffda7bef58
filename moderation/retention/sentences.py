"""What a person reads where a text of hers was erased."""

from __future__ import annotations

from datetime import UTC, datetime

from babel import Locale
from babel.dates import format_date
from django.utils import translation
from django.utils.translation import gettext as _


def erased_text(language: str, at: datetime) -> str:
    """What stands in place of a statement's text, in its language (BCP 47)."""
    with translation.override(language.lower()):
        locale = Locale.parse(translation.to_locale(translation.get_language() or "en"))
        date = format_date(at.astimezone(UTC).date(), "long", locale)
        return _("This text was deleted on %(date)s, because you asked for it.") % {"date": date}
