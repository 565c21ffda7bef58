"""Verifying: every Event is compared with its seal, and every seal with the one before and the desk's signature.

One walk over seals and Events in the order of their numbers, page by page, so that memory stays flat and no snapshot
stays open. Below the last sealed number none can appear by itself any more, so the walk needs no pause of the desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from moderation import keys
from moderation.models import Seal
from moderation.sealing import merkle
from moderation.sealing.findings import MOST, Damage, Findings
from moderation.sealing.leaves import AFTER_ALL, BEFORE_ALL, Line, lines
from moderation.sealing.soundness import check_seal
from moderation.sealing.telling import Tellings

SEALS_PAGE: Final = 20
UNSEALED: Final = "SELECT count(*), min(id), max(id), min(at)::text FROM moderation_event WHERE id > %s"


@dataclass(frozen=True)
class Unsealed:
    """What no seal covers yet: how many Events, the first and last number, and the oldest's moment as it stands."""

    events: int
    first: int | None
    last: int | None
    oldest: str | None


@dataclass
class Report:
    """What was looked at, and what is wrong with it. ``unsealed`` is known where the walk went to the end."""

    findings: Findings = field(default_factory=Findings)
    seals: int = 0
    first_seal: int = 0
    last_seal: int = 0
    events: int = 0
    head: bytes = b""
    unsealed: Unsealed | None = None


def verify(first: int = 1, last: int | None = None, former_keys: Iterable[Ed25519PublicKey] = ()) -> Report:
    """Verify the seals numbered ``first`` to ``last`` (None: the latest) and the Events that they cover."""
    walk = _Walk([*keys.public_keys(), *former_keys])
    walk.go(first, last)
    walk.report.findings.pair()
    return walk.report


def seals_of(first: int | datetime | None, last: int | datetime | None) -> tuple[int, int | None]:
    """The numbers of the seals from the one that covers ``first`` to the one that covers ``last`` (None: the latest,
    and on to what is not sealed yet), each given as an Event's number or as a moment.

    A moment means the first seal made at or after it, as Events are sealed after they were recorded.
    """
    start = 1 if first is None else _covering(first)
    if start is None:
        latest = Seal.objects.order_by("-number").values_list("number", flat=True).first()
        start = (latest or 0) + 1
    return start, None if last is None else _covering(last)


def _covering(where: int | datetime) -> int | None:
    by = "last_event" if isinstance(where, int) else "sealed_at"
    ahead = Seal.objects.filter(**{f"{by}__gte": where}).order_by(by, "number")
    return ahead.values_list("number", flat=True).first()


class _Walk:
    def __init__(self, trusted: Sequence[Ed25519PublicKey]) -> None:
        self.report = Report()
        self._findings = self.report.findings
        self._trusted = trusted
        self._tellings = Tellings(self._findings)

    def go(self, first: int, last: int | None) -> None:
        before = Seal.objects.filter(number=first - 1).first()
        self._stream = _Stream(before.last_event if before else BEFORE_ALL)
        self._tellings.since = first
        upcoming = _seals(first, last)
        seal = next(upcoming, None)
        if before is None and first > 1 and seal is not None:
            self._stream = _Stream(seal.first_event - 1)
        number = first - 1
        while seal is not None:
            following = next(upcoming, None)
            if seal.number != number + 1:
                self._missing(number + 1, seal)
                before = None
            self._one(seal, before, following)
            number, before, seal = seal.number, seal, following
        if before is not None:
            self.report.head = bytes(before.head)
        if last is None:
            self._rest(before.last_event if before else self._stream.position)

    def _missing(self, first: int, found: Seal) -> None:
        """Seals ``first`` up to the one found are gone. What they covered can be compared with nothing."""
        bare = sum(1 for _ in self._passing(self._stream.upto(found.first_event - 1)))
        last = found.number - 1
        which = f"Seal {first} is missing" if first == last else f"Seals {first} to {last} are missing"
        self._findings.add(
            Damage.SEAL_MISSING,
            f"{which}: {bare} events before event {found.first_event} are covered by nothing",
            seal=first,
        )
        self._tellings.missing(first, last)

    def _one(self, seal: Seal, before: Seal | None, following: Seal | None) -> None:
        sound = check_seal(seal, before, self._trusted, self._findings)
        self.report.seals += 1
        self.report.first_seal = self.report.first_seal or seal.number
        self.report.last_seal = seal.number
        self._tellings.made(seal)
        upto = seal.last_event
        if not sound and following is not None and following.number == seal.number + 1:
            upto = following.first_event - 1
        events = self._passing(self._stream.upto(upto))
        numbers, leaves = (
            [each for each in seal.event_ids if each is not None],
            merkle.split(bytes(seal.leaves)),
        )
        if not sound:
            # What a damaged seal lists may be what was changed: its root may still say that the Events are not.
            rows = list(islice(events, len(numbers) + MOST))
            covered = rows if following else rows[: max(len(numbers), len(leaves))]
            if merkle.root([merkle.leaf(line.content) for line in covered]) == bytes(seal.root):
                return
            events = iter(rows)
        self._compare(seal.number, numbers, leaves, events)

    def _compare(
        self, seal: int, numbers: Sequence[int], leaves: Sequence[bytes], events: Iterator[Line]
    ) -> None:
        """``numbers`` and ``leaves`` are what was sealed, ``events`` what is there now; both in order of number."""
        sealed = iter(zip(numbers, leaves, strict=False))
        expected = next(sealed, None)
        for number, same_number in groupby(events, key=lambda line: line.id):
            while expected is not None and expected[0] < number:
                self._findings.deleted(expected[0], expected[1], seal)
                expected = next(sealed, None)
            rows = list(same_number)
            if expected is not None and expected[0] == number:
                as_sealed = [line for line in rows if merkle.leaf(line.content) == expected[1]]
                if not as_sealed:
                    self._findings.edited(rows[0], expected[1], seal)
                rows.remove((as_sealed or rows)[0])
                expected = next(sealed, None)
            for line in rows:
                self._findings.inserted(line, seal)
        while expected is not None:
            self._findings.deleted(expected[0], expected[1], seal)
            expected = next(sealed, None)

    def _passing(self, events: Iterator[Line]) -> Iterator[Line]:
        for line in events:
            self.report.events += 1
            self._tellings.heard(line)
            yield line

    def _rest(self, after: int) -> None:
        """What is not sealed yet, and what it tells of seals."""
        with connection.cursor() as cursor:
            cursor.execute(UNSEALED, [after])
            self.report.unsealed = Unsealed(*cursor.fetchone())
        self._tellings.hear_unsealed(after)
        self._tellings.end()


class _Stream:
    """All Events after a number, of which each seal takes its part."""

    def __init__(self, after: int) -> None:
        self.position = after
        self._ahead: Line | None = None
        self._lines = lines(after, AFTER_ALL)

    def upto(self, last: int) -> Iterator[Line]:
        """Those up to a number that were not taken yet."""
        while True:
            line = self._ahead or next(self._lines, None)
            self._ahead = line
            if line is None or line.id > last:
                return
            self._ahead = None
            self.position = line.id
            yield line


def _seals(first: int, last: int | None) -> Iterator[Seal]:
    """In order of number, a page at a time."""
    ahead = Seal.objects.order_by("number")
    if last is not None:
        ahead = ahead.filter(number__lte=last)
    number = first - 1
    while page := list(ahead.filter(number__gt=number)[:SEALS_PAGE]):
        yield from page
        number = page[-1].number
