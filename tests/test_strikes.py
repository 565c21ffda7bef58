"""A strike begins and ends with its decision, counts until its day, and is never counted twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation import strikes
from moderation.models import Event, Strike, StrikeWeight
from moderation.strikes.weights import DEFAULT_WEIGHTS, Weight
from tests.factories import make_policy
from tests.striking import breach, make_account, strike, threshold

pytestmark = pytest.mark.django_db
Status = Strike.Status


def kinds() -> list[str]:
    return list(
        Event.objects.filter(kind__startswith="strike.").order_by("id").values_list("kind", flat=True)
    )


def test_a_decision_gives_one_strike_with_the_weight_of_its_severity_and_the_event_says_who() -> None:
    account, decision = make_account(), None
    decision = breach(account, severity=4)

    first, again = strikes.give(decision, account), strikes.give(decision, account)

    assert first == again == Strike.objects.get()
    assert first is not None
    assert (first.account, first.severity, first.weight) == (account, 4, 4)
    assert first.expires_at is not None
    assert timedelta(days=364) < first.expires_at - timezone.now() < timedelta(days=366)
    event = Event.objects.get(kind="strike.given")
    assert event.actor_id == decision.decided_by_id
    assert event.item_id == account.pk
    assert event.data["decision_id"] == decision.pk
    assert event.data["weight"] == 4


def test_the_weight_that_an_admin_set_for_the_policy_goes_before_the_default() -> None:
    account, policy = make_account(), make_policy()
    StrikeWeight.objects.create(policy=policy, severity=3, weight=7, days=None)

    own = strikes.give(breach(account, severity=3, policy=policy), account)
    others = strikes.give(breach(account, severity=3, policy=make_policy("spam")), account)

    assert own is not None
    assert others is not None
    assert (own.weight, own.expires_at) == (7, None)
    assert others.weight == DEFAULT_WEIGHTS[3].points


def test_a_breach_that_weighs_nothing_gives_no_strike() -> None:
    account, policy = make_account(), make_policy()
    StrikeWeight.objects.create(policy=policy, severity=5, weight=0, days=None)

    assert strikes.give(breach(account, severity=1), account) is None
    assert strikes.give(breach(account, severity=5, policy=policy), account) is None
    assert kinds() == []


def test_there_is_a_default_for_each_severity_and_graver_is_never_lighter() -> None:
    points = [DEFAULT_WEIGHTS[severity].points for severity in range(1, 6)]
    assert points == sorted(points)
    assert points[0] == 0
    assert all(weight == Weight(0, None) or weight.days for weight in DEFAULT_WEIGHTS.values())


def test_a_strike_that_was_taken_back_counts_no_more_and_can_be_restored() -> None:
    account = make_account()
    given_ = strike(account, severity=4)
    before = strikes.standing(account)

    strikes.take_back(given_.decision)
    without = strikes.standing(account)
    strikes.restore(given_.decision)

    assert (without.points, without.taken_back, without.strikes) == (0, 1, [])
    assert strikes.standing(account) == before
    assert before.points == 4
    assert kinds() == ["strike.given", "strike.taken_back", "strike.restored"]


def test_what_was_gone_already_is_held_against_nobody_for_good() -> None:
    account = make_account()
    given_ = strike(account)

    strikes.void(given_.decision)
    strikes.restore(given_.decision)
    strikes.take_back(given_.decision)

    assert strikes.standing(account).void == 1
    assert strikes.standing(account).points == 0
    assert kinds() == ["strike.given", "strike.void"]


def test_ending_a_strike_twice_or_one_that_there_is_not_changes_and_says_nothing() -> None:
    account = make_account()
    given_ = strike(account)
    none = breach(account, severity=1)
    strikes.take_back(given_.decision)
    ended = Strike.objects.get().ended_at

    for end in (strikes.take_back, strikes.void, strikes.take_back):
        end(given_.decision)
        end(none)
    strikes.restore(none)

    assert Strike.objects.get().ended_at == ended
    assert kinds() == ["strike.given", "strike.taken_back"]


def test_an_expired_strike_counts_no_more_and_no_job_is_needed() -> None:
    account = make_account()
    old = strike(account, severity=2, days_ago=89.9)
    assert strikes.standing(account).points == 1

    Strike.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert strikes.standing(account).points == 0
    assert Strike.objects.get().status == Status.ACTIVE


def test_each_threshold_counts_only_what_was_given_within_its_window() -> None:
    account = make_account()
    threshold(6, window=365)
    threshold(4, window=30)
    strike(account, severity=4, days_ago=100)
    strike(account, severity=3, days_ago=3)

    standing = strikes.standing(account)

    assert [(each.threshold.points, each.points, each.reached) for each in standing.reaches] == [
        (6, 6, True),
        (4, 2, False),
    ]
    assert [each.severity for each in standing.strikes] == [3, 4]


def test_a_standing_takes_three_statements_however_much_stands_against_the_account() -> None:
    account = make_account()
    for points in range(1, 6):
        strike(account)
        threshold(points)
    with CaptureQueriesContext(connection) as captured:
        standing = strikes.standing(account)
        assert {each.policy.name for each in standing.strikes} == {"Hate speech"}
        assert all(each.decision.case.pk for each in standing.strikes)
    assert len(captured) == 3


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["give", "take_back", "restore", "void", "pass"]),
        st.integers(0, 3),
        st.integers(1, 400),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(severities=st.lists(st.integers(1, 5), min_size=4, max_size=4), steps=STEPS)
def test_after_any_sequence_the_points_are_those_of_a_plain_reckoning(
    severities: list[int], steps: list[tuple[str, int, int]]
) -> None:
    """The model: a strike is none, active, taken back or void; days pass; an active one counts its own."""
    with transaction.atomic():
        account = make_account()
        decisions = [breach(account, severity=severity) for severity in severities]
        state = ["none"] * 4
        age = [0] * 4
        moves = {
            "give": {"none": "active"},
            "take_back": {"active": "taken_back"},
            "restore": {"taken_back": "active"},
            "void": {"active": "void"},
        }
        for what, number, days in steps:
            if what == "pass":
                age = [each + days if state[n] != "none" else each for n, each in enumerate(age)]
                for each in Strike.objects.filter(account=account):
                    each.given_at -= timedelta(days=days)
                    each.expires_at = each.expires_at and each.expires_at - timedelta(days=days)
                    each.save(update_fields=["given_at", "expires_at"])
                continue
            if what == "give":
                strikes.give(decisions[number], account)
            else:
                getattr(strikes, what)(decisions[number])
            weighs = DEFAULT_WEIGHTS[severities[number]].points
            if weighs:
                state[number] = moves[what].get(state[number], state[number])
        expected = [
            DEFAULT_WEIGHTS[severities[n]].points
            for n in range(4)
            if state[n] == "active" and age[n] < (DEFAULT_WEIGHTS[severities[n]].days or 10**6)
        ]
        standing = strikes.standing(account)
        assert standing.points == sum(expected)
        assert len(standing.strikes) == len(expected)
        assert standing.taken_back == state.count("taken_back")
        assert standing.void == state.count("void")
        assert Strike.objects.filter(account=account).count() == 4 - state.count("none")
        transaction.set_rollback(True)
