"""Language steps: which readers a lane opens to, and after how long (the field's "relaxation"). Pure; no tables.

A step is ``{"after_minutes": 0, "level": 4, "reads": "language"}`` and opens the lane to

``language``  who reads the language itself, or one that matching takes for it, at that level or better
``close``     these, and who reads a language from which a grant leads to it, counted at the grant's level at most
``any``       every moderator with the clearances: she works on a translation, and ``actions`` are all she may do

Each step lets in everybody whom the steps before it did, so the steps of a lane only ever widen. Clearances are not
part of a step: they never relax.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args

from django.utils.translation import gettext, ngettext

Reads = Literal["language", "close", "any"]
# How far each kind reaches, from the narrowest on.
WIDTH: Final[dict[str, int]] = {reads: width for width, reads in enumerate(get_args(Reads))}
MOST_STEPS: Final = 8
MOST_MINUTES: Final = 60 * 24 * 30
KEYS: Final = {"after_minutes", "level", "reads", "actions"}


class BadSteps(ValueError):
    """Steps that cannot be read, or that can never open. Says which one (``number`` from 1; 0: all) and why."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"Step {number}: {why}" if number else why)
        self.number = number
        self.why = why


@dataclass(frozen=True)
class Step:
    """From ``after`` seconds on, counted from when a case first waited. ``actions`` is empty for all of them."""

    after: int
    level: int
    reads: Reads = "language"
    actions: tuple[str, ...] = ()

    def adds_nobody_to(self, earlier: Step) -> bool:
        """Whether everybody whom this step lets in was let in by that one."""
        return WIDTH[earlier.reads] >= WIDTH[self.reads] and earlier.level <= self.level


def parse(steps: object) -> tuple[Step, ...]:
    """The steps of a queue or rule as they are stored. Raises BadSteps, in words for whoever wrote them."""
    if not isinstance(steps, list) or not steps:
        raise BadSteps(0, gettext("There must be at least one step, or nobody could ever take a case"))
    if len(steps) > MOST_STEPS:
        raise BadSteps(0, gettext("There may be at most %(most)s steps") % {"most": MOST_STEPS})
    read: list[Step] = []
    for number, each in enumerate(steps, start=1):
        step = _parse_one(number, each)
        if read and step.after <= read[-1].after:
            raise BadSteps(number, gettext("opens no later than the step before it, which then never counts"))
        if any(step.adds_nobody_to(earlier) for earlier in read):
            raise BadSteps(number, gettext("lets in nobody whom an earlier step does not let in already"))
        read.append(step)
    return tuple(read)


def in_words(step: Step) -> str:
    """``level 3 and better after 30 min``."""
    who = {
        "language": gettext("level %(level)s and better"),
        "close": gettext("close languages that were granted, level %(level)s and better"),
        "any": gettext("any moderator, with a translation and fewer actions"),
    }[step.reads] % {"level": step.level}
    return gettext("%(who)s now") % {"who": who} if not step.after else f"{who} {after_in_words(step.after)}"


def after_in_words(seconds: int) -> str:
    """``after 30 min``, ``after 2 h``, ``after 1 h 30 min``."""
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [
        *([ngettext("%(count)s h", "%(count)s h", hours) % {"count": hours}] if hours else []),
        *([gettext("%(count)s min") % {"count": minutes}] if minutes or not hours else []),
    ]
    return gettext("after %(time)s") % {"time": " ".join(parts)}


def not_by_this_step() -> str:
    """Why an action is refused that the step does not name, for whoever took the case by it."""
    return gettext("The language step by which you took this case does not allow this action")


def _parse_one(number: int, step: object) -> Step:
    if not isinstance(step, dict) or not {"after_minutes", "level"} <= step.keys() <= KEYS:
        raise BadSteps(number, gettext("has after_minutes and level, and perhaps reads and actions"))
    after, level, reads, actions = (
        step["after_minutes"],
        step["level"],
        step.get("reads", "language"),
        step.get("actions", []),
    )
    if not _is_whole(after) or not 0 <= after <= MOST_MINUTES:
        raise BadSteps(number, gettext("opens after 0 to %(most)s minutes") % {"most": MOST_MINUTES})
    if not _is_whole(level) or not 1 <= level <= 5:
        raise BadSteps(number, gettext("takes a level from 1 to 5"))
    if reads not in WIDTH:
        raise BadSteps(number, gettext("reads one of: %(known)s") % {"known": ", ".join(WIDTH)})
    if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
        raise BadSteps(number, gettext("takes a list of actions"))
    if reads == "any" and not actions:
        raise BadSteps(number, gettext("lets in people who cannot read it: say which actions they may take"))
    return Step(after * 60, 1 if reads == "any" else level, cast(Reads, reads), tuple(actions))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
