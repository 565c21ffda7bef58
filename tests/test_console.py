"""The console through HTTP: taking a case and deciding it; whatever goes wrong, nothing typed is lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from moderation.models import Case, Decision, Draft
from tests.console import TYPED, form, post, run_out
from tests.deciding import decided, hold
from tests.factories import make_case, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(client: Client) -> Case:
    """A case that the client's moderator holds."""
    case, user, _ = hold()
    client.force_login(user)
    return case


def test_next_claims_a_case_and_opens_it(client: Client) -> None:
    case, user = make_case(language="th"), make_user(th=5)
    client.force_login(user)
    assert client.post("/next/").headers["Location"] == f"/cases/{case.pk}/"
    case.refresh_from_db()
    assert case.claimed_by == user


def test_next_asked_twice_leads_to_the_same_case_and_holds_one(client: Client) -> None:
    for _ in range(2):
        make_case()
    client.force_login(user := make_user(en=5))
    first, second = client.post("/next/"), client.post("/next/")
    assert first.headers["Location"] == second.headers["Location"]
    assert Case.objects.filter(claimed_by=user).count() == 1


def test_next_says_so_when_nothing_waits(client: Client) -> None:
    client.force_login(make_user(en=5))
    assert "Nothing waits for you now." in client.post("/next/", follow=True).content.decode()


def test_a_decision_is_made_and_the_next_case_opens(client: Client, held: Case) -> None:
    following = make_case()
    answer = post(client, held, "decide", actions=["remove", "lock_account"], **{"lock_account.until": "7"})
    assert answer.headers["HX-Redirect"] == f"/cases/{following.pk}/"
    decision = Decision.objects.get(case=held)
    assert [each["action"] for each in decision.actions] == ["remove", "lock_account"]
    assert decision.actions[1]["parameters"]["until"]
    assert decision.reasoning == TYPED


def test_it_works_without_a_script_too(client: Client, held: Case) -> None:
    answer = post(client, held, "decide", htmx=False, actions="no_violation")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert Decision.objects.filter(case=held).exists()


def test_submitting_twice_decides_once_and_leads_on(client: Client, held: Case) -> None:
    following = make_case()
    make_case()
    for _ in range(2):
        answer = post(client, held, "decide", actions="no_violation")
        assert answer.headers["HX-Redirect"] == f"/cases/{following.pk}/"
    assert Decision.objects.filter(case=held).count() == 1
    assert Case.objects.filter(claimed_by__isnull=False).count() == 1


def test_what_is_wrong_is_said_and_everything_typed_comes_back(client: Client, held: Case) -> None:
    answer = post(
        client,
        held,
        "decide",
        actions=["restrict"],
        note="Between us",
        **{"restrict.how": "geo_block", "restrict.territories": "Nowhere"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Not decided yet:" in page
    for kept in (TYPED, "Between us", 'value="Nowhere"', 'value="geo_block" selected'):
        assert kept in page
    assert str(held.lease_token) in page
    assert Draft.objects.get(case=held).fields["reasoning"] == [TYPED]


@pytest.mark.parametrize("htmx", [True, False])
def test_a_hold_that_ran_out_is_said_and_can_be_taken_again(client: Client, held: Case, htmx: bool) -> None:
    run_out(held)
    answer = post(client, held, "decide", htmx=htmx, actions="no_violation")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Your hold on this case ran out." in page
    assert TYPED in page
    assert not Decision.objects.exists()
    again = post(client, held, "claim")
    assert again.headers["HX-Redirect"] == f"/cases/{held.pk}/"
    assert TYPED in client.get(f"/cases/{held.pk}/").content.decode()
    before = held.lease_token
    held.refresh_from_db()
    assert held.lease_token != before
    assert post(client, held, "decide", actions="no_violation").headers["HX-Redirect"]


def test_a_stale_tab_cannot_decide_with_an_older_hold(client: Client, held: Case) -> None:
    stale = form(held, actions="no_violation")
    run_out(held)
    post(client, held, "claim")
    answer = client.post(f"/cases/{held.pk}/decide/", stale, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert not Decision.objects.exists()


def test_a_case_that_somebody_else_holds_now_is_not_hers_to_take_again(client: Client, held: Case) -> None:
    other = make_user(en=5)
    run_out(held)
    Case.objects.filter(pk=held.pk).update(
        claimed_by=other, lease_until=timezone.now() + timedelta(minutes=5)
    )
    answer = post(client, held, "claim")
    assert answer.status_code == 409
    assert f"{other.username} holds this case now." in answer.content.decode()
    assert Draft.objects.get(case=held).fields["reasoning"] == [TYPED]


def test_a_case_that_somebody_else_decided_shows_the_decision_and_keeps_her_words(client: Client) -> None:
    decision = decided("remove")
    case, user = decision.case, make_user(en=5)
    client.force_login(user)
    answer = post(client, case, "decide", actions="no_violation")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This case is decided." in page
    assert "What you typed was not used and is kept below." in page
    assert TYPED in page


def test_she_cannot_choose_a_case_that_she_never_had(client: Client) -> None:
    case = make_case()
    client.force_login(make_user(en=5))
    assert post(client, case, "claim").status_code == 409
    case.refresh_from_db()
    assert case.status == Case.Status.QUEUED


def test_a_case_that_she_does_not_hold_is_for_reading_only(client: Client) -> None:
    case = make_case()
    client.force_login(make_user(en=5))
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "It waits in its lane." in page
    assert 'id="decide-form"' not in page


def test_a_skip_needs_a_reason_and_opens_the_next(client: Client, held: Case) -> None:
    answer = post(client, held, "skip", skip_reason="  ")
    assert answer.status_code == 422
    assert "Say in a few words why you skip this case." in answer.content.decode()
    following = make_case()
    answer = post(client, held, "skip", skip_reason="I know the author")
    assert answer.headers["HX-Redirect"] == f"/cases/{following.pk}/"
    held.refresh_from_db()
    assert held.status == Case.Status.QUEUED


def test_a_released_case_waits_again(client: Client, held: Case) -> None:
    assert post(client, held, "release").headers["HX-Redirect"] == "/"
    held.refresh_from_db()
    assert held.status == Case.Status.QUEUED


def test_an_escalated_case_waits_elsewhere(client: Client, held: Case) -> None:
    queue = make_queue("experts")
    answer = post(client, held, "escalate", escalate_queue="experts", escalate_why="")
    assert answer.status_code == 422
    assert TYPED in answer.content.decode()
    post(client, held, "escalate", escalate_queue="experts", escalate_why="Needs a lawyer")
    held.refresh_from_db()
    assert (held.status, held.queue) == (Case.Status.QUEUED, queue)


def test_escalating_never_leaves_those_who_are_cleared(client: Client) -> None:
    make_queue("open")
    make_queue("safe-too", clearances=("child_safety",))
    queue = make_queue("child-safety", clearances=("child_safety",))
    case, user, _ = hold(queue=queue, moderator=make_user(en=5, clearances=("child_safety",)))
    client.force_login(user)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert 'value="safe-too"' in page
    assert 'value="open"' not in page


@pytest.mark.parametrize("written", ["th", "Thai", "ไทย"])
def test_a_case_whose_language_is_set_goes_to_its_readers(client: Client, written: str) -> None:
    case, user, _ = hold(moderator=make_user(en=5))
    client.force_login(user)
    wrong = post(client, case, "language", language_tag="klingonish")
    assert wrong.status_code == 422
    assert TYPED in wrong.content.decode()
    post(client, case, "language", language_tag=written)
    case.refresh_from_db()
    assert (case.status, case.language) == (Case.Status.QUEUED, "th")


def test_the_statement_is_shown_as_the_person_will_read_it(client: Client) -> None:
    item = make_item(author=make_item(kind="account", text=""), language="ar", text="نص")
    case, user, _ = hold(item=item, language="ar")
    client.force_login(user)
    page = post(client, case, "preview", actions="remove").content.decode()
    assert 'lang="ar" dir="rtl"' in page
    assert TYPED in page


def test_another_policy_brings_its_guidelines_and_actions_and_keeps_what_was_chosen(
    client: Client, held: Case
) -> None:
    make_policy("spam", guidelines="Sent to many.", allowed_actions=["no_violation", "lock_account"])
    page = post(
        client,
        held,
        "options",
        policy="spam",
        actions="lock_account",
        **{"lock_account.until": "7"},
    ).content.decode()
    assert "Sent to many." in page
    assert 'value="remove"' not in page
    assert 'value="lock_account" checked' in page
    assert '<option value="7" selected>' in page


def test_what_is_typed_is_kept_and_comes_back(client: Client, held: Case) -> None:
    assert post(client, held, "draft", actions=["remove"], note="one\0two").status_code == 204
    page = client.get(f"/cases/{held.pk}/").content.decode()
    assert TYPED in page
    assert "onetwo" in page
    assert 'value="remove" checked' in page


def test_a_late_save_does_not_bring_back_what_was_submitted(client: Client, held: Case) -> None:
    post(client, held, "decide", actions="no_violation")
    assert post(client, held, "draft").status_code == 204
    assert not Draft.objects.exists()


def test_a_heartbeat_renews_the_hold_or_says_that_it_is_lost(client: Client, held: Case) -> None:
    soon = timezone.now() + timedelta(seconds=30)
    Case.objects.filter(pk=held.pk).update(lease_until=soon)
    assert json.loads(post(client, held, "heartbeat").content) == {"seconds": 600}
    run_out(held)
    lost = post(client, held, "heartbeat")
    assert lost.status_code == 409
    assert "Your hold on this case ran out." in lost.content.decode()


def test_a_broken_token_is_a_lost_hold_not_a_crash(client: Client, held: Case) -> None:
    answer = client.post(f"/cases/{held.pk}/heartbeat/", {"token": "not-a-uuid"})
    assert answer.status_code == 409
