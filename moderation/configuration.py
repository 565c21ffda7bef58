"""A change of configuration, whoever made it to what: an Event, and a bell that every process and open board hears."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction

from moderation import audit, bells
from moderation.audit import Actor
from moderation.eligibility import loading

# A lane may just have lost, or found, the only people for it.
WATCH: Final = "moderation.coverage.gaps.watch"


def changed(kind: str, by: Actor, **data: Any) -> None:
    """Say in the transaction of a change what changed: ``kind`` is ``noun.verb``, ``data`` must be JSON.

    From its commit on, this process reads the configuration anew, and so does every other that hears the bell; one
    that does not, within ``loading.DESK_SECONDS``.
    """
    audit.record(kind, by, **data)
    transaction.on_commit(loading.forget, robust=True)
    bells.configuration_changed()
    bells.work_waits(WATCH)
