"""The console for a change of mind: undone at once, reconsidered later, and what would change said before it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Role, User
from moderation.console.changing import What, changes
from moderation.console.judgement_form import judgement, typed_of
from moderation.decisions import JudgedAction
from moderation.judgements import check
from moderation.models import Case, Decision, Draft, Enforcement, Message
from moderation.outbox.endpoints import create_endpoint
from tests.console import TYPED, post
from tests.deciding import decided, hold, hold_appeal, take_back
from tests.factories import make_platform, make_policy, make_user

pytestmark = pytest.mark.django_db

EVERYTHING = ["remove", "restrict", "warn", "demonetise", "lock_account", "terminate_account"]


@pytest.fixture
def grace(settings: Settings) -> Settings:
    settings.UNDO_SECONDS = 60.0
    return settings


def decide_two(client: Client, **fields: Any) -> tuple[Decision, User]:
    """She decided a case with two actions on its content and its author, through the page."""
    make_policy(allowed_actions=EVERYTHING)
    case, user, _ = hold()
    client.force_login(user)
    chosen = {"restrict.on": "author", "restrict.how": "limit_visibility", "restrict.until": "7"} | fields
    post(client, case, "decide", actions=["remove", "restrict"], note="Between us.", severity="4", **chosen)
    return Decision.objects.get(case=case), user


def undo(client: Client, decision: Decision) -> Any:
    return client.post(f"/decisions/{decision.pk}/undo/", follow=True)


def reconsider(client: Client, decision: Decision) -> Any:
    return client.post(f"/decisions/{decision.pk}/reconsider/", follow=True)


def test_the_next_page_offers_to_undo_what_was_just_submitted(client: Client, grace: Settings) -> None:
    decision, _ = decide_two(client)
    page = client.get("/").content.decode()
    assert f"/decisions/{decision.pk}/undo/" in page
    assert 'data-undo="60"' in page
    grace.UNDO_SECONDS = 0
    session = client.session
    session["undo"] = session["undo"] | {"until": timezone.now().isoformat()}
    session.save()
    assert "/undo/" not in client.get("/").content.decode()


def test_without_a_time_to_undo_it_is_just_said(client: Client) -> None:
    decision, _ = decide_two(client)
    page = client.get("/").content.decode()
    assert f"Case {decision.case_id} is decided." in page
    assert "/undo/" not in page


def test_undone_everything_typed_is_there_again_and_nothing_was_sent(client: Client, grace: Settings) -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:9/hook")
    decision, user = decide_two(client)
    answer = undo(client, decision)
    revision = Case.objects.get(revises=decision)
    assert (revision.claimed_by, revision.revised) == (user, Case.Revised.UNDONE)
    assert answer.redirect_chain[-1][0] == f"/cases/{revision.pk}/"
    page = answer.content.decode()
    for typed in (TYPED, "Between us.", 'value="remove" checked', 'value="restrict" checked'):
        assert typed in page
    for chosen in ("limit_visibility", "author", "7", "4"):
        assert f'<option value="{chosen}" selected>' in page
    assert "1 flag" in page
    assert set(Message.objects.values_list("status", flat=True)) == {Message.Status.WITHDRAWN}
    assert "/undo/" not in page


def test_undoing_twice_leads_to_the_same_case(client: Client, grace: Settings) -> None:
    decision, _ = decide_two(client)
    first, second = undo(client, decision), undo(client, decision)
    assert first.redirect_chain == second.redirect_chain
    assert Case.objects.filter(revises=decision).count() == 1


def test_from_a_tab_that_is_too_old_it_is_said_and_reconsidering_offered(
    client: Client, grace: Settings
) -> None:
    decision, _ = decide_two(client)
    grace.UNDO_SECONDS = 0
    page = undo(client, decision).content.decode()
    assert "It is too late to undo this." in page
    assert f"/decisions/{decision.pk}/reconsider/" in page
    assert not Case.objects.filter(revises=decision).exists()


def test_nobody_undoes_what_somebody_else_decided(client: Client, grace: Settings) -> None:
    decision = decided("remove")
    client.force_login(make_user(en=5))
    page = undo(client, decision).content.decode()
    assert "Only who made a decision can undo it." in page
    assert not Case.objects.filter(revises=decision).exists()


def test_a_decision_in_a_lane_of_others_is_not_there_at_all(client: Client, grace: Settings) -> None:
    decision = decided("remove")
    client.force_login(make_user(th=5))
    for what in ("undo", "reconsider"):
        assert client.post(f"/decisions/{decision.pk}/{what}/").status_code == 404


def test_an_appeal_is_neither_undone_nor_reconsidered(client: Client, grace: Settings) -> None:
    appealed = decided("remove")
    outcome = take_back(appealed)
    assert outcome.decided_by is not None
    client.force_login(outcome.decided_by)
    for what in ("undo", "reconsider"):
        client.post(f"/decisions/{outcome.pk}/{what}/")
    assert not Case.objects.filter(origin=Case.Origin.REVISION).exists()


def test_reconsidered_it_stands_and_what_would_change_is_said(client: Client) -> None:
    decision, user = decide_two(client)
    page = reconsider(client, decision).content.decode()
    revision = Case.objects.get(revises=decision)
    assert (revision.claimed_by, revision.revised) == (user, Case.Revised.RECONSIDERED)
    assert "If you submit this:" in page
    assert page.count("stays in force") == 2
    assert Enforcement.objects.filter(decision=decision, status__in=Enforcement.IN_FORCE).count() == 2
    preview = post(client, revision, "preview", actions=["remove", "warn"]).content.decode()
    assert [preview.count(words) for words in ("stays in force", "is taken back", "is new")] == [1, 1, 1]


def test_submitted_again_as_it_was_nothing_is_asked_of_the_platform(client: Client) -> None:
    decision, _ = decide_two(client)
    before = set(decision.enforcements.values_list("pk", "status"))
    reconsider(client, decision)
    revision = Case.objects.get(revises=decision)
    typed = Draft.objects.get(case=revision).fields
    assert typed["restrict.until"][0] == decision.actions[1]["parameters"]["until"]
    answer = client.post(f"/cases/{revision.pk}/decide/", {**typed, "token": str(revision.lease_token)})
    assert answer.status_code == 302
    after = Decision.objects.get(case=revision)
    assert after.overrides == decision
    assert set(after.resting.values_list("pk", "status")) == before


def test_an_admin_who_may_see_it_reconsiders_what_others_decided(client: Client) -> None:
    decision = decided("remove")
    client.force_login(make_user(role=Role.ADMIN, en=5))
    assert (
        f"/decisions/{decision.pk}/reconsider/" in client.get(f"/cases/{decision.case_id}/").content.decode()
    )
    reconsider(client, decision)
    assert Case.objects.filter(revises=decision).exists()


def test_a_colleague_reads_it_and_cannot_reconsider_it(client: Client) -> None:
    decision = decided("remove")
    client.force_login(make_user(en=5))
    assert "/reconsider/" not in client.get(f"/cases/{decision.case_id}/").content.decode()
    page = reconsider(client, decision).content.decode()
    assert "You can reconsider what you decided yourself" in page
    assert not Case.objects.filter(revises=decision).exists()


def test_a_decision_is_reconsidered_once_at_a_time(client: Client) -> None:
    decision, _ = decide_two(client)
    first, second = reconsider(client, decision), reconsider(client, decision)
    assert first.redirect_chain == second.redirect_chain
    client.force_login(make_user(role=Role.ADMIN, en=5))
    assert "Somebody is deciding it anew already." in reconsider(client, decision).content.decode()
    assert Case.objects.filter(revises=decision).count() == 1


def test_what_another_decision_replaced_says_which_and_is_not_reconsidered(client: Client) -> None:
    decision, _ = decide_two(client)
    reconsider(client, decision)
    revision = Case.objects.get(revises=decision)
    post(client, revision, "decide", actions=["no_violation"])
    page = client.get(f"/cases/{decision.case_id}/").content.decode()
    assert f"by the decision in case {revision.pk}" in page
    assert "another decision took its place" in page
    assert "/reconsider/" not in page
    assert "Another decision took its place." in reconsider(client, decision).content.decode()
    history = client.get("/history/").content.decode()
    assert "overridden" in history
    assert f"made anew from case {decision.case_id}" in history


def test_the_history_says_what_was_undone(client: Client, grace: Settings) -> None:
    decision, _ = decide_two(client)
    undo(client, decision)
    assert "undone at once" in client.get("/history/").content.decode()
    assert (
        "at once, before anything of it was sent"
        in client.get(f"/cases/{decision.case_id}/").content.decode()
    )


def test_the_history_asks_as_much_for_many_as_for_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = make_user(en=5)
    client.force_login(user)
    decided("remove", moderator=user)
    client.get("/history/")
    with CaptureQueriesContext(connection) as one:
        client.get("/history/")
    for _ in range(3):
        decided("remove", "lock_account", moderator=user)
    with django_assert_num_queries(len(one)):
        client.get("/history/")


def test_what_is_in_force_and_what_is_judged_make_the_changes() -> None:
    make_policy(allowed_actions=EVERYTHING)
    decision = decided("remove", JudgedAction("restrict", {"how": "demote"}))
    reading = check(
        decision.case,
        judgement(
            {"policy": ["hate-speech"], "actions": ["remove", "terminate_account"], "reasoning": ["x"]}
        ),
    )
    resting = list(decision.resting.select_related("item").order_by("created_at"))
    found = {(each.what, each.label) for each in changes(resting, reading.measures)}
    assert found == {
        (What.KEPT, "Remove"),
        (What.REVERSED, "Restrict: show it to fewer people"),
        (What.WAITS, "Terminate account"),
    }
    assert {each.what for each in changes(resting, [], stands=True)} == {What.KEPT}


def test_what_waits_and_would_wait_again_is_said_once() -> None:
    make_policy(allowed_actions=EVERYTHING)
    decision = decided("terminate_account", "remove")
    typed = {"policy": ["hate-speech"], "actions": ["terminate_account"], "reasoning": ["x"]}
    resting = list(decision.resting.select_related("item"))
    found = changes(resting, check(decision.case, judgement(typed)).measures)
    assert {(each.what, each.label) for each in found} == {
        (What.REVERSED, "Remove"),
        (What.AGAIN, "Terminate account"),
    }


@pytest.mark.parametrize("days", ["", "1", "30"])
def test_the_form_of_a_decision_judges_so_again(client: Client, days: str) -> None:
    decision, _ = decide_two(
        client, **{"restrict.until": days, "ground": "law", "legal_ground": "§ 130 StGB"}
    )
    again = judgement(typed_of(decision), decision.decided_at)
    assert [each.action for each in again.actions] == ["remove", "restrict"]
    assert (again.severity, again.ground, again.legal_ground) == (4, "law", "§ 130 StGB")
    assert again.actions[1].on == "author"
    until = again.actions[1].parameters["until"]
    assert until == ((decision.decided_at + timedelta(days=int(days))).isoformat() if days else None)
    exactly = judgement(typed_of(decision, exactly=True))
    assert exactly.actions[1].parameters["until"] == decision.actions[1]["parameters"]["until"]


def test_what_is_over_is_not_chosen_again(client: Client) -> None:
    decision, _ = decide_two(client)
    past = (timezone.now() - timedelta(minutes=1)).isoformat()
    decision.actions[1]["parameters"]["until"] = past
    assert typed_of(decision, exactly=True)["actions"] == ["remove"]


def test_an_appealed_case_is_told_as_overturned_without_a_way_in(client: Client) -> None:
    decision = decided("remove")
    assert decision.decided_by is not None
    hold_appeal(decided("remove"))
    take_back(decision)
    client.force_login(decision.decided_by)
    page = client.get("/history/").content.decode()
    assert "overturned" in page
    assert "an appeal was won" in page
