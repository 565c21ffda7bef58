"""What the pages about referrals, and the links to them, need."""

from __future__ import annotations

import json
from typing import Any

from django import template

from accounts.models import User
from moderation.holds.owing import is_as_declared
from moderation.models import PreservedFile, Referral
from moderation.referrals import access, working

register = template.Library()


@register.filter
def sees_referrals(user: User) -> bool:
    """Whether a link to them is for her."""
    return user.is_authenticated and access.sees_link(user)


@register.filter
def recipient(referral: Referral) -> str:
    return working.recipient_of(referral)


@register.filter
def is_late(referral: Referral) -> bool:
    return working.is_late(referral)


@register.filter
def as_declared(file: PreservedFile) -> bool | None:
    return is_as_declared(file)


@register.filter
def as_json(value: Any) -> str:
    """Readable JSON, for text that a template escapes."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
