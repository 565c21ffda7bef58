"""A plugin with detectors that misbehave, each in its own way, where the snapshot's metadata asks for it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from moderation.detectors.interface import Detector, Finding, ProposedFlag
from moderation.hookspecs import hookimpl
from moderation.models import Snapshot


class Faulty:
    """Behaves as ``metadata["fault"]`` says; at peace it says that it saw nothing."""

    slug = "faulty"

    def version(self) -> str:
        return "1"

    def screen(self, snapshot: Snapshot) -> Finding | None:
        fault = snapshot.metadata.get("fault")
        return FAULTS[fault](snapshot) if fault else None


class Stubborn:
    """Holds up whoever runs it for ``metadata["seconds"]``, whatever happens; then needs ``winding_up`` to stop."""

    slug = "stubborn"

    def version(self) -> str:
        return "1"

    def screen(self, snapshot: Snapshot) -> Finding | None:
        until = time.monotonic() + snapshot.metadata.get("seconds", 0)
        try:
            while time.monotonic() < until:
                try:
                    time.sleep(0.01)
                except Exception:
                    continue
        finally:
            time.sleep(snapshot.metadata.get("winding_up", 0))
        return None


class Witness:
    """Flags every snapshot whose metadata names a policy: what shows that the others still count."""

    slug = "witness"

    def version(self) -> str:
        return "1"

    def screen(self, snapshot: Snapshot) -> Finding | None:
        if not (policy := snapshot.metadata.get("policy")):
            return None
        saw = {"in_transaction": connection.in_atomic_block, "text": snapshot.text}
        return Finding([ProposedFlag(policy, 0.5, {"because": "told to"})], saw)


class Nameless:
    """Cannot say its version."""

    slug = "nameless"

    def version(self) -> str:
        raise LookupError("which one am I?")

    def screen(self, snapshot: Snapshot) -> Finding | None:
        return None


def _raises(snapshot: Snapshot) -> Finding:
    raise RuntimeError("out of order \0 \ud800")


def _exits(snapshot: Snapshot) -> Finding:
    raise SystemExit(3)


def _hangs_in_c(snapshot: Snapshot) -> Finding:
    return Finding((), {"sum": sum(range(10**15))})


def _dies(snapshot: Snapshot) -> Finding:
    os.kill(os.getpid(), signal.SIGKILL)
    return Finding()


def _changes_the_snapshot(snapshot: Snapshot) -> Finding:
    snapshot.text = "something else"
    snapshot.metadata.clear()
    return Finding()


def _queries(snapshot: Snapshot) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")
    return Finding()


def _answers(answer: Any) -> Callable[[Snapshot], Finding]:
    return lambda _: answer


FAULTS: dict[str, Callable[[Snapshot], Finding]] = {
    "raises": _raises,
    "exits": _exits,
    "hangs in C": _hangs_in_c,
    "dies": _dies,
    "changes the snapshot": _changes_the_snapshot,
    "hangs in the database": _queries,
    "answers a text": _answers("bad"),
    "answers a score of 2": _answers(Finding([ProposedFlag("spam", 2.0)])),
    "answers no number": _answers(Finding([ProposedFlag("spam", float("nan"))])),
    "answers NUL": _answers(Finding([ProposedFlag("spam", 0.5, {"matches": ["a\0b"]})])),
    "answers a surrogate": _answers(Finding((), {"\ud800": 1})),
    "answers no JSON": _answers(Finding((), {"saw": object()})),
    "answers an unknown policy": _answers(Finding([ProposedFlag("no-such-policy", 0.5)])),
}


@hookimpl
def detectors() -> Sequence[Detector]:
    return [Faulty(), Stubborn(), Witness(), Nameless()]
