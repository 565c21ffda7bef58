"""What breaches weigh and what points propose: an admin changes it as a whole, over what she was shown, never half."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from accounts.models import Role, User
from moderation import strikes
from moderation.models import Event, Policy, Strike, StrikeThreshold, StrikeWeight
from moderation.strikes.weights import current
from tests.factories import make_policy, make_user
from tests.striking import breach, make_account, strike, threshold

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture(autouse=True)
def policy() -> Policy:
    return make_policy("spam", severity=2)


def save(client: Client, **typed: str) -> Any:
    """Post the form; keyword ``weight_3_points`` stands for ``weight-spam-3-points``, ``t0_points`` for a threshold."""
    named = {}
    for name, value in typed.items():
        kind, *rest = name.split("_")
        start = "weight-spam" if kind == "weight" else f"threshold-{kind[1:]}"
        named["-".join([start, *rest])] = value
    return client.post("/strikes/", {"shown": current().digest, "threshold-rows": "3"} | named)


def test_weights_and_thresholds_are_saved_with_one_event_that_says_what_changed(
    client: Client, admin: User
) -> None:
    threshold(9, days=30)
    answer = save(
        client,
        weight_2_points="3",
        weight_2_days="60",
        weight_5_points="20",
        t0_points="6",
        t0_window="180",
        t0_action="terminate_account",
    )

    assert answer.status_code == 302
    assert {(row.severity, row.weight, row.days) for row in StrikeWeight.objects.all()} == {
        (2, 3, 60),
        (5, 20, None),
    }
    row = StrikeThreshold.objects.get()
    assert (row.points, row.window_days, row.action, row.days) == (6, 180, "terminate_account", None)
    event = Event.objects.get(kind="strike_rules.changed")
    assert event.actor_id == admin.pk
    assert event.data["before"]["weights"] == {}
    assert event.data["before"]["thresholds"][0]["points"] == 9
    assert event.data["after"]["weights"] == {"spam 2": [3, 60], "spam 5": [20, None]}


def test_the_page_shows_what_is_set_and_saving_it_again_changes_nothing(
    client: Client, policy: Policy
) -> None:
    StrikeWeight.objects.create(policy=policy, severity=2, weight=3, days=60)
    threshold(6, window=180, days=7)
    page = client.get("/strikes/").content.decode()
    assert 'name="weight-spam-2-points" value="3"' in page
    assert 'name="weight-spam-2-days" value="60"' in page
    assert 'name="threshold-0-points" value="6"' in page
    assert '<option value="lock_account" selected>' in page

    save(
        client,
        weight_2_points="3",
        weight_2_days="60",
        t0_points="6",
        t0_window="180",
        t0_action="lock_account",
        t0_days="7",
    )

    assert "Nothing was different" in client.get("/strikes/").content.decode()
    assert not Event.objects.filter(kind="strike_rules.changed").exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"weight_2_points": "many"}, "weight-spam-2-points"),
        ({"weight_2_points": "-1"}, "weight-spam-2-points"),
        ({"weight_2_points": "٣"}, "weight-spam-2-points"),
        ({"weight_2_days": "60"}, "weight-spam-2-points"),
        ({"weight_2_points": "3", "weight_2_days": "0"}, "weight-spam-2-points"),
        ({"t0_points": "0", "t0_window": "9", "t0_action": "warn"}, "threshold-0-points"),
        ({"t0_points": "5", "t0_action": "warn"}, "threshold-0-window"),
        ({"t0_points": "5", "t0_window": "9"}, "threshold-0-action"),
        ({"t0_points": "5", "t0_window": "9", "t0_action": "remove"}, "threshold-0-action"),
        ({"t0_points": "5", "t0_window": "9", "t0_action": "refer_to_law_enforcement"}, "threshold-0-action"),
        ({"t0_points": "5", "t0_window": "9", "t0_action": "warn", "t0_days": "7"}, "threshold-0-days"),
        ({"t0_action": "warn"}, "threshold-0-points"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_all_that_was_typed_stays(
    client: Client, typed: dict[str, str], field: str
) -> None:
    answer = save(client, **typed, weight_4_points="17", weight_4_days="11")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page
    for value in (*typed.values(), "17", "11"):
        assert f'value="{escape(value)}"' in page
    assert not StrikeWeight.objects.exists()
    assert not StrikeThreshold.objects.exists()


def test_two_thresholds_with_the_same_points_and_days_are_refused(client: Client) -> None:
    same = {"points": "5", "window": "9", "action": "warn"}
    answer = save(client, **{f"t{n}_{name}": value for n in (0, 2) for name, value in same.items()})
    assert answer.status_code == 422
    assert 'id="threshold-2-points-error"' in answer.content.decode()


def test_nobodys_change_is_lost_to_anothers(client: Client) -> None:
    shown = current().digest
    threshold(9)

    answer = client.post("/strikes/", {"shown": shown, "weight-spam-2-points": "4", "threshold-rows": "2"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody else has changed this meanwhile" in page
    assert 'name="weight-spam-2-points" value="4"' in page
    assert StrikeThreshold.objects.count() == 1
    assert not StrikeWeight.objects.exists()


def test_strikes_that_were_given_keep_their_weight_and_day(client: Client, policy: Policy) -> None:
    account = make_account()
    before = strike(account, severity=2, policy=policy)

    save(client, weight_2_points="9", weight_2_days="5")
    after = strikes.give(breach(account, severity=2, policy=policy), account)

    assert Strike.objects.get(pk=before.pk).weight == before.weight == 1
    assert after is not None
    assert after.weight == 9


def test_an_action_that_is_gone_stays_to_be_seen_and_changed(client: Client) -> None:
    threshold(5, "banish")
    assert client.get("/strikes/").status_code == 200
    answer = save(client, t0_points="5", t0_window="365", t0_action="banish", t0_days="7")
    assert 'id="threshold-0-action-error"' in answer.content.decode()


def test_the_page_takes_as_many_statements_however_much_is_set(client: Client) -> None:
    def statements() -> int:
        client.get("/strikes/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/strikes/").status_code == 200
        return len(captured)

    few = statements()
    for number in range(6):
        policy = make_policy(f"policy-{number}")
        threshold(number + 1)
        for severity in range(1, 6):
            StrikeWeight.objects.create(policy=policy, severity=severity, weight=1)
    assert statements() == few


def test_only_an_admin_may_look_or_change() -> None:
    client = Client()
    client.force_login(make_user(en=5))
    assert client.get("/strikes/").status_code == 403
    assert client.post("/strikes/", {"shown": current().digest}).status_code == 403
