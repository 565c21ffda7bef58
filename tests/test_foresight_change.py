"""A change that is only thought of: applied to a desk, and read back from a browser that may have touched it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from moderation.eligibility.desk import Access, Asked, Desk, LaneKey, QueueSetup, Refusal
from moderation.eligibility.people import Grant, Hours, Moderator, Skill
from moderation.eligibility.steps import Step
from moderation.foresight.change import BadChange, Change, PersonChange, QueueChange, apply
from moderation.foresight.written import MOST_BYTES, from_json, to_json
from moderation.routing.requirements import digest_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BENGALI = Skill("bn", 4, ("bn",))
LANE = LaneKey(1, "bn")
DESK = Desk(
    at=NOW,
    moderators={
        7: Moderator(7, "Mali", skills=(Skill("th", 5, ("th",)),), clearances=frozenset({"appeals"}))
    },
    queues={1: QueueSetup(1, "hate", "Hate speech", (Step(0, 4), Step(1800, 3)))},
    lanes=(LANE,),
)
EVERYTHING = Change(
    what="Mali learns Bengali – বাংলা",
    rules=[{"name": "All", "conditions": {}, "queue": "hate", "clearances": ["appeals"]}],
    people=(
        PersonChange(
            7,
            skills=(Skill("sr", 3, ("sr-Cyrl", "sr-Latn"), date(2027, 1, 31)),),
            clearances=frozenset({"terrorism", "appeals"}),
            hours=(Hours(0, time(9), time(17, 30)),),
            absences=((NOW, datetime(2026, 12, 1, tzinfo=UTC)),),
            active=False,
            time_zone="Asia/Bangkok",
            member_of=frozenset({1}),
        ),
        PersonChange(0, skills=(BENGALI,), name="Rahim"),
    ),
    queues=(
        QueueChange(
            1,
            steps=(Step(0, 5), Step(600, 1, "any", ("no_violation",))),
            clearances=frozenset({"appeals"}),
            members_only=True,
            paused=True,
            sla_minutes={"5": 15},
        ),
    ),
    grants=(Grant("ms", "id", 3), Grant("ms", "jv", 2, 7)),
)


def broken(**changes: Any) -> str:
    return json.dumps(json.loads(to_json(EVERYTHING)) | changes)


def test_a_skill_that_is_thought_of_opens_its_lane_on_the_desk_as_it_would_be_and_nowhere_else() -> None:
    after = apply(DESK, Change("Bengali", people=(PersonChange(7, skills=(BENGALI,)),)))
    assert DESK.access(DESK.moderators[7], LANE) == Refusal("language")
    opened = after.access(after.moderators[7], LANE)
    assert isinstance(opened, Access)
    assert (opened.opens_after, opened.level) == (0, 4)


def test_what_a_change_does_not_name_stays_as_it_is() -> None:
    after = apply(DESK, Change("Nothing", people=(PersonChange(7),), queues=(QueueChange(1),)))
    assert after == DESK


def test_every_part_of_a_person_and_a_queue_can_be_changed() -> None:
    after = apply(DESK, EVERYTHING)
    person, queue, change = after.moderators[7], after.queues[1], EVERYTHING.people[0]
    assert (person.name, person.active, person.time_zone) == ("Mali", False, "Asia/Bangkok")
    assert (person.skills, person.clearances, person.member_of) == (
        change.skills,
        frozenset({"terrorism", "appeals"}),
        frozenset({1}),
    )
    assert (person.hours, person.absences) == (change.hours, change.absences)
    assert (queue.slug, queue.paused, queue.members_only) == ("hate", True, True)
    assert (queue.steps, queue.clearances) == (EVERYTHING.queues[0].steps, frozenset({"appeals"}))
    assert after.moderators[0].name == "Rahim"
    assert after.grants == EVERYTHING.grants


def test_what_a_new_rule_would_ask_is_known_to_the_desk_under_its_lanes_digest() -> None:
    steps = [{"after_minutes": 5, "level": 2}]
    rules: list[dict[str, Any]] = [
        {"name": "Strict", "queue": "hate", "clearances": ["b", "a"], "steps": steps},
        {"name": "Plain", "queue": "hate"},
    ]
    after = apply(DESK, Change("Rules", rules=rules))
    digest = digest_of(["a", "b"], steps)
    assert after.requirements == {"": Asked(), digest: Asked(frozenset({"a", "b"}), (Step(300, 2),))}


def test_people_queues_and_steps_that_are_not_there_are_refused_in_words() -> None:
    for change in (
        Change("x", people=(PersonChange(8),)),
        Change("x", queues=(QueueChange(2),)),
        Change("x", rules=[{"name": "All", "queue": "hate", "steps": [{"after_minutes": 0}]}]),
        Change("x", rules=[{}]),
    ):
        with pytest.raises(BadChange, match=r"[a-z]{2}"):
            apply(DESK, change)


def test_a_change_goes_through_json_and_back_whole() -> None:
    assert from_json(to_json(EVERYTHING)) == EVERYTHING
    assert from_json(to_json(Change("Only words"))) == Change("Only words")


def test_only_rules_and_times_due_bring_cases_elsewhere() -> None:
    assert EVERYTHING.reroutes
    assert Change("x", queues=(QueueChange(1, sla_minutes={}),)).reroutes
    assert not replace(EVERYTHING, rules=None, queues=()).reroutes


PERSON = {"moderator": 7}
SKILL = {"tag": "bn", "level": 3, "tags": ["bn"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"what": NaN}',
        '{"what": "x"',
        '{"what": "x\\u0000"}',
        '{"what": "\\ud800"}',
        '{"what": "a", "what": "b"}',
        "[" * 100_000,
        json.dumps({"what": "x" * MOST_BYTES}),
        broken(what=""),
        broken(what="x" * 501),
        broken(rules=[{}] * 501),
        broken(rules=["All"]),
        broken(people=[PERSON, PERSON]),
        broken(people=[{"moderator": "seven"}]),
        broken(people=[{"moderator": 10**30}]),
        broken(people=[PERSON | {"skills": [SKILL | {"tag": "not a tag"}]}]),
        broken(people=[PERSON | {"skills": [SKILL | {"tag": "iw"}]}]),
        broken(people=[PERSON | {"skills": [SKILL | {"tags": ["und"]}]}]),
        broken(people=[PERSON | {"skills": [SKILL | {"tags": []}]}]),
        broken(people=[PERSON | {"skills": [SKILL | {"level": 6}]}]),
        broken(people=[PERSON | {"clearances": ["<script>"]}]),
        broken(people=[PERSON | {"hours": [{"weekday": 7, "starts": "09:00", "ends": "17:00"}]}]),
        broken(people=[PERSON | {"hours": [{"weekday": 0, "starts": "09:00+07:00", "ends": "17:00"}]}]),
        broken(people=[PERSON | {"absences": [["2026-12-02T00:00:00Z", "2026-12-01T00:00:00Z"]]}]),
        broken(people=[PERSON | {"absences": [["2026-12-01T00:00:00", "2026-12-02T00:00:00"]]}]),
        broken(people=[PERSON | {"absences": [["0001-01-01T00:00:00Z", "2026-12-02T00:00:00Z"]]}]),
        broken(people=[PERSON | {"time_zone": "../../etc/passwd"}]),
        broken(queues=[{"queue": 1, "steps": []}]),
        broken(queues=[{"queue": 1, "steps": [{"after": 30, "level": 3}]}]),
        broken(queues=[{"queue": 1, "steps": [{"after": 0, "level": 3, "reads": "mind"}]}]),
        broken(queues=[{"queue": 1, "sla_minutes": {"6": 10}}]),
        broken(queues=[{"queue": 1, "sla_minutes": {"5": 0}}]),
        broken(grants=[{"reads": "ms", "may_take": "mul", "most_level": 3}]),
        broken(grants=[{"reads": "ms", "may_take": "id", "most_level": 0}]),
    ],
)
def test_whatever_a_browser_brings_back_instead_of_a_change_is_refused(text: str) -> None:
    with pytest.raises(BadChange):
        from_json(text)
