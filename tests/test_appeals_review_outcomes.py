"""The outcome form: part of a decision taken back, an appeal not looked into, a notifier who was right."""

from __future__ import annotations

from typing import Any

import pytest

from appeals import withdrawing
from moderation import approvals, audit
from moderation.models import Case, Decision, Draft, Enforcement, Statement
from tests.appealing import make_reader, make_told
from tests.console import run_out
from tests.factories import make_policy, make_user
from tests.reviewing import REASONS, Review, by_notifier, reviewing, two_actions

pytestmark = pytest.mark.django_db

OUTCOMES = ["upheld", "overturned", "partially_overturned", "inadmissible"]


@pytest.fixture
def review() -> Review:
    return reviewing()


def standing() -> dict[str, str]:
    """What is in force, or asked of the platform, by action."""
    return dict(Enforcement.objects.order_by("pk").values_list("action", "status"))


@pytest.mark.parametrize("htmx", [True, False])
def test_another_action_takes_the_decisions_place(review: Review, htmx: bool) -> None:
    answered = review.post(outcome="partially_overturned", policy="bulk-messaging", actions="warn", htmx=htmx)
    assert answered.headers["HX-Redirect" if htmx else "Location"] == "/"
    assert review.fresh().outcome == "partially_overturned"
    decision = Decision.objects.latest("pk")
    assert [each["action"] for each in decision.actions] == ["warn"]
    assert decision.overrides == review.appeal.decision
    assert standing() == {"lock_account": "reversal_requested", "warn": "requested"}
    assert Statement.objects.filter(decision=decision).exists()


def test_a_part_of_what_was_done_stays_as_it_is() -> None:
    review = reviewing(two_actions())
    review.post(outcome="partially_overturned", policy="bulk-messaging", actions="warn")
    assert review.fresh().outcome == "partially_overturned"
    assert standing() == {"lock_account": "reversal_requested", "warn": "requested"}
    assert Enforcement.objects.filter(action="warn").count() == 1


def test_the_same_again_is_no_other_decision(review: Review) -> None:
    fields: dict[str, Any] = {"lock_account.until": ""}
    refused = review.post(
        outcome="partially_overturned", policy="bulk-messaging", actions="lock_account", **fields
    )
    assert refused.status_code == 422
    assert "This is what was decided before" in refused.text
    lighter = review.post(
        outcome="partially_overturned",
        policy="bulk-messaging",
        actions="lock_account",
        severity="1",
        **fields,
    )
    assert lighter.status_code == 200
    assert Decision.objects.latest("pk").severity == 1


def test_without_anything_chosen_instead_it_is_refused_beside_the_actions(review: Review) -> None:
    refused = review.post(outcome="partially_overturned", policy="bulk-messaging")
    assert refused.status_code == 422
    assert 'id="error-actions"' in refused.text
    assert "Choose what is to be done instead" in refused.text
    assert REASONS in refused.text
    assert Draft.objects.get().fields["outcome"] == ["partially_overturned"]


def test_an_appeal_that_is_not_looked_into_names_its_ground(review: Review) -> None:
    refused = review.post(outcome="inadmissible", policy="bulk-messaging")
    assert refused.status_code == 422
    assert 'id="error-inadmissible"' in refused.text
    review.post(outcome="inadmissible", inadmissible="not_entitled")
    appeal = review.fresh()
    assert (appeal.outcome, appeal.ground) == ("inadmissible", "not_entitled")
    assert standing() == {"lock_account": "requested"}


def test_all_that_is_missing_is_said_at_once_and_what_is_typed_is_kept(review: Review) -> None:
    refused = review.post(reasoning=" ", note="Look at the dates", htmx=False)
    assert refused.status_code == 422
    for words in ("error-outcome", "error-reasoning", "Look at the dates"):
        assert words in refused.text, words
    assert "Look at the dates" in review.page()


def test_what_is_hidden_behind_another_outcome_does_not_count(review: Review) -> None:
    review.post(outcome="upheld", policy="bulk-messaging", actions="warn", inadmissible="abusive")
    appeal = review.fresh()
    assert (appeal.outcome, appeal.ground) == ("upheld", "")
    assert standing() == {"lock_account": "requested"}


def test_the_form_comes_filled_in_with_the_decision_but_for_its_words(review: Review) -> None:
    page = review.page()
    form = page.split('id="decide-form"')[1]
    assert 'value="lock_account" checked' in form
    assert 'value="no_violation"' not in form
    assert '<option value="bulk-messaging" selected>' in form
    assert review.appeal.decision.reasoning not in form
    for number, outcome in enumerate(OUTCOMES, 1):
        assert f'value="{outcome}"' in form
        assert f'data-key="{number}"' in form
    assert 'data-key="5"' in form
    assert "is kept" not in form


def test_actions_that_were_deselected_stay_so(review: Review) -> None:
    review.post(outcome="partially_overturned", policy="bulk-messaging")
    assert 'value="lock_account" checked' not in review.page()


def test_another_policy_brings_its_actions(review: Review) -> None:
    make_policy("threats", allowed_actions=["remove", "warn", "terminate_account"])
    options = review.post("options", policy="threats", actions="warn")
    assert 'value="terminate_account"' in options.text
    assert 'value="warn" checked' in options.text
    assert 'value="no_violation"' not in options.text


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("upheld", ["The decision stays", "stays in force"]),
        ("overturned", ["We took the decision back", "is taken back"]),
        ("partially_overturned", ["We changed a part of the decision", "is taken back", "is new"]),
        ("inadmissible", ["We cannot decide about your appeal", "It only insults", "stays in force"]),
        ("", ["Choose an outcome"]),
    ],
)
def test_what_would_come_of_it_is_shown_before(review: Review, outcome: str, says: list[str]) -> None:
    preview = review.post(
        "preview", outcome=outcome, policy="bulk-messaging", actions="warn", inadmissible="abusive"
    )
    for words in says:
        assert words in preview.text, words
    assert ("Preview of the statement" in preview.text) == (outcome == "partially_overturned")


def test_it_is_shown_in_the_language_of_who_appeals() -> None:
    text = "ฉันแค่ทักทายเพื่อนของฉันในตอนเช้าเท่านั้น ไม่ได้ทำอะไรผิด"
    preview = reviewing(language="th", text=text).post("preview", outcome="upheld")
    assert 'lang="th"' in preview.text
    assert "The decision stays" not in preview.text


def test_a_notifier_who_was_right_has_the_desk_act() -> None:
    review = reviewing(appeal=by_notifier())
    page = review.page()
    assert "She was right: act on it" in page
    assert 'value="partially_overturned"' not in page
    refused = review.post(outcome="overturned", policy="hate-speech")
    assert refused.status_code == 422
    assert "Choose what is to be done instead" in refused.text
    review.post(outcome="overturned", policy="hate-speech", actions="remove")
    assert review.fresh().outcome == "overturned"
    assert standing() == {"remove": "requested"}


def test_what_is_held_waits_for_a_second_person_who_took_no_part() -> None:
    make_policy("bulk-messaging", allowed_actions=["lock_account", "terminate_account", "warn"])
    told = make_told()
    review = reviewing(told)
    second = make_reader("en")
    right = make_user(clearances=("approval",)).clearances.get()
    for person in (told.decider, review.moderator, second):
        person.clearances.add(right)
    assert "a second person first" in review.page()
    review.post(outcome="partially_overturned", policy="bulk-messaging", actions="terminate_account")
    decision = Decision.objects.latest("pk")
    assert standing() == {"lock_account": "reversal_requested", "terminate_account": "held"}
    for person in (told.decider, review.moderator):
        assert approvals.waiting_for(person) == []
        with pytest.raises(approvals.NotYours):
            approvals.approve(decision.approval.pk, person)
    assert approvals.waiting_for(second) == [decision.approval]
    approvals.approve(decision.approval.pk, second)


def test_an_appeal_that_was_taken_back_meanwhile_says_so_and_keeps_her_words(review: Review) -> None:
    withdrawing.withdraw(review.appeal, audit.APPELLANT)
    refused = review.post(outcome="upheld", reasoning="Ten minutes of work")
    assert refused.status_code == 409
    for words in ("The appeal was taken back", "Ten minutes of work", "kept below"):
        assert words in refused.text, words
    page = review.page()
    assert "The appeal was taken back" in page
    assert "Ten minutes of work" in page
    assert Case.objects.get(pk=review.case.pk).status == "withdrawn"
    assert Decision.objects.count() == 1


def test_a_hold_that_ran_out_loses_nothing(review: Review) -> None:
    run_out(review.case)
    refused = review.post(outcome="inadmissible", inadmissible="abusive", htmx=False)
    assert refused.status_code == 409
    assert "Your hold on this case ran out." in refused.text
    assert '<option value="abusive" selected>' in refused.text
    assert REASONS in refused.text
