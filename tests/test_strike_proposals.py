"""What is proposed to a moderator: the strongest action whose threshold is reached, and only what she may choose."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation import strikes
from moderation.actions import ACTIONS, Parameters
from moderation.decisions import JudgedAction
from moderation.models import Case, Enforcement, StrikeWeight
from moderation.strikes.proposing import parameters_of, proposable
from tests.deciding import decided
from tests.factories import make_case, make_item, make_policy, make_queue
from tests.striking import breach, case_of, make_account, strike, threshold

pytestmark = pytest.mark.django_db
EVERYTHING = ["remove", "restrict", "warn", "lock_account", "terminate_account", "demonetise"]


@pytest.fixture(autouse=True)
def _every_action_is_allowed() -> None:
    make_policy(allowed_actions=EVERYTHING)


def test_nothing_is_proposed_before_a_threshold_is_reached_and_the_action_from_then_on() -> None:
    account = make_account()
    threshold(6)
    strike(account, severity=3)
    assert strikes.proposal(case_of(account)) is None

    strike(account, severity=3)
    proposed = strikes.proposal(case_of(account))

    assert proposed is not None
    assert (proposed.action.slug, proposed.on) == ("lock_account", "author")
    assert (proposed.points, proposed.weighs, proposed.total) == (4, 2, 6)
    until = datetime.fromisoformat(proposed.parameters["until"])
    assert timedelta(days=6, hours=23) < until - timezone.now() < timedelta(days=7, hours=1)


def test_a_graver_judgement_or_another_policy_weighs_otherwise() -> None:
    account, other = make_account(), make_policy("spam", allowed_actions=EVERYTHING, severity=3)
    threshold(4)
    StrikeWeight.objects.create(policy=other, severity=3, weight=4, days=30)
    case = case_of(account)

    assert strikes.proposal(case) is None
    assert strikes.proposal(case, severity=4) is not None
    assert strikes.proposal(case, other) is not None


def test_the_strongest_threshold_that_is_reached_is_proposed() -> None:
    account = make_account()
    threshold(2, "restrict")
    threshold(4)
    threshold(8, "terminate_account", None)
    strike(account, severity=3)
    proposed = strikes.proposal(case_of(account))
    assert proposed is not None
    assert proposed.action.slug == "lock_account"

    strike(account, severity=4)
    proposed = strikes.proposal(case_of(account))

    assert proposed is not None
    assert (proposed.action.slug, proposed.parameters) == ("terminate_account", {})


def test_what_the_policy_or_the_queue_does_not_allow_is_left_out_and_the_next_is_proposed() -> None:
    account = make_account()
    threshold(2, "restrict", None)
    threshold(2, "terminate_account", None, window=400)
    narrow = make_queue("narrow", allowed_actions=["warn", "restrict"])

    proposed = strikes.proposal(case_of(account, queue=narrow))
    assert proposed is not None
    assert (proposed.action.slug, proposed.parameters) == (
        "restrict",
        {"how": "limit_visibility", "until": None},
    )
    mild = make_policy("mild", allowed_actions=["warn"])
    assert strikes.proposal(case_of(account), mild) is None


def test_points_outside_the_window_propose_nothing() -> None:
    account = make_account()
    threshold(6, window=30)
    strike(account, severity=4, days_ago=31)
    assert strikes.proposal(case_of(account)) is None


def test_a_breach_that_weighs_nothing_proposes_nothing_however_much_stands_against_her() -> None:
    account = make_account()
    threshold(1)
    strike(account, severity=5)
    assert strikes.proposal(case_of(account), severity=1) is None


def test_a_decision_that_is_made_anew_does_not_count_twice() -> None:
    account = make_account()
    threshold(4)
    first = strike(account, severity=3)
    anew = case_of(
        account, origin=Case.Origin.REVISION, revises=first.decision, revised=Case.Revised.RECONSIDERED
    )
    assert strikes.proposal(anew) is None
    assert strikes.proposal(case_of(account)) is not None


def test_what_is_in_force_for_as_long_already_is_not_proposed_and_nothing_weaker_either() -> None:
    account = make_account()
    threshold(2, "restrict", None)
    threshold(3, "lock_account", 30)
    strike(account)
    for_a_week = {"until": (timezone.now() + timedelta(days=7)).isoformat()}
    decided(JudgedAction("lock_account", for_a_week), item=make_item(author=account))

    proposed = strikes.proposal(case_of(account))
    assert proposed is not None
    assert proposed.action.slug == "lock_account"

    decided("lock_account", item=make_item(author=account))
    assert strikes.proposal(case_of(account)) is None


def test_nothing_more_is_proposed_for_an_account_that_is_closed_or_about_to_be() -> None:
    account = make_account()
    threshold(2)
    strike(account)
    assert strikes.proposal(case_of(account)) is not None
    decided("terminate_account", item=make_item(author=account))
    assert strikes.proposal(case_of(account)) is None


def test_nothing_is_proposed_on_an_appeal_or_where_the_author_is_not_known() -> None:
    account = make_account()
    threshold(1)
    assert strikes.proposal(case_of(account, origin=Case.Origin.APPEAL)) is None
    assert strikes.proposal(make_case(item=make_item())) is None


def test_a_case_about_an_account_counts_against_that_account() -> None:
    account = make_account()
    threshold(4)
    strike(account, severity=3)
    proposed = strikes.proposal(make_case(item=account))
    assert proposed is not None
    assert proposed.action.target(account, proposed.on) == account


def test_every_action_that_can_be_proposed_takes_the_parameters_that_it_is_proposed_with() -> None:
    account, on = make_account(), "author"
    assert {each.slug for each in proposable()} == {
        "restrict",
        "warn",
        "lock_account",
        "terminate_account",
        "demonetise",
    }
    for action in proposable():
        for days in (None, 30):
            read = action.parameters.model_validate(parameters_of(action, days))
            assert isinstance(read, Parameters)
            assert action.target(account, on) == account
            assert action.check(account, read) is None


def test_a_threshold_whose_action_is_gone_proposes_nothing() -> None:
    account = make_account()
    threshold(1, "banish")
    assert "banish" not in ACTIONS
    assert strikes.proposal(case_of(account)) is None


def test_proposing_takes_nothing_and_few_statements() -> None:
    account = make_account()
    for points in range(1, 8):
        threshold(points)
        strike(account)
    case = case_of(account)
    breach(account)
    with CaptureQueriesContext(connection) as captured:
        assert strikes.proposal(case) is not None
    assert len(captured) == 4
    assert not Enforcement.objects.exists()
