"""A simulation that is done, as pages show it."""

from __future__ import annotations

from moderation.foresight.change import Change, PersonChange
from moderation.foresight.running import ask, run_pending
from moderation.models import Foresight
from tests.factories import make_user


def done_foresight() -> Foresight:
    """What it would be without somebody who reads Arabic and English."""
    away = make_user(ar=5, en=5)
    asked = ask(Change("Mali is away – ไม่อยู่", people=(PersonChange(away.pk, active=False),)), 7, away)
    run_pending()
    asked.refresh_from_db()
    assert asked.status == Foresight.Status.DONE, asked.error
    return asked
