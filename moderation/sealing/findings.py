"""What is wrong with the trail, and where: one finding per Event or seal that is not as it was sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from moderation.sealing.leaves import Line
from moderation.sealing.merkle import leaf

# So many are kept and named; how many more there are is counted. It bounds memory however great the damage.
MOST: Final = 1_000
MOST_TO_PAIR: Final = 500


class Damage(StrEnum):
    """Kinds of damage, to an Event, then to a seal."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    MOVED = "moved"
    SEAL_MISSING = "seal missing"
    SEAL_CHANGED = "seal changed"
    SEAL_UNSIGNED = "seal not signed"
    CHAIN_BROKEN = "chain broken"
    HEAD_DIFFERS = "head differs"


@dataclass(frozen=True)
class Finding:
    """``event`` is the number of the Event it is about, ``seal`` that of the seal; ``words`` say it all."""

    damage: Damage
    words: str
    event: int | None = None
    seal: int | None = None


@dataclass
class Findings:
    """Findings as they are met, and the Events among them that may be others' under a wrong number."""

    found: list[Finding] = field(default_factory=list)
    more: int = 0
    # Number under which it is now → the Event that is not what was sealed there; and what was sealed where.
    _strangers: dict[int, Line] = field(default_factory=dict)
    _sealed: dict[int, bytes] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, damage: Damage, words: str, *, event: int | None = None, seal: int | None = None) -> None:
        if len(self.found) < MOST:
            self.found.append(Finding(damage, words, event, seal))
        else:
            self.more += 1

    def edited(self, line: Line, sealed: bytes, seal: int) -> None:
        self.add(
            Damage.EDITED, f"Event {line.id} was edited after seal {seal} was made", event=line.id, seal=seal
        )
        self._may_be_another(line)
        self._is_missed(line.id, sealed)

    def deleted(self, number: int, sealed: bytes, seal: int) -> None:
        self.add(
            Damage.DELETED, f"Event {number} was deleted after seal {seal} was made", event=number, seal=seal
        )
        self._is_missed(number, sealed)

    def inserted(self, line: Line, seal: int) -> None:
        self.add(
            Damage.INSERTED,
            f"Event {line.id} was inserted among those of seal {seal} after it was made",
            event=line.id,
            seal=seal,
        )
        self._may_be_another(line)

    def pair(self) -> None:
        """Tell what was moved from what was edited: an Event that, under another number, is what was sealed there."""
        moved: dict[int, int] = {}  # where it is now → where it was
        for now, line in self._strangers.items():
            for was, sealed in self._sealed.items():
                if now != was and leaf(line.as_number(was)) == sealed:
                    moved[now] = was
        self.found = [self._told_as_moved(each, moved) for each in self.found]
        gone = set(moved.values()) - set(moved)
        # Told by where it is now: what is missing where it was, and the other half of an exchange.
        self.found = [
            each
            for each in self.found
            if not (each.damage == Damage.DELETED and each.event in gone)
            and not (each.damage == Damage.MOVED and _is_second(each.event, moved))
        ]

    def _told_as_moved(self, finding: Finding, moved: dict[int, int]) -> Finding:
        now = finding.event
        if finding.damage not in (Damage.EDITED, Damage.INSERTED) or now is None or now not in moved:
            return finding
        was = moved[now]
        words = (
            f"Events {now} and {was} have changed places"
            if moved.get(was) == now
            else f"Event {was} was moved to number {now}"
        )
        return Finding(Damage.MOVED, words, now, finding.seal)

    def _may_be_another(self, line: Line) -> None:
        if len(self._strangers) < MOST_TO_PAIR:
            self._strangers[line.id] = line

    def _is_missed(self, number: int, sealed: bytes) -> None:
        if len(self._sealed) < MOST_TO_PAIR:
            self._sealed[number] = sealed


def _is_second(now: int | None, moved: dict[int, int]) -> bool:
    """Of two that changed places, the higher number."""
    was = moved.get(now) if now is not None else None
    return was is not None and now is not None and moved.get(was) == now and was < now
