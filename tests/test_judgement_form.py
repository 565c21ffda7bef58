"""The decision form: what was typed becomes a judgement, and what is wrong with it finds its field."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.console.judgement_form import errors_by_field, judgement, rows
from moderation.judgements import InvalidJudgement, JudgedAction, check
from tests.factories import make_case, make_policy, make_queue

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
