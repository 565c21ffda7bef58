"""The purge beside others, and killed: a hold that is placed meanwhile is respected, and no count is ever wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Max

from moderation.models import Event, HeldItem, Item, LegalHold, PurgeReport, Snapshot
from moderation.retention import content, judging, purging
from moderation.retention.erasure import erase
from moderation.retention.purging import purge_due
from tests.factories import make_user
from tests.processes import Running, wait_until
from tests.retaining import days_ago, decided_ago, is_purged, make_account, place_hold, purge, written_by

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = 400
COPIES = """
INSERT INTO moderation_snapshot (item_id, digest, captured_at, type, text, language, url, media, display_name,
                                 disclosure, country, metadata)
SELECT item_id, 'copy ' || n, captured_at - n * interval '1 second', type, text, language, url, media, display_name,
       disclosure, country, metadata
FROM moderation_snapshot, generate_series(1, %s) n
"""


@pytest.fixture
def background() -> Iterator[Any]:
    """Do something in a thread with a connection of its own."""
    threads: list[Thread] = []

    def start(work: Any) -> Thread:
        def in_thread() -> None:
            try:
                work()
            finally:
                connections.close_all()

        thread = Thread(target=in_thread)
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.join(30)


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_hold_that_is_being_placed_keeps_its_item_before_it_is_committed(background: Any) -> None:
    kept, goes = decided_ago(LONG_AGO, alone=True), decided_ago(LONG_AGO, alone=True)
    placed, purged = Signal(), Signal()

    def place() -> None:
        with transaction.atomic():
            place_hold(kept.item)
            placed.set()
            assert purged.wait(30)

    thread = background(place)
    assert placed.wait(30)
    purge()
    purged.set()
    thread.join(30)
    assert [is_purged(kept), is_purged(goes)] == [False, True]
    with days_ago(-2):
        assert purge().held == {"content": 1}


def test_a_hold_waits_for_the_batch_that_has_its_item(
    background: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the redaction no hold can slip in: who places it then finds the content gone, not half."""
    decision = decided_ago(LONG_AGO, alone=True)
    seen: list[Any] = []
    real = judging.judge

    def pausing(*arguments: Any) -> Any:
        judged = real(*arguments)

        def place() -> None:
            place_hold(Item.objects.get(pk=decision.item_id))
            seen.append(Snapshot.objects.get(pk=decision.case.snapshot_id).purged_at)

        background(place)
        wait_until(waiting_for_a_lock, "the hold waits")
        return judged

    monkeypatch.setattr(content, "judge", pausing)
    purge_due()
    wait_until(lambda: seen, "the hold is placed")
    assert is_purged(decision)
    assert seen[0] is not None
    assert LegalHold.objects.count() == 1


def test_a_hold_in_the_middle_of_an_erasure_is_respected(background: Any) -> None:
    with days_ago(LONG_AGO):
        account = make_account()
        kept, goes = (written_by(account) for _ in range(2))
    placed, erased = Signal(), Signal()

    def place() -> None:
        with transaction.atomic():
            place_hold(kept)
            placed.set()
            assert erased.wait(30)

    thread = background(place)
    assert placed.wait(30)
    request = erase(account, make_user())
    erased.set()
    thread.join(30)
    assert kept.snapshots.get().purged_at is None
    assert goes.snapshots.get().purged_at is not None
    # Somebody was at work on it: it is not said to be done, and looked at again soon.
    assert request.done_at is None
    assert request.look_again_at is not None


def test_the_database_refuses_a_purge_behind_our_back() -> None:
    decision = decided_ago(LONG_AGO, alone=True)
    HeldItem.objects.create(hold=place_hold(), item=decision.item)
    with pytest.raises(IntegrityError, match="A legal hold keeps this snapshot"), transaction.atomic():
        Snapshot.objects.filter(pk=decision.case.snapshot_id).update(
            **content.EMPTY, purged_at=decision.decided_at
        )


def test_a_batch_that_fails_leaves_nothing_half_done_and_the_next_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    for _ in range(5):
        decided_ago(LONG_AGO, alone=True)
    real, batches = purging._count, 0

    def failing(*arguments: Any) -> None:
        nonlocal batches
        batches += 1
        real(*arguments)
        if batches == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(purging, "_count", failing)
    with pytest.raises(KeyboardInterrupt):
        purge_due()
    report = PurgeReport.objects.get()
    assert report.finished_at is None
    assert report.purged["content"] == Snapshot.objects.exclude(purged_at=None).count() == 2
    assert purge().pk == report.pk
    report.refresh_from_db()
    assert report.purged["content"] == Snapshot.objects.exclude(purged_at=None).count() == 5


def test_killed_in_the_middle_it_is_gone_on_with_and_the_counts_are_true() -> None:
    last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    with days_ago(LONG_AGO):
        written_by(None)
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [6_000])
    work = "import django; django.setup(); from moderation.retention.purging import purge_due; purge_due()"
    with Running([sys.executable, "-c", work], DJANGO_SETTINGS_MODULE="config.settings") as it:
        wait_until(lambda: Snapshot.objects.exclude(purged_at=None).exists(), "some is purged")
        it.kill()
    report = PurgeReport.objects.get()
    gone = Snapshot.objects.exclude(purged_at=None).count()
    assert report.finished_at is None
    assert 0 < gone < 6_001
    assert report.purged == {"content": gone}
    assert purge().purged == {"content": 6_001}
    assert PurgeReport.objects.count() == 1
    told = Event.objects.filter(kind="retention.purged", pk__gt=last)
    assert sum(event.data["purged"]["content"] for event in told) == 6_001


def test_while_one_worker_is_at_a_batch_another_makes_none(background: Any) -> None:
    decided_ago(LONG_AGO, alone=True)
    with transaction.atomic():
        assert purging._my_turn()
        batches: list[int] = []
        background(lambda: batches.append(purge_due())).join(30)
        assert batches == [0]
    assert purge_due() > 0
