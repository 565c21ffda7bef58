"""Language steps: read, said in words, and refused in words where they could never open."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.eligibility import steps
from moderation.eligibility.steps import BadSteps, Step


def test_steps_are_read_in_seconds_and_say_who_in_words() -> None:
    read = steps.parse(
        [
            {"after_minutes": 0, "level": 4},
            {"after_minutes": 30, "level": 3},
            {"after_minutes": 120, "level": 3, "reads": "close"},
            {"after_minutes": 500, "level": 1, "reads": "any", "actions": ["escalate"]},
        ]
    )
    assert read == (
        Step(0, 4),
        Step(1800, 3),
        Step(7200, 3, "close"),
        Step(30_000, 1, "any", ("escalate",)),
    )
    assert [steps.in_words(each) for each in read] == [
        "level 4 and better now",
        "level 3 and better after 30 min",
        "close languages that were granted, level 3 and better after 2 h",
        "any moderator, with a translation and fewer actions after 8 h 20 min",
    ]


def test_the_level_of_a_step_that_anybody_may_take_is_nobodys_concern() -> None:
    assert (
        steps.parse([{"after_minutes": 0, "level": 5, "reads": "any", "actions": ["escalate"]}])[0].level == 1
    )


@pytest.mark.parametrize(
    ("written", "number", "words"),
    [
        ([], 0, "at least one step"),
        ({"after_minutes": 0, "level": 3}, 0, "at least one step"),
        ([{"after_minutes": n, "level": 1} for n in range(9)], 0, "at most 8 steps"),
        ([{"after_minutes": 0}], 1, "has after_minutes and level"),
        (["level 3"], 1, "has after_minutes and level"),
        ([{"after_minutes": 0, "level": 3, "lvl": 3}], 1, "has after_minutes and level"),
        ([{"after_minutes": -1, "level": 3}], 1, "opens after 0 to 43200 minutes"),
        ([{"after_minutes": 43_201, "level": 3}], 1, "opens after 0 to 43200 minutes"),
        ([{"after_minutes": True, "level": 3}], 1, "opens after"),
        ([{"after_minutes": 0.5, "level": 3}], 1, "opens after"),
        ([{"after_minutes": 0, "level": 0}], 1, "a level from 1 to 5"),
        ([{"after_minutes": 0, "level": 6}], 1, "a level from 1 to 5"),
        ([{"after_minutes": 0, "level": "4"}], 1, "a level from 1 to 5"),
        ([{"after_minutes": 0, "level": 3, "reads": "all"}], 1, "reads one of: language, close, any"),
        ([{"after_minutes": 0, "level": 3, "actions": "escalate"}], 1, "a list of actions"),
        ([{"after_minutes": 0, "level": 3, "actions": [1]}], 1, "a list of actions"),
        ([{"after_minutes": 0, "level": 1, "reads": "any"}], 1, "say which actions"),
        # Orders that could never open, or never let anybody in.
        (
            [{"after_minutes": 30, "level": 4}, {"after_minutes": 30, "level": 3}],
            2,
            "opens no later than the step before it",
        ),
        (
            [{"after_minutes": 30, "level": 4}, {"after_minutes": 0, "level": 3}],
            2,
            "opens no later than the step before it",
        ),
        (
            [{"after_minutes": 0, "level": 3}, {"after_minutes": 30, "level": 4}],
            2,
            "lets in nobody whom an earlier step does not",
        ),
        (
            [{"after_minutes": 0, "level": 3, "reads": "close"}, {"after_minutes": 30, "level": 3}],
            2,
            "lets in nobody",
        ),
        (
            [
                {"after_minutes": 0, "level": 1, "reads": "any", "actions": ["escalate"]},
                {"after_minutes": 5, "level": 1, "reads": "close"},
            ],
            2,
            "lets in nobody",
        ),
    ],
)
def test_steps_that_cannot_be_read_or_never_open_are_refused_with_their_number(
    written: Any, number: int, words: str
) -> None:
    with pytest.raises(BadSteps) as refused:
        steps.parse(written)
    assert refused.value.number == number
    assert words in refused.value.why
    assert str(refused.value) == (f"Step {number}: " if number else "") + refused.value.why


def test_a_wider_step_may_ask_more_than_a_narrower_one_before_it() -> None:
    written = [{"after_minutes": 0, "level": 2}, {"after_minutes": 5, "level": 4, "reads": "close"}]
    assert len(steps.parse(written)) == 2
