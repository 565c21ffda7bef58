"""Why a case is given to whom and when, and which lanes a person serves and why not the others. Pure.

It asks the same ``Desk`` as the claim: who could take a case now is who would be given it, were it the best that waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar

from moderation import languages
from moderation.coverage.uncovered import going_on
from moderation.eligibility.desk import Access, Desk, LaneKey, Refusal, opens_after
from moderation.eligibility.people import Moderator, reads_by_grant, reads_itself
from moderation.eligibility.steps import Step

Member = TypeVar("Member")
Why = Literal[
    "inactive",
    "took_part",
    "paused",
    "clearances",
    "members",
    "languages",
    "language",
    "level",
    "no_close_step",
    "certificate",
]


@dataclass(frozen=True)
class WhyNot:
    """Why somebody never takes a case or the cases of a lane.

    ``inactive``       she can no longer sign in
    ``took_part``      in the decision that is appealed
    ``paused``         the queue is; she could otherwise
    ``clearances``     she lacks ``missing`` (slugs)
    ``members``        the queue has members, and she is none
    ``languages``      ``missing`` (tags) are read besides the lane's own, and she does not
    ``language``       she does not read it
    ``level``          she reads it at ``level``, and ``asked`` at least is asked
    ``no_close_step``  she may take it by a grant, and no step here lets in by grants
    ``certificate``    hers for it ran out after ``until``
    """

    why: Why
    missing: tuple[str, ...] = ()
    level: int = 0
    asked: int = 0
    until: date | None = None


@dataclass(frozen=True)
class Taker:
    """Somebody who may take a case from ``at`` on. ``skipped_until``: she left it to others until then."""

    moderator: Moderator
    access: Access
    at: datetime
    on_shift: bool
    skipped_until: datetime | None = None


@dataclass(frozen=True)
class Opening:
    """A step of the case's lane. ``skipped``: it opens with the first, because nobody who could take anything before
    it is on shift."""

    number: int
    step: Step
    at: datetime
    open: bool
    skipped: bool


@dataclass(frozen=True)
class CaseExplained:
    """Who takes a case. While its queue is paused nobody could now, and all who could, ``later``."""

    now: tuple[Taker, ...]
    later: tuple[Taker, ...]
    never: tuple[tuple[WhyNot, tuple[Moderator, ...]], ...]
    steps: tuple[Opening, ...]
    clearances: tuple[str, ...]
    paused: bool


@dataclass(frozen=True)
class PersonExplained:
    """The lanes that she serves, and the others by reason, that with most lanes first."""

    serves: tuple[tuple[LaneKey, Access], ...]
    others: tuple[tuple[WhyNot, tuple[LaneKey, ...]], ...]


def explain_case(
    desk: Desk,
    lane: LaneKey,
    queued_at: datetime,
    now: datetime,
    excluded: Mapping[int, datetime | None],
) -> CaseExplained:
    """Who takes a case that waits in a lane since ``queued_at``.

    ``excluded`` are those whom it is not given to, moderator → until when; None is for good.
    """
    paused, desk = desk.queues[lane.queue].paused, going_on(desk)
    takers: list[Taker] = []
    never: dict[WhyNot, list[Moderator]] = {}
    for moderator in desk.moderators.values():
        access = desk.access(moderator, lane)
        if not moderator.active or isinstance(access, Refusal):
            never.setdefault(_why_not(desk, moderator, lane), []).append(moderator)
        elif moderator.id in excluded and excluded[moderator.id] is None:
            never.setdefault(WhyNot("took_part"), []).append(moderator)
        else:
            takers.append(_taker(desk, moderator, access, queued_at, now, excluded.get(moderator.id)))
    takers.sort(key=lambda each: (each.at, not each.on_shift, -each.access.level, each.moderator.name))
    return CaseExplained(
        now=tuple(each for each in takers if each.at <= now and not paused),
        later=tuple(each for each in takers if each.at > now or paused),
        never=_most_first(never),
        steps=_openings(desk, lane, queued_at, now),
        clearances=tuple(sorted(desk.clearances_of(lane))),
        paused=paused,
    )


def explain_person(desk: Desk, moderator: Moderator) -> PersonExplained:
    """Which of the desk's lanes she serves, and why not the others."""
    serves = desk.open_lanes(moderator.id)
    served = {lane for lane, _ in serves}
    going = going_on(desk)
    others: dict[WhyNot, list[LaneKey]] = {}
    for lane in desk.lanes:
        if lane not in served:
            only_paused = going.lets_in(moderator, lane)
            why = WhyNot("paused") if only_paused else _why_not(going, moderator, lane)
            others.setdefault(why, []).append(lane)
    return PersonExplained(tuple(serves), _most_first(others))


def _taker(
    desk: Desk,
    moderator: Moderator,
    access: Access,
    queued_at: datetime,
    now: datetime,
    excluded_until: datetime | None,
) -> Taker:
    opens = queued_at + timedelta(seconds=access.opens_after)
    skipped = excluded_until if excluded_until is not None and excluded_until > now else None
    return Taker(
        moderator,
        access,
        at=max(opens, skipped) if skipped else opens,
        on_shift=moderator.id in desk.on_shift,
        skipped_until=skipped,
    )


def _openings(desk: Desk, lane: LaneKey, queued_at: datetime, now: datetime) -> tuple[Opening, ...]:
    """The steps of a lane, and when each opens; none where no language is needed."""
    if lane.language in languages.SPECIAL:
        return ()
    steps, first = desk.steps_of(lane), desk.first_staffed_step(lane)
    found = []
    for number, step in enumerate(steps, start=1):
        opens = opens_after(steps, number, first)
        at = queued_at + timedelta(seconds=opens)
        found.append(Opening(number, step, at, open=at <= now, skipped=opens < step.after))
    return tuple(found)


def _why_not(desk: Desk, moderator: Moderator, lane: LaneKey) -> WhyNot:
    """Why a lane of a desk with no queue paused does not let her in."""
    if not moderator.active:
        return WhyNot("inactive")
    refusal = desk.refusal(moderator, lane)
    if refusal is None:
        return _not_by_language(desk, moderator, lane)
    return WhyNot("members") if refusal.why == "members" else WhyNot(refusal.why, missing=refusal.missing)


def _not_by_language(desk: Desk, moderator: Moderator, lane: LaneKey) -> WhyNot:
    steps = [step for step in desk.steps_of(lane) if step.reads != "any"]
    own = reads_itself(moderator, lane.language, desk.day)
    granted = reads_by_grant(moderator, lane.language, desk.grants, desk.day)
    by_grants = [step for step in steps if step.reads == "close"]
    if granted and not own and not by_grants:
        return WhyNot("no_close_step")
    if reading := max(filter(None, (own, granted)), key=lambda each: each.level, default=None):
        asked = min((step.level for step in (steps if own else by_grants)), default=0)
        return WhyNot("level", level=reading.level, asked=asked)
    for_ever = replace(
        moderator, skills=tuple(replace(skill, certified_until=None) for skill in moderator.skills)
    )
    if reads_itself(for_ever, lane.language, desk.day):
        ran_out = (
            skill.certified_until
            for skill in moderator.skills
            if skill.certified_until and any(languages.readable(tag, lane.language) for tag in skill.tags)
        )
        return WhyNot("certificate", until=max(ran_out))
    return WhyNot("language")


def _most_first(groups: dict[WhyNot, list[Member]]) -> tuple[tuple[WhyNot, tuple[Member, ...]], ...]:
    """The groups by reason, the largest first."""
    return tuple(
        (why, tuple(members)) for why, members in sorted(groups.items(), key=lambda each: -len(each[1]))
    )
