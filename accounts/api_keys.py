"""A platform's API keys: made, shown once, kept as a digest, recognised, revoked."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.utils import timezone

from accounts.models import ApiKey, Platform, Scope

# 256 random bits need no slow hash: there is nothing to guess at.
FORM: Final = re.compile(r"fl_[A-Za-z0-9_-]{20,128}", re.ASCII)
SHOWN_CHARACTERS: Final = 9


def create_key(
    platform: Platform,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    key: str | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; the string (``fl_…``) is in nobody's hands but the caller's, and cannot be shown again.

    ``key`` lets a launcher choose it: ``fl_`` and 20 to 128 letters, digits, ``_`` or ``-``.
    Raises ValueError for another form, an unknown scope or no scope at all.
    """
    wanted = sorted({Scope(scope).value for scope in scopes})
    if not wanted:
        raise ValueError("A key without a scope can do nothing: name at least one")
    key = key or f"fl_{secrets.token_urlsafe(32)}"
    if not FORM.fullmatch(key):
        raise ValueError("A key is fl_ and 20 to 128 letters, digits, _ or -")
    made = ApiKey.objects.create(
        platform=platform,
        name=name,
        prefix=key[:SHOWN_CHARACTERS],
        digest=digest(key),
        scopes=wanted,
        expires_at=expires_at,
    )
    return made, key


def look_up(key: str) -> ApiKey | None:
    """The key with its platform, whatever its state; None where there is no such key. At most one statement."""
    if not FORM.fullmatch(key):
        return None
    return ApiKey.objects.select_related("platform").filter(digest=digest(key)).first()


def refusal(key: ApiKey) -> str | None:
    """Why a known key is not taken, in words for its holder; None where it is."""
    if key.revoked_at is not None:
        return "This key was revoked."
    if key.expires_at is not None and key.expires_at <= timezone.now():
        return "This key has expired."
    return None


def authenticate(key: str) -> ApiKey | None:
    """The key with its platform if it may be used now. At most one statement."""
    found = look_up(key)
    return found if found is not None and refusal(found) is None else None


def revoke(key: ApiKey) -> None:
    """Refuse the key from now on. A key revoked before keeps its first time."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
