"""What a change would open and close, and for whom. Pure; two desks are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from moderation import languages
from moderation.eligibility.desk import Access, Desk, LaneKey
from moderation.eligibility.people import Grant
from moderation.foresight.change import Change

Counts = Mapping[LaneKey, int]


@dataclass(frozen=True)
class Opening:
    """A lane that would open to somebody, close to her (``after`` None), or open at another time or in another way."""

    lane: LaneKey
    before: Access | None
    after: Access | None


@dataclass(frozen=True)
class Effect:
    """What would change for one person, the lanes with most cases first. ``moderator`` below 1 is somebody new."""

    moderator: int
    name: str
    opened: tuple[Opening, ...]
    closed: tuple[Opening, ...]
    otherwise: tuple[Opening, ...]


@dataclass(frozen=True)
class Readers:
    """How many people may take the cases of a lane, now or later."""

    lane: LaneKey
    before: int
    after: int


def touched(before: Desk, after: Desk, change: Change) -> dict[int, set[LaneKey]]:
    """The lanes to look at for each person whom the change may concern: no others can be different."""
    found: dict[int, set[LaneKey]] = {each.moderator: set(after.lanes) for each in change.people}
    queues = {each for each in after.queues if before.queues.get(each) != after.queues[each]}
    reached = _reached(before, after)
    lanes = {lane for lane in after.lanes if lane.queue in queues or lane.language in reached}
    if lanes:
        for person in after.moderators:
            found.setdefault(person, set()).update(lanes)
    return found


def effects(
    before: Desk, after: Desk, looked_at: Mapping[int, Iterable[LaneKey]], cases: Counts
) -> list[Effect]:
    """What would change for each of these people, who has most cases first; nobody for whom nothing would."""
    found: list[tuple[int, Effect]] = []
    for person, lanes in looked_at.items():
        openings = [
            Opening(lane, *pair)
            for lane in sorted(lanes, key=lambda lane: (-cases.get(lane, 0), lane))
            if (pair := (_access(before, person, lane), _access(after, person, lane))) and _differs(*pair)
        ]
        if openings:
            effect = Effect(
                person,
                after.moderators[person].name,
                opened=tuple(each for each in openings if each.before is None),
                closed=tuple(each for each in openings if each.after is None),
                otherwise=tuple(each for each in openings if each.before and each.after),
            )
            found.append((sum(cases.get(each.lane, 0) for each in openings), effect))
    return [effect for _, effect in sorted(found, key=lambda each: (-each[0], each[1].name))]


def readers(before: Desk, after: Desk, lanes: Iterable[LaneKey]) -> list[Readers]:
    """How many people could take each of these lanes."""
    return [
        Readers(lane, sum(1 for _ in before.who_may_take(lane)), sum(1 for _ in after.who_may_take(lane)))
        for lane in lanes
    ]


def _reached(before: Desk, after: Desk) -> set[str]:
    """The languages to which a grant leads that one of the desks has and the other has not."""
    changed: set[Grant] = set(before.grants) ^ set(after.grants)
    return {
        lane.language
        for lane in after.lanes
        if lane.language not in languages.SPECIAL
        and any(languages.readable(grant.may_take, lane.language) for grant in changed)
    }


def _access(desk: Desk, person: int, lane: LaneKey) -> Access | None:
    moderator = desk.moderators.get(person)
    if moderator is None or not moderator.active:
        return None
    access = desk.access(moderator, lane)
    return access if isinstance(access, Access) else None


def _differs(before: Access | None, after: Access | None) -> bool:
    """Whether she would see a difference: by which skill she comes to it is none."""
    if before is None or after is None:
        return before is not after
    return (before.opens_after, before.actions) != (after.opens_after, after.actions)
