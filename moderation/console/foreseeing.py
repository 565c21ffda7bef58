"""Foresee: what a change would do, shown beside the form that it was typed into and before anything is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from moderation.foresight.change import BadChange, Change
from moderation.foresight.dry_run import DryRun, dry_run
from moderation.foresight.written import to_json

# Cases of so many days are looked at, and can be simulated.
DAYS: Final = (1, 7, 14, 28)
USUAL_DAYS: Final = 7


@dataclass(frozen=True)
class Foreseen:
    """What ``moderation/_foresee.html`` shows, as the context variable ``foreseen``.

    ``run`` is None where the change cannot be tried, and ``problem`` says why.
    """

    change: Change
    days: int
    run: DryRun | None
    problem: str = ""
    choices: tuple[int, ...] = DAYS

    @property
    def change_json(self) -> str:
        return to_json(self.change)


def foreseen(change: Change, days: int = USUAL_DAYS) -> Foreseen:
    """The dry run of a change over the cases of the last days, for ``{% include "moderation/_foresee.html" %}``."""
    try:
        return Foreseen(change, days, dry_run(change, days, timezone.now()))
    except BadChange as error:
        return Foreseen(change, days, None, str(error))
