"""The claim itself against a plain reference, on thousands of random worlds, on the real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, seed, settings

from accounts.models import Clearance
from moderation import plugins
from moderation.eligibility import loading
from moderation.hookspecs import hookimpl
from moderation.models import Case, Policy, Snapshot
from moderation.queueing.board import lane_counts
from moderation.queueing.claim import claim_next
from tests.eligibility_reference import Entry, World, may_take, takes_next
from tests.eligibility_rows import Rows, make_rows
from tests.eligibility_worlds import CLEARANCES, worlds
from tests.factories import make_item, make_policy

WORLDS = 2_000
PARTS = 4


class Translator:
    """A plugin that translates, badly."""

    @hookimpl
    def translate(self, text: str, source: str, target: str) -> str | None:
        return f"{text} ({source} to {target})"


@dataclass(frozen=True)
class Clock:
    """What ``loading`` asks for the time."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def snapshot(db: None) -> Snapshot:
    """What the cases of all worlds are about. No world needs another."""
    for slug in CLEARANCES:
        Clearance.objects.get_or_create(slug=slug, defaults={"name": slug})
    return make_item().snapshots.get()


@pytest.fixture
def policy(db: None) -> Policy:
    return make_policy()


@contextmanager
def standing(world: World, snapshot: Snapshot, policy: Policy) -> Iterator[Rows]:
    """The world as the product finds it, for as long as it lasts; then nothing of it is left.

    The whole test is one transaction, so the database's clock stands still: a wait is a step's to the second.
    """
    translator = Translator()
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(loading, "timezone", Clock(world.moment))
        if world.translates:
            plugins.manager().register(translator)
        loading.forget()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT now()")
                now = cursor.fetchone()[0]
            yield make_rows(world, snapshot, policy, now)
        finally:
            if world.translates:
                plugins.manager().unregister(translator)
            loading.forget()
            transaction.set_rollback(True)


@pytest.mark.parametrize("part", range(PARTS))
def test_everybody_is_given_exactly_what_the_reference_gives_her_in_its_order(
    snapshot: Snapshot, policy: Policy, part: int
) -> None:
    """In parts, so that they can run beside each other."""

    @seed(part)
    @settings(
        max_examples=WORLDS // PARTS, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(world=worlds())
    def agree(world: World) -> None:
        with standing(world, snapshot, policy) as rows:
            the_board_counts_what_the_reference_allows(world, rows)
            claims_and_reference_agree(world, rows)

    agree()


def the_board_counts_what_the_reference_allows(world: World, rows: Rows) -> None:
    """Whoever asks first, and whether or not somebody else may take the same."""
    for place, person in enumerate(rows.people):
        counted = {(each.lane.queue_id, each.lane.language): each.waiting for each in lane_counts(person)}
        expected = Counter(
            (rows.queues[case.queue].pk, case.language)
            for case in world.cases
            if may_take(world, place, case) is not None
        )
        assert {lane: waiting for lane, waiting in counted.items() if waiting} == expected, place


def claims_and_reference_agree(world: World, rows: Rows) -> None:
    """Everybody asks in turn, until nothing is left for anybody."""
    number_of = {case.pk: number for number, case in enumerate(rows.cases)}
    gone: set[int] = set()
    asking = list(range(len(rows.people)))
    while asking:
        for place in tuple(asking):
            expected = takes_next(world, place, gone)
            claimed = claim_next(rows.people[place])
            if claimed is None or expected is None:
                assert claimed is None, f"{place} is given {number_of[claimed.pk]}, which is not hers to take"
                assert expected is None, f"{place} is given nothing, and {expected} is left"
                asking.remove(place)
                continue
            number, entry = expected
            assert (number_of[claimed.pk], entry_of(claimed)) == (number, entry), place
            assert claimed.claimed_by_id == rows.people[place].pk
            gone.add(number)


def entry_of(case: Case) -> Entry:
    """How she came to the case, as it is kept with her hold."""
    kept = case.claimed_through
    assert kept is not None
    return Entry(kept["step"], kept["opens_after"], kept["reads"], tuple(kept["actions"]))
