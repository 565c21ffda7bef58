"""What must stay although somebody asked for its erasure, and the law that says so, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.retention.judging import Judged, Keeper


class Why(StrEnum):
    """Why something stays: what keeps a snapshot, and what the record is for."""

    HOLD = Keeper.HOLD
    OPEN = Keeper.OPEN
    TIME = Keeper.TIME
    WORKS = Keeper.WORKS
    RECORD = "record"
    AUDIT = "audit"
    NAME = "name"


WHAT: Final = {
    "content": _("Captures of her account and of what she wrote"),
    "statements": _("Statements of reasons that she was sent"),
    "decisions": _("Decisions about her"),
    "notices": _("Notices that she sent, and what she was answered"),
    "strikes": _("Strikes against her account"),
    "audit": _("The audit trail, which has no content in it"),
    "names": _("The platform's own ids of her account and of what she wrote"),
}
# A legal hold is told only to those who are cleared for it: others read the same of it as of an open case.
_NEEDED: Final = (
    _("It is still needed: something about it is not finished, or a law requires that it is kept."),
    _("GDPR Art. 17(3)(b) and (e)"),
)
REASONS: Final = {
    Why.HOLD: (
        _("It is under a legal hold: it was preserved as evidence, and may not be destroyed."),
        _("GDPR Art. 17(3)(b) and (e)"),
    ),
    Why.OPEN: _NEEDED,
    Why.TIME: (
        _(
            "She or whoever reported it can still complain about the decision, and what it was about must be there "
            "for that."
        ),
        _("DSA Art. 20(1); GDPR Art. 17(3)(b)"),
    ),
    Why.WORKS: (
        _("It shows who wrote something that has to stay."),
        _("GDPR Art. 17(3)(b)"),
    ),
    Why.RECORD: (
        _(
            "It is the record of what was decided and of the reasons given, which may be asked for and contested."
        ),
        _("DSA Arts. 17, 20, 24 and 42; GDPR Art. 17(3)(b) and (e)"),
    ),
    Why.AUDIT: (
        _("It proves who did what and when, and cannot be changed by anybody."),
        _("GDPR Art. 5(2) and Art. 17(3)(e)"),
    ),
    Why.NAME: (
        _("Something that stays would not say any more what it is about."),
        _("GDPR Art. 17(3)(b) and (e)"),
    ),
}


@dataclass(frozen=True)
class Stay:
    """One line of the outcome, in the words of the active language."""

    what: str
    count: int
    why: str
    law: str
    until: datetime | None


class Stays:
    """What stays, counted by what it is and why; for time, the latest day until which something must."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Why], int] = {}
        self._until: dict[tuple[str, Why], datetime] = {}
        # When the first of what stays for a time may go.
        self.first_until: datetime | None = None

    def add(self, kept: Iterable[Judged]) -> None:
        """Snapshots that have to stay."""
        now = timezone.now()
        for each in kept:
            keeper = each.keeper(now)
            if keeper is not None:
                self.note("content", Why(keeper), until=each.until if keeper == Keeper.TIME else None)

    def note(self, what: str, why: Why, count: int = 1, until: datetime | None = None) -> None:
        if not count:
            return
        key = (what, why)
        self._counts[key] = self._counts.get(key, 0) + count
        if until is not None:
            self._until[key] = max(self._until.get(key, until), until)
            self.first_until = min(self.first_until or until, until)

    def count(self, *reasons: Why) -> int:
        """How much stays for these reasons; for any, where none is named."""
        return sum(count for (_what, why), count in self._counts.items() if why in (reasons or Why))

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "what": what,
                "why": why.value,
                "count": count,
                "until": self._until[what, why].isoformat() if (what, why) in self._until else None,
            }
            for (what, why), count in self._counts.items()
        ]


def in_words(stays: Iterable[dict[str, Any]], *, cleared: bool) -> list[Stay]:
    """What stays, as it was noted, for a person who is ``cleared`` for law enforcement or is not."""
    lines: dict[tuple[str, str], Stay] = {}
    for each in stays:
        why = Why(each["why"])
        words, law = REASONS[why] if cleared or why != Why.HOLD else _NEEDED
        what = str(WHAT[each["what"]])
        until = parse_datetime(each["until"]) if each["until"] else None
        before = lines.get((what, str(words)))
        count = each["count"] + (before.count if before else 0)
        lines[what, str(words)] = Stay(what, count, str(words), str(law), until)
    return list(lines.values())


def erased_in_words(erased: dict[str, int]) -> list[tuple[str, int]]:
    """What went, by name and number."""
    named = {
        "content": gettext("captures"),
        "flags": gettext("what flags said of them"),
        "drafts": gettext("drafts"),
        "appeals": gettext("her words in appeals"),
        "appeal_files": gettext("her files in appeals"),
        "appeal_drafts": gettext("appeals that were never sent"),
        "deliveries": gettext("webhooks"),
        "statements": gettext("texts of statements"),
        "contacts": gettext("how she can be reached"),
        "names": gettext("the platform's ids"),
    }
    names = [*named, *sorted(erased.keys() - named.keys())]
    return [(named.get(name, name), erased[name]) for name in names if erased.get(name)]
