"""A sealed trail, and what whoever owns the database does to it behind the product's back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from moderation import audit
from moderation.models import Event, Seal
from moderation.sealing import sealer
from moderation.sealing.findings import Finding
from moderation.sealing.verifying import verify

EVENTS = 30


def empty_trail() -> None:
    """Forget what tests that committed have left in the table, which nothing else empties."""
    with superuser() as cursor:
        cursor.execute("DELETE FROM moderation_event")
        cursor.execute("DELETE FROM moderation_seal")


def make_events(count: int, kind: str = "test.happened") -> list[int]:
    """So many Events, each with data of its own. Their numbers."""
    before = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    audit.record_many(
        kind, audit.SYSTEM, [(n, n, {"step": n, "text": f"ไทย “{n}”\n"}) for n in range(1, count + 1)]
    )
    return list(Event.objects.filter(id__gt=before).order_by("id").values_list("id", flat=True))


def make_trail(monkeypatch: pytest.MonkeyPatch, events: int = EVENTS, batch: int = 10) -> list[int]:
    """A trail of this many Events, sealed in batches. Their numbers, as they were recorded."""
    empty_trail()
    monkeypatch.setattr(sealer, "BATCH", batch)
    numbers = make_events(events)
    assert sealer.seal_events() >= events
    return numbers


@contextmanager
def superuser() -> Iterator[Any]:
    """A cursor before which no trigger stands: all that a superuser can do more than the desk's own role."""
    with connection.cursor() as cursor:
        for table in ("moderation_event", "moderation_seal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in ("moderation_event", "moderation_seal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def tamper(*statements: str, **values: Any) -> None:
    with superuser() as cursor:
        for each in statements:
            cursor.execute(each, values)
            assert cursor.rowcount, f"Nothing was changed by {each}"


def damage() -> list[tuple[str, int | None, int | None]]:
    """(kind of damage, Event, seal) of all that verifying finds."""
    return [(each.damage.value, each.event, each.seal) for each in found()]


def found() -> list[Finding]:
    return verify().findings.found


def seal_of(number: int) -> int:
    return Seal.objects.filter(last_event__gte=number).order_by("number").values_list("number", flat=True)[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """``manage.py audit …``: its exit code and what it said."""
    code = 0
    try:
        call_command("audit", *arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, capsys.readouterr().out
