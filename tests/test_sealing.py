"""Sealing the audit trail: each Event once, in order, in the background, never past one that is still being written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from config.cron import TIMERS
from moderation import audit, settled
from moderation.models import Event, Seal
from moderation.sealing import heads, leaves, merkle, sealer
from moderation.sealing.verifying import verify
from tests.sealing import empty_trail, make_events, make_trail


@pytest.fixture
def trail(db: None) -> None:
    empty_trail()


def tree_hash(contents: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not contents:
        return hashlib.sha256(b"").digest()
    if len(contents) == 1:
        return hashlib.sha256(b"\x00" + contents[0]).digest()
    k = 1
    while k * 2 < len(contents):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(contents[:k]) + tree_hash(contents[k:])).digest()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 100])
def test_the_root_is_that_of_rfc_6962(size: int) -> None:
    contents = [b"event %d" % n for n in range(size)]
    assert merkle.root([merkle.leaf(each) for each in contents]) == tree_hash(contents)


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_what_is_sealed_of_an_event_is_every_column_of_its_row() -> None:
    audit.record("test.happened", audit.SYSTEM, text='a "quoted" ไทย', other=[1.50, None])
    event = Event.objects.get()
    [line] = leaves.lines(0, leaves.AFTER_ALL)
    said = (
        f'[{event.id}, {heads.microseconds(event.at)}, "test.happened", "system", null, null, null, '
        '{"text": "a \\"quoted\\" ไทย", "other": [1.5, null]}]'
    )
    assert line.content.decode() == said
    assert line.as_number(7).decode() == said.replace(str(event.id), "7", 1)


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_rows_that_differ_only_in_where_a_column_ends_make_different_lines() -> None:
    with connection.cursor() as cursor:
        for kind, actor in (("a", 'b", "c'), ('a", "b', "c"), ("a\nb", "c"), ("a", "b\nc")):
            cursor.execute(
                "INSERT INTO moderation_event (at, kind, actor, data) VALUES ('2026-01-01', %s, %s, '{}')",
                [kind, actor],
            )
    assert len({each.content.split(b",", 1)[1] for each in leaves.lines(0, leaves.AFTER_ALL)}) == 4


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_every_event_is_sealed_once_in_the_order_of_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = make_trail(monkeypatch, events=25, batch=10)
    seals = list(Seal.objects.order_by("number"))
    assert [each.number for each in seals] == [1, 2, 3]
    assert [n for each in seals for n in each.event_ids][:25] == numbers
    assert [bytes(each.previous) for each in seals] == [b"", *(bytes(each.head) for each in seals[:-1])]
    assert [each.last_event for each in seals] == [each.event_ids[-1] for each in seals]
    more = make_events(3)
    assert sealer.seal_events() >= 3
    assert set(more) <= set(Seal.objects.latest("number").event_ids)
    assert not verify().findings


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_quiet_desk_makes_no_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sealer.seal_events() == 0
    make_trail(monkeypatch, events=5)
    assert [sealer.seal_events() for _ in range(3)] == [0, 0, 0]
    assert Seal.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_each_seal_is_told_of_in_the_trail() -> None:
    make_events(3)
    sealer.seal_events()
    seal, event = Seal.objects.get(), Event.objects.latest("id")
    assert (event.kind, event.data["seal"], event.data["head"]) == ("trail.sealed", 1, bytes(seal.head).hex())


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trail")
def test_nothing_is_sealed_past_an_event_that_is_still_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "PATIENCE_SECONDS", 0.1)
    written, go_on = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            audit.record("test.slow", audit.SYSTEM)
            written.set()
            assert go_on.wait(20)

    thread = in_thread(slow_writer)
    assert written.wait(20)
    [later] = make_events(1)
    try:
        assert sealer.seal_events() == 0
    finally:
        go_on.set()
        thread.join()
    assert sealer.seal_events() == 2
    slow = Event.objects.get(kind="test.slow")
    assert slow.id < later
    assert Seal.objects.get().event_ids == [slow.id, later]
    assert not verify().findings


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trail")
def test_who_begins_to_write_while_it_is_sealed_is_neither_waited_for_nor_held_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_events(2)
    begun = threading.Event()
    done = settled.writers_done

    def writers_done(table: str, patience: float) -> bool:
        thread = in_thread(late_writer)
        assert begun.wait(20)
        threads.append(thread)
        return done(table, patience)

    def late_writer() -> None:
        audit.record("test.late", audit.SYSTEM)
        begun.set()

    threads: list[threading.Thread] = []
    monkeypatch.setattr(sealer, "writers_done", writers_done)
    assert sealer._seal_next() == 2
    threads[0].join()
    late = Event.objects.get(kind="test.late")
    assert late.id > Seal.objects.get().last_event


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trail")
def test_of_two_sealers_at_once_one_leaves_the_work_to_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    make_events(4)
    inside, go_on = threading.Event(), threading.Event()
    done = settled.writers_done

    def slowly(table: str, patience: float) -> bool:
        inside.set()
        assert go_on.wait(20)
        return done(table, patience)

    monkeypatch.setattr(sealer, "writers_done", slowly)
    thread = in_thread(sealer.seal_events)
    assert inside.wait(20)
    try:
        assert sealer.seal_events() == 0
    finally:
        go_on.set()
        thread.join()
    assert Seal.objects.get().event_ids == list(
        Event.objects.exclude(kind="trail.sealed").order_by("id").values_list("id", flat=True)
    )


def test_a_timer_seals() -> None:
    assert sealer.seal_events in {each.function for each in TIMERS}
