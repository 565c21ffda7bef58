"""How the audit page writes moments."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale

register = template.Library()


@register.filter
def exact(at: datetime) -> SafeString:
    """A moment to the second, in UTC; to the microsecond for whoever points at it."""
    written = format_datetime(at, "medium", locale=to_locale(get_language() or "en"))
    return format_html('<time datetime="{0}" title="{0}">{1}</time>', at.isoformat(), written)
