"""The editor of language steps: what is typed becomes steps, and what is wrong is said beside its row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from moderation import plugins
from moderation.console.steps_form import StepsForm, stored, typed
from moderation.hookspecs import hookimpl
from tests.steps_posting import as_posted

B2_NOW: dict[str, Any] = {"after_minutes": 0, "level": 3}
B1_LATER: dict[str, Any] = {"after_minutes": 90, "level": 2}
CLOSE_LATER: dict[str, Any] = {"after_minutes": 120, "level": 3, "reads": "close"}
ANY_LATER: dict[str, Any] = {"after_minutes": 1440, "level": 1, "reads": "any", "actions": ["restrict"]}


class Translator:
    @hookimpl
    def translate(self, text: str, source: str, target: str) -> str:
        return f"[{target}] {text}"


@pytest.fixture
def translator() -> Iterator[None]:
    plugin = Translator()
    plugins.manager().register(plugin)
    yield
    plugins.manager().unregister(plugin)


def posted(*steps: dict[str, Any], **changes: str) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in (as_posted(*steps) | changes).items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


def errors(form: StepsForm) -> list[str]:
    return [row.error for row in form.rows]


@pytest.mark.parametrize("steps", [[B2_NOW], [B2_NOW, B1_LATER, CLOSE_LATER, ANY_LATER]])
def test_what_is_shown_and_sent_back_is_what_was_stored(
    steps: list[dict[str, Any]], translator: None
) -> None:
    shown = stored(steps)
    assert shown.steps == steps
    assert typed(posted(*steps)).steps == steps
    again = posted(*steps)
    for number, row in enumerate(shown.rows, 1):
        again[f"steps-{number}-after"], again[f"steps-{number}-unit"] = row.after, row.unit
    assert typed(again).steps == steps


def test_whole_hours_and_days_are_shown_as_such() -> None:
    shown = stored([B2_NOW, B1_LATER, {"after_minutes": 240, "level": 1}])
    assert [(row.after, row.unit) for row in shown.rows] == [("0", "min"), ("90", "min"), ("4", "h")]


def test_each_row_says_in_words_what_it_means() -> None:
    assert [row.words for row in stored([B2_NOW, B1_LATER]).rows] == [
        "level 3 and better now",
        "level 2 and better after 1 h 30 min",
    ]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("after", "", "as a whole number"),
        ("after", "soon", "as a whole number"),
        ("after", "-5", "as a whole number"),
        ("after", "99999", "30 days"),
        ("unit", "year", "as a whole number"),
        ("level", "6", "how well"),
        ("reads", "all", "who reads it"),
        ("reads", "any", "No translation is installed"),
        ("after", "0", "no later than the step before it"),
        ("level", "4", "lets in nobody"),
    ],
)
def test_what_cannot_be_is_said_beside_its_row_and_kept_as_typed(field: str, value: str, words: str) -> None:
    form = typed(posted(B2_NOW, B1_LATER, **{f"steps-2-{field}": value}))
    assert form.steps is None
    assert errors(form)[0] == ""
    assert words in errors(form)[1]
    assert getattr(form.rows[1], field) == value


def test_a_step_for_anybody_must_say_what_they_may_decide(translator: None) -> None:
    assert "say which actions" in errors(typed(posted(B2_NOW, ANY_LATER | {"actions": []})))[1]


def test_a_queue_has_at_least_one_step_and_a_rule_need_have_none() -> None:
    assert "at least one step" in typed(posted()).error
    assert typed(posted(), may_be_empty=True).steps == []


def test_more_than_eight_steps_are_refused_and_still_shown() -> None:
    many = [{"after_minutes": n, "level": 3} for n in range(9)]
    form = typed(posted(*many))
    assert form.steps is None
    assert "at most 8" in form.error
    assert len(form.rows) == 9


def test_a_row_is_added_that_widens_the_last_one() -> None:
    form = typed(posted(B2_NOW, add_step="1"))
    assert form.rearranged
    assert form.steps == [B2_NOW, {"after_minutes": 30, "level": 2}]
    form = typed(posted(B2_NOW, {"after_minutes": 60, "level": 1}, add_step="1"))
    assert form.steps == [
        B2_NOW,
        {"after_minutes": 60, "level": 1},
        {"after_minutes": 120, "level": 3, "reads": "close"},
    ]


def test_a_row_is_removed_by_its_number() -> None:
    form = typed(posted(B2_NOW, B1_LATER, CLOSE_LATER, remove_step="2"))
    assert form.rearranged
    assert form.steps == [B2_NOW, CLOSE_LATER]
    assert typed(posted(B2_NOW, remove_step="7")).steps == [B2_NOW]


def test_enter_in_a_field_saves_and_removes_nothing() -> None:
    shown = render_to_string("moderation/_steps.html", {"steps": stored([B2_NOW, B1_LATER])})
    first = shown[shown.index("<button") :]
    assert first.startswith('<button type="submit" hidden')


def test_what_was_typed_is_inert_on_the_page() -> None:
    shown = render_to_string(
        "moderation/_steps.html", {"steps": typed(posted(B2_NOW, **{"steps-1-after": '"><b>'}))}
    )
    assert "<b>" not in shown
