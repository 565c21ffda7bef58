"""Simulations that admins asked for: a row each, worked on by whichever worker takes it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from moderation import bells
from moderation.foresight.change import Change
from moderation.foresight.written import as_row
from moderation.models import Foresight

BELL: Final = "moderation.foresight.running.run_pending"
QUEUE: Final = "foresight"
OWED: Final = (Foresight.Status.WAITING, Foresight.Status.RUNNING)
# Each keeps a worker for a while, and other work waits for workers too.
MOST_OWED: Final = 3
MOST_SEED: Final = 2**31 - 1


class TooManyOwed(Exception):
    """She has asked for as many as may wait at once. Says so in words."""


@transaction.atomic
def ask(
    change: Change, days: int, by: User, seed: int | None = None, until: datetime | None = None
) -> Foresight:
    """Owe somebody a simulation. Raises TooManyOwed."""
    if Foresight.objects.filter(status__in=OWED, asked_by=by).count() >= MOST_OWED:
        raise TooManyOwed(
            gettext("You have asked for %(most)s simulations that are not done yet. Wait for one of them.")
            % {"most": MOST_OWED}
        )
    asked = Foresight.objects.create(
        change=as_row(change),
        days=days,
        seed=secrets.randbelow(MOST_SEED) if seed is None else seed,
        asked_by=by,
    )
    bells.work_waits(BELL, QUEUE)
    return asked
