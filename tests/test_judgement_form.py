"""The decision form: what was typed becomes a judgement, and what is wrong with it finds its field."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
from django.utils import timezone
from pydantic import AwareDatetime, Field

from moderation.actions import Action, Parameters, Place, registry
from moderation.console.action_fields import fields_of, read, written
from moderation.console.judgement_form import errors_by_field, judgement, rows
from moderation.judgements import InvalidJudgement, JudgedAction, check
from tests.factories import make_case, make_item, make_policy, make_queue

NOW = timezone.now()


def test_only_the_fields_of_chosen_actions_count() -> None:
    typed = {
        "policy": ["hate-speech"],
        "actions": ["restrict"],
        "restrict.how": ["geo_block"],
        "restrict.label": ["left over from another choice"],
        "restrict.until": [""],
        "restrict.territories": ["th, de"],
        "lock_account.until": ["7"],
        "reasoning": ["Because."],
        "note": ["Between us."],
    }
    found = judgement(typed, NOW)
    assert found.actions == [JudgedAction("restrict", {"how": "geo_block", "until": None}, ["TH", "DE"])]
    assert (found.policy, found.reasoning, found.note) == ("hate-speech", "Because.", "Between us.")


@pytest.mark.parametrize(("days", "length"), [("1", timedelta(days=1)), ("30", timedelta(days=30))])
def test_a_length_of_time_is_counted_from_submitting(days: str, length: timedelta) -> None:
    [lock] = judgement({"actions": ["lock_account"], "lock_account.until": [days]}, NOW).actions
    assert lock.parameters == {"until": (NOW + length).isoformat()}


def test_a_length_that_was_not_offered_is_without_an_end() -> None:
    [lock] = judgement({"actions": ["lock_account"], "lock_account.until": ["1e9"]}, NOW).actions
    assert lock.parameters == {"until": None}


@pytest.mark.django_db
def test_actions_are_numbered_as_the_policy_and_the_queue_allow_them() -> None:
    queue = make_queue("narrow", allowed_actions=["no_violation", "remove", "warn", "escalate"])
    case = make_case(queue=queue)
    policy = make_policy("spam", allowed_actions=["no_violation", "remove", "lock_account"])
    assert [(row.key, row.action.slug) for row in rows(case, policy, {})] == [
        ("1", "no_violation"),
        ("2", "remove"),
    ]


@pytest.mark.django_db
def test_every_error_finds_the_field_that_it_is_about() -> None:
    case = make_case()
    typed = {
        "policy": [case.policy.slug],
        "actions": ["no_violation", "remove", "restrict"],
        "remove.territories": ["Atlantis"],
        "restrict.how": ["no such way"],
        "reasoning": [""],
    }
    with pytest.raises(InvalidJudgement) as invalid:
        check(case, judgement(typed))
    found = errors_by_field(invalid.value.errors, typed)
    assert set(found) >= {"actions", "remove.territories", "restrict.how"}
    fields = {
        field.name: field.error
        for row in rows(case, case.policy, typed, found)
        for field in row.fields
        if field.error
    }
    assert set(fields) == {"remove.territories", "restrict.how"}


class Shadowed(Parameters):
    """What a third party's action may ask for."""

    depth: Literal["light", "deep"] = "light"
    since: AwareDatetime | None = None
    words: list[str] = Field(default_factory=list, title="Words to look for", description="one or more")
    times: int | None = None
    loudly: bool = False
    story: str = ""


class Shadow(Action):
    slug = "shadow"
    parameters = Shadowed
    places = (Place.ITEM, Place.AUTHOR)


@pytest.mark.django_db
def test_an_action_of_a_third_party_has_its_fields_and_its_judgement() -> None:
    item = make_item(author=make_item(kind="account", text=""))
    fields = {each.name.removeprefix("shadow."): each for each in fields_of(Shadow(), item, {}, {})}
    assert {name: each.kind for name, each in fields.items()} == {
        "on": "choice",
        "depth": "choice",
        "words": "line",
        "times": "line",
        "loudly": "tick",
        "story": "text",
        "since": "choice",
    }
    assert (fields["words"].label, fields["words"].hint) == ("Words to look for", "one or more")
    typed = {
        "shadow.on": ["author"],
        "shadow.depth": ["deep"],
        "shadow.since": ["3"],
        "shadow.words": ["one, two"],
        "shadow.times": ["4"],
        "shadow.loudly": ["on"],
        "shadow.story": ["Once."],
    }
    parameters, territories, on = read(Shadow(), "shadow", typed, NOW)
    known = Shadowed.model_validate(parameters)
    assert (known.depth, known.words, known.times, known.loudly, known.story) == (
        *("deep", ["one", "two"], 4, True, "Once."),
    )
    assert (known.since, territories, on) == (NOW + timedelta(days=3), [], "author")
    judged = {"on": on, "parameters": known.model_dump(mode="json"), "territories": []}
    again, _, _ = read(Shadow(), "shadow", written(Shadow(), "shadow", judged, NOW, exactly=True), NOW)
    assert Shadowed.model_validate(again) == known


@pytest.mark.django_db
def test_on_an_account_nobody_is_asked_on_what() -> None:
    account = make_item(kind="account", text="")
    assert "shadow.on" not in {each.name for each in fields_of(Shadow(), account, {}, {})}


@pytest.mark.django_db
def test_beyond_ten_actions_there_is_no_key_left_and_none_is_given_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(12):
        more = type(f"Shadow{number}", (Shadow,), {"slug": f"shadow_{number}", "label": str(number)})()
        monkeypatch.setitem(registry._registered, more.slug, more)
    policy = make_policy("shadows", allowed_actions=[f"shadow_{number}" for number in range(12)])
    found = rows(make_case(), policy, {})
    assert [row.action.slug for row in found[:2]] == ["no_violation", "shadow_0"]
    assert [row.key for row in found] == [*"1234567890", "", "", ""]
