"""What lets somebody into a lane, each by itself: certificates, grants, steps that are skipped, translations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from moderation.eligibility.desk import Access, Desk, LaneKey, QueueSetup, Refusal
from moderation.eligibility.people import Grant, Hours, Moderator, Skill, reads_by_grant, reads_itself
from moderation.eligibility.steps import Step


@pytest.mark.parametrize(
    ("day", "counts"), [(date(2026, 11, 20), True), (date(2026, 11, 21), True), (date(2026, 11, 22), False)]
)
def test_a_skill_counts_up_to_and_including_the_day_of_its_certificate(day: date, counts: bool) -> None:
    reader = Moderator(1, "Somebody", skills=(Skill("th", 5, ("th",), date(2026, 11, 21)),))
    assert (reads_itself(reader, "th", day) is not None) is counts
    grants = (Grant("th", "lo", 3),)
    assert (reads_by_grant(reader, "lo", grants, day) is not None) is counts


def test_an_expired_skill_leaves_the_others_alone() -> None:
    reader = Moderator(
        1, "Somebody", skills=(Skill("pt-BR", 5, ("pt-BR",), date(2026, 1, 1)), Skill("pt-PT", 3, ("pt-PT",)))
    )
    reading = reads_itself(reader, "pt-BR", date(2026, 11, 21))
    assert reading is not None
    assert (reading.skill, reading.level) == ("pt-PT", 3)


def test_a_grant_counts_at_its_level_at_most_and_for_whom_it_names() -> None:
    reader = Moderator(1, "Somebody", skills=(Skill("ms", 5, ("ms",)),))
    day = date(2026, 11, 21)
    for grant, level in (
        (Grant("ms", "id", 3), 3),
        (Grant("ms", "id", 3, moderator=1), 3),
        (Grant("ms", "id", 3, moderator=2), None),
        (Grant("id", "ms", 3), None),
    ):
        reading = reads_by_grant(reader, "id", (grant,), day)
        assert (reading.level if reading else None) == level, grant


LANE = LaneKey(1, "id")


def desk(*people: Moderator, written: tuple[Step, ...], **changes: Any) -> Desk:
    """A desk with one queue, in the morning of a Monday."""
    return Desk(
        datetime(2026, 11, 23, 10, tzinfo=UTC),
        {person.id: person for person in people},
        {1: QueueSetup(1, "general", "General", written)},
        (LANE,),
        grants=(Grant("ms", "id", 3),),
        **changes,
    )


def test_a_grant_opens_a_lane_only_in_a_step_that_takes_close_languages() -> None:
    malay = Moderator(1, "Somebody", skills=(Skill("ms", 5, ("ms",)),))
    narrow = desk(malay, written=(Step(0, 1),))
    assert narrow.access(malay, LANE) == Refusal("language")
    assert narrow.has_nobody(LANE)
    wide = desk(malay, written=(Step(0, 1), Step(600, 3, "close")))
    access = wide.access(malay, LANE)
    assert isinstance(access, Access)
    assert (access.step, access.skill, access.level, access.reads) == (2, "ms", 3, "close")
    too_much = desk(malay, written=(Step(0, 1), Step(600, 4, "close")))
    assert too_much.access(malay, LANE) == Refusal("language")


def test_a_step_with_nobody_on_shift_is_skipped_until_somebody_comes() -> None:
    written = (Step(60, 4), Step(600, 2), Step(6000, 1))
    native = Moderator(1, "Native", skills=(Skill("id", 5, ("id",)),), hours=(Hours(6, time(9), time(17)),))
    learner = Moderator(2, "Learner", skills=(Skill("id", 2, ("id",)),))
    beginner = Moderator(3, "Beginner", skills=(Skill("id", 1, ("id",)),))

    def opens(desk: Desk) -> dict[int, tuple[int, bool]]:
        return {
            person.id: (access.opens_after, access.brought_forward)
            for person, access in desk.who_may_take(LANE)
        }

    # Nobody of the first step works on Monday: the second opens when the first would have, and not the third.
    nobody_at_first = desk(native, learner, beginner, written=written)
    assert opens(nobody_at_first) == {1: (60, False), 2: (60, True), 3: (6000, False)}
    on_monday = Moderator(1, "Native", skills=native.skills)
    assert opens(desk(on_monday, learner, beginner, written=written)) == {
        1: (60, False),
        2: (600, False),
        3: (6000, False),
    }
    # Where nobody at all works, nothing is hurried for anybody who asks all the same.
    asleep = Moderator(2, "Learner", skills=learner.skills, hours=native.hours)
    assert opens(desk(native, asleep, written=written)) == {1: (60, False), 2: (600, False)}


def test_a_translation_opens_the_last_step_only_where_there_is_one() -> None:
    nobody = Moderator(1, "Somebody")
    written = (Step(0, 3), Step(28_800, 1, "any", ("escalate",)))
    assert desk(nobody, written=written).access(nobody, LANE) == Refusal("language")
    access = desk(nobody, written=written, translates=True).access(nobody, LANE)
    assert isinstance(access, Access)
    assert (access.step, access.reads, access.actions) == (2, "any", ("escalate",))
    assert access.brought_forward
