"""A decision that an appeal takes back leaves Harbour, strikes and the account as if it had never been made.

Each history is lived twice at a real desk, with Harbour as the platform: once with the decision and the appeal, once
without either. Webhooks are signed, sent over HTTP, verified and obeyed. What holds at the end must be the same.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from moderation.models import Policy, StrikeThreshold
from moderation.outbox.endpoints import create_endpoint
from tests.appealing import make_appeal_queue
from tests.factories import make_platform, make_policy, make_user
from tests.harbour import SECRET, Harbour, running_harbour
from tests.overturning import Life, NotAppealable, counts_from_the_first, history

pytestmark = pytest.mark.django_db

ALLOWED = ["remove", "restrict", "warn", "demonetise", "lock_account", "terminate_account"]
Desk = tuple[Harbour, list[User], Policy, int]
# Some of them with every test run; `make histories` runs thousands.
HISTORIES = int(os.environ.get("HISTORIES", "24"))


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Harbour]:
    with running_harbour(tmp_path) as running:
        yield running


@pytest.fixture
def desk(settings: Settings, harbour: Harbour) -> Desk:
    settings.UNDO_SECONDS = 3600.0
    make_appeal_queue()
    endpoint = create_endpoint(make_platform(), f"{harbour.url}/webhooks/fairlead", secret=SECRET)
    StrikeThreshold.objects.create(points=4, window_days=30, action="lock_account", days=7)
    people = [make_user(en=5, clearances=("approval", "appeals")) for _ in range(8)]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return harbour, people, make_policy(allowed_actions=ALLOWED), endpoint.pk


@pytest.mark.parametrize("part", range(2))
def test_overturned_everything_is_as_if_the_decision_had_never_been(part: int, desk: Desk) -> None:
    seen: Counter[str] = Counter()
    for seed in range(part * HISTORIES // 2, (part + 1) * HISTORIES // 2):
        one = history(seed)
        with transaction.atomic():
            with_it, without = Life(*desk), Life(*desk)
            with_it.begin()
            without.begin()
            try:
                with_it.live(one)
            except NotAppealable:
                seen["nothing to appeal"] += 1
            else:
                without.live_without(one, with_it.appealed)
                told = f"history {seed}, chain {with_it.appealed}: {one}"
                here, there = with_it.state(), without.state()
                if one.instead and not counts_from_the_first(one, with_it.appealed):
                    here["strikes"].sort()
                    there["strikes"].sort()
                assert here == there, told
                seen["in part" if one.instead else "wholly"] += 1
                # What rested on its strike is in doubt, and nothing else. (What is locked is not proposed to be.)
                proposed = without.taken()
                for chain, sound in with_it.taken().items():
                    if chain != with_it.appealed and "lock_account" not in one.instead:
                        assert sound == proposed.get(chain, False), f"{chain} in {told}"
                        seen["in doubt"] += not sound
            transaction.set_rollback(True)
    assert seen["wholly"] > HISTORIES // 5
    assert seen["in part"] > HISTORIES // 20
