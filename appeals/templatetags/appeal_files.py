"""What the templates of an appeal's files need."""

from __future__ import annotations

from django import template

from appeals import words
from appeals.files.serving import SHOWN
from appeals.models import AppealFile

register = template.Library()


@register.filter
def size_in_words(content_bytes: int) -> str:
    """In the page's language: ``240 kB``."""
    return words.size(content_bytes)


@register.filter
def can_be_shown(file: AppealFile) -> bool:
    """Whether it is a picture of ours. Everything else can only be taken away."""
    return file.media_type in SHOWN
