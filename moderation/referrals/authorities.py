"""The list of authorities that referrals go to: what comes with Fairlead, and what admins make of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from moderation import audit
from moderation.models import Authority

KNOWN: Final = Path(__file__).parent.parent / "data" / "authorities.json"


@transaction.atomic
def load_known() -> int:
    """Add those that come with Fairlead, as far as they are missing. How many were added.

    What an admin changed stays as she left it. They come without contact details: these are agreed with each.
    """
    added = 0
    for each in json.loads(KNOWN.read_text(encoding="utf-8")):
        added += Authority.objects.get_or_create(
            name=each["name"], country=each["country"], defaults={"kind": each["kind"]}
        )[1]
    if added:
        audit.record("authority.added", audit.SYSTEM, added=added)
    return added


@transaction.atomic
def save(authority: Authority, by: User) -> Authority:
    """Add one, or change one that there is. Raises IntegrityError where its name is in that country's list already."""
    new = authority.pk is None
    before = None if new else _facts(Authority.objects.select_for_update().get(pk=authority.pk))
    authority.save()
    after = _facts(authority)
    if new:
        audit.record("authority.added", audit.person(by), authority_id=authority.pk, after=after)
    elif before != after:
        audit.record(
            "authority.changed", audit.person(by), authority_id=authority.pk, before=before, after=after
        )
    return authority


def _facts(authority: Authority) -> dict[str, Any]:
    return {name: getattr(authority, name) for name in ("name", "country", "kind", "contact", "in_use")}
