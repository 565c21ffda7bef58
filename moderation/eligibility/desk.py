"""The desk's configuration as one value, and who may take what by it. Pure; no tables.

The claim, the board, explanations, coverage and simulation all ask this value, and a change that is foreseen is the
same value with something replaced: whatever is shown beforehand is what will hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Final, Literal, NamedTuple

from moderation import languages
from moderation.eligibility.people import Grant, Moderator, Reading, reads_by_grant, reads_itself
from moderation.eligibility.steps import Reads, Step

NO_STEP: Final = Step(0, 0)
# How well a second language is read where one is asked for: CEFR B2, as the DSA counts linguistic expertise.
ALSO_LEVEL: Final = 3


class LaneKey(NamedTuple):
    """Queue × language × what a rule asks beyond the queue (a digest, mostly empty)."""

    queue: int
    language: str
    requirements: str = ""


@dataclass(frozen=True)
class QueueSetup:
    """A queue as eligibility sees it. ``members`` counts only where ``members_only``."""

    id: int
    slug: str
    name: str
    steps: tuple[Step, ...]
    clearances: frozenset[str] = frozenset()
    members_only: bool = False
    paused: bool = False


@dataclass(frozen=True)
class Asked:
    """What a rule asks beyond the queue. ``steps`` empty: the queue's. ``languages``: read as well as the lane's."""

    clearances: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Access:
    """How a moderator may take the cases of a lane: from ``opens_after`` seconds on, counted from when each waited.

    ``step`` is the number of the step that lets her in, from 1; 0 where the lane needs no language. Where it opens
    sooner than it says, because nobody on shift could take anything before it, ``brought_forward``.
    """

    opens_after: int
    step: int
    reads: Reads
    skill: str
    level: int
    actions: tuple[str, ...] = ()
    brought_forward: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why a moderator never takes the cases of a lane: ``paused``, ``members``, ``clearances``, ``language`` or
    ``languages`` (those that are asked for besides the lane's own).
    """

    why: Literal["paused", "members", "clearances", "language", "languages"]
    missing: tuple[str, ...] = ()


NOBODY_ASKS_MORE: Final[Mapping[str, Asked]] = {"": Asked()}


def opens_after(steps: Sequence[Step], number: int, first_staffed: int | None) -> int:
    """From how many seconds on a step lets people in, where ``first_staffed`` is the first with anybody on shift."""
    brought_forward = first_staffed is not None and number <= first_staffed
    return steps[0].after if brought_forward else steps[number - 1].after


@dataclass(frozen=True)
class Desk:
    """People, queues, grants and lanes at one moment. ``translates``: there is a translation for the step ``any``."""

    at: datetime
    moderators: Mapping[int, Moderator]
    queues: Mapping[int, QueueSetup]
    lanes: tuple[LaneKey, ...] = ()
    grants: tuple[Grant, ...] = ()
    requirements: Mapping[str, Asked] = field(default_factory=lambda: dict(NOBODY_ASKS_MORE))
    translates: bool = False

    @property
    def day(self) -> date:
        """The day by which certificates count."""
        return self.at.date()

    @cached_property
    def on_shift(self) -> frozenset[int]:
        return frozenset(each.id for each in self.moderators.values() if each.on_shift(self.at))

    def steps_of(self, lane: LaneKey) -> tuple[Step, ...]:
        return self.requirements[lane.requirements].steps or self.queues[lane.queue].steps

    def clearances_of(self, lane: LaneKey) -> frozenset[str]:
        """What a lane asks for at every step: the queue's and the rule's."""
        return self.queues[lane.queue].clearances | self.requirements[lane.requirements].clearances

    def refusal(self, moderator: Moderator, lane: LaneKey) -> Refusal | None:
        """Why no step could let her in, however long a case waits; None where only language decides."""
        queue = self.queues[lane.queue]
        missing = self.clearances_of(lane) - moderator.clearances
        if missing:
            return Refusal("clearances", tuple(sorted(missing)))
        if queue.members_only and queue.id not in moderator.member_of:
            return Refusal("members")
        unread = [
            tag
            for tag in sorted(self.requirements[lane.requirements].languages)
            if (own := self._reading(moderator, tag)[0]) is None or own.level < ALSO_LEVEL
        ]
        if unread:
            return Refusal("languages", tuple(unread))
        return Refusal("paused") if queue.paused else None

    def access(self, moderator: Moderator, lane: LaneKey) -> Access | Refusal:
        """How she may take the cases of a lane, now or later, or why she never may."""
        refused = self.refusal(moderator, lane)
        if refused is not None:
            return refused
        if lane.language in languages.SPECIAL:
            return Access(0, 0, "language", skill="", level=0)
        found = self._let_in_by(moderator, lane)
        if found is None:
            return Refusal("language")
        number, step, reading = found
        opens = opens_after(self.steps_of(lane), number, self.first_staffed_step(lane))
        return Access(
            opens,
            number,
            step.reads,
            skill=reading.skill,
            level=reading.level,
            actions=step.actions,
            brought_forward=opens < step.after,
        )

    def open_lanes(self, moderator_id: int) -> list[tuple[LaneKey, Access]]:
        """The lanes that a moderator may take, now or later. Nothing for whom the desk does not know."""
        if moderator_id not in self._open:
            moderator = self.moderators.get(moderator_id)
            self._open[moderator_id] = (
                []
                if moderator is None or not moderator.active
                else [
                    (lane, access)
                    for lane in self.lanes
                    if isinstance(access := self.access(moderator, lane), Access)
                ]
            )
        return self._open[moderator_id]

    def who_may_take(
        self, lane: LaneKey, among: Iterable[int] | None = None
    ) -> Iterator[tuple[Moderator, Access]]:
        """Everybody who may take the cases of a lane, now or later, by id."""
        for person in sorted(self.moderators if among is None else among):
            moderator = self.moderators[person]
            access = self.access(moderator, lane)
            if moderator.active and isinstance(access, Access):
                yield moderator, access

    def lets_in(self, moderator: Moderator, lane: LaneKey) -> bool:
        """Whether she may take the cases of a lane, now or later: ``access`` without saying when."""
        if not moderator.active or self.refusal(moderator, lane) is not None:
            return False
        return lane.language in languages.SPECIAL or self._let_in_by(moderator, lane) is not None

    def has_nobody(self, lane: LaneKey) -> bool:
        """Whether nobody could ever take the cases of a lane, whoever works when."""
        return not any(self.lets_in(each, lane) for each in self.moderators.values())

    def first_staffed_step(self, lane: LaneKey) -> int | None:
        """The first step, from 1, by which somebody on shift may take a case of the lane; None where nobody is.

        The steps before it are skipped: it opens as soon as the first of them would have.
        """
        if lane not in self._first_staffed:
            numbers = (
                found[0]
                for person in self.on_shift
                if (moderator := self.moderators[person]) and self.refusal(moderator, lane) is None
                if (found := self._let_in_by(moderator, lane)) is not None
            )
            self._first_staffed[lane] = min(numbers, default=None)
        return self._first_staffed[lane]

    def sufficient(self, language: str, level: int) -> frozenset[int]:
        """The active moderators who read a language at that level or better, by matching, without grants."""
        if language not in self._readers:
            self._readers[language] = {
                each.id: reading.level
                for each in self.moderators.values()
                if each.active and (reading := reads_itself(each, language, self.day)) is not None
            }
        return frozenset(person for person, reads in self._readers[language].items() if reads >= level)

    def _let_in_by(self, moderator: Moderator, lane: LaneKey) -> tuple[int, Step, Reading] | None:
        """The first step that lets her in as far as language goes, from 1."""
        own, granted = self._reading(moderator, lane.language)
        close = max((each for each in (own, granted) if each), key=lambda each: each.level, default=None)
        for number, step in enumerate(self.steps_of(lane), start=1):
            reading = own if step.reads == "language" else close
            if step.reads == "any" and self.translates:
                return number, step, reading or Reading()
            if step.reads != "any" and reading is not None and reading.level >= step.level:
                return number, step, reading
        return None

    def _reading(self, moderator: Moderator, language: str) -> tuple[Reading | None, Reading | None]:
        key = (moderator.id, language)
        if key not in self._readings:
            self._readings[key] = (
                reads_itself(moderator, language, self.day),
                reads_by_grant(moderator, language, self.grants, self.day),
            )
        return self._readings[key]

    # What was worked out once for this value: it never changes, so neither do these.
    @cached_property
    def _open(self) -> dict[int, list[tuple[LaneKey, Access]]]:
        return {}

    @cached_property
    def _readings(self) -> dict[tuple[int, str], tuple[Reading | None, Reading | None]]:
        return {}

    @cached_property
    def _readers(self) -> dict[str, dict[int, int]]:
        return {}

    @cached_property
    def _first_staffed(self) -> dict[LaneKey, int | None]:
        return {}
