"""Which lanes a moderator may take, and why, as ``moderation.eligibility`` works it out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from accounts.models import User
from moderation.eligibility import loading
from moderation.eligibility.desk import Access, LaneKey
from moderation.models import Case


@dataclass(frozen=True)
class OpenLane:
    """A lane that a moderator may take, and how she comes to it."""

    key: LaneKey
    queue_name: str
    access: Access

    @property
    def queue_id(self) -> int:
        return self.key.queue

    @property
    def language(self) -> str:
        return self.key.language


def open_lanes(moderator: User, *, fresh: bool = False) -> list[OpenLane]:
    """The lanes that she may take now or later, of all lanes that ever had work. ``fresh`` asks the tables again."""
    desk = loading.current(fresh=fresh)
    return [
        OpenLane(key, desk.queues[key.queue].name, access) for key, access in desk.open_lanes(moderator.pk)
    ]


def lane_of(case: Case) -> LaneKey | None:
    """The lane where a case waits or waited last; None while it is being screened."""
    return None if case.queue_id is None else LaneKey(case.queue_id, case.language, case.requirements)


def as_arguments(lanes: list[OpenLane]) -> list[list[Any]]:
    """The lanes as the SQL functions take them: queues, languages, requirements, and when each opens."""
    return [
        [lane.key.queue for lane in lanes],
        [lane.key.language for lane in lanes],
        [lane.key.requirements for lane in lanes],
        [lane.access.opens_after for lane in lanes],
    ]


def through(lane: OpenLane) -> dict[str, Any]:
    """How she came to a case of this lane, to be kept with her hold of it and in the audit trail."""
    return asdict(lane.access) | {"actions": list(lane.access.actions)}
