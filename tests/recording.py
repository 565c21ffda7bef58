"""Cases that were taken and decided at times of the past, by the product's own stages with its clock turned back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from moderation.decisions import decide
from moderation.models import Case
from moderation.queueing import lease
from tests.deciding import claim, judgement
from tests.factories import make_case

# Midnight, a week before the real day at least, so that what is recorded lies in the past whatever the hour.
NOW = (timezone.now() - timedelta(days=8)).replace(hour=0, minute=0, second=0, microsecond=0)
HEARTBEAT_SECONDS = 300


class Record:
    """Makes cases that came some seconds after ``NOW`` (or before, negative), and lets people take them then."""

    def __init__(self, at: Callable[[datetime], Any]) -> None:
        self._at = at

    def came(self, seconds: float, **case: Any) -> Case:
        moment = NOW + timedelta(seconds=seconds)
        with self._at(moment):
            return make_case(**{"queued_at": moment, "due_at": moment + timedelta(hours=1)} | case)

    def taken(self, case: Case, by: User, seconds: float, *, decided_after: float | None = None) -> Case:
        """Claimed after so many seconds, and decided so many later, if at all."""
        assert case.queued_at is not None
        moment = case.queued_at + timedelta(seconds=seconds)
        with self._at(moment):
            held, _, token = claim(by, case)
        if decided_after is not None:
            for beat in range(HEARTBEAT_SECONDS, int(decided_after), HEARTBEAT_SECONDS):
                with self._at(moment + timedelta(seconds=beat)):
                    lease.renew(held.pk, by, token)
            with self._at(moment + timedelta(seconds=decided_after)):
                decide(held.pk, by, token, judgement("no_violation"))
        return held

    def released(self, case: Case, by: User, seconds: float) -> None:
        """Given back so many seconds after it came, having been held."""
        assert case.queued_at is not None
        assert case.lease_token is not None
        with self._at(case.queued_at + timedelta(seconds=seconds)):
            lease.release(case.pk, by, case.lease_token)


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Record:
    @contextmanager
    def at(moment: datetime) -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", lambda: moment)
            yield

    return Record(at)
