"""A decision that took what strikes proposed is looked at again once so many of them are taken back."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.models import Role
from moderation import revisions, strikes
from moderation.decisions import JudgedAction, LeaseLost, decide
from moderation.models import Case, Decision, Event, Item, ProposalTaken, Strike
from tests.browser import NewPage, axe, sign_in
from tests.deciding import account, decided, judgement, take_back
from tests.factories import make_item, make_queue, make_user
from tests.striking import threshold

pytestmark = pytest.mark.django_db

FAR = "2090-01-01T00:00:00+00:00"
LOCK = JudgedAction("lock_account", {"until": FAR})


@pytest.fixture
def author() -> Item:
    """Somebody whose second breach (of 2 points each) proposes to lock her account."""
    threshold(4)
    make_queue("appeals")
    return account()


def status(decision: Decision) -> str:
    return ProposalTaken.objects.get(decision=decision).status


def kinds() -> list[str]:
    return list(
        Event.objects.filter(kind__in=["decision.doubted", "decision.sound_again", "decision.kept"])
        .order_by("pk")
        .values_list("kind", flat=True)
    )


def test_what_was_proposed_and_taken_is_in_doubt_once_the_strike_behind_it_is_taken_back(
    author: Item,
) -> None:
    first = decided("remove", item=make_item(author=author))
    second = decided(LOCK, item=make_item(author=author))
    assert status(second) == "sound"
    assert list(strikes.doubted()) == []

    take_back(first)

    assert status(second) == "open"
    assert [each.decision for each in strikes.doubted()] == [second]
    event = Event.objects.get(kind="decision.doubted")
    assert (event.case_id, event.data["because_of"]) == (second.case_id, first.pk)
    assert (event.data["points"], event.data["asked"]) == (2, 4)


def test_what_would_be_proposed_without_it_is_not_in_doubt(author: Item) -> None:
    first = decided("remove", item=make_item(author=author))
    decided("remove", item=make_item(author=author))
    third = decided(LOCK, item=make_item(author=author))
    take_back(first)
    assert status(third) == "sound"
    assert kinds() == []


def test_what_she_chose_without_its_being_proposed_rests_on_nothing(author: Item) -> None:
    first = decided(LOCK, item=make_item(author=author))
    second = decided("warn", item=make_item(author=author))
    take_back(first)
    assert not ProposalTaken.objects.filter(decision__in=[first, second]).exists()


def test_what_is_taken_back_itself_is_not_to_be_looked_at_again(author: Item) -> None:
    first = decided("remove", item=make_item(author=author))
    second = decided(LOCK, item=make_item(author=author))
    take_back(second)
    take_back(first)
    assert list(strikes.doubted()) == []


def test_another_strike_in_its_place_lets_it_stand(author: Item) -> None:
    first = decided("remove", item=make_item(author=author))
    second = decided(LOCK, item=make_item(author=author))
    decider = first.decided_by
    assert decider is not None
    case = revisions.reconsider(first.pk, decider)
    assert case.lease_token is not None
    decide(case.pk, decider, case.lease_token, judgement("warn"))
    assert status(second) == "sound"
    assert list(strikes.doubted()) == []
    # It counts from when the first one did.
    old, new = Strike.objects.filter(decision__item=first.item).order_by("pk")
    assert (old.given_at, old.expires_at) == (new.given_at, new.expires_at)


def test_an_admin_keeps_it_once_and_a_moderator_does_not(author: Item) -> None:
    first = decided("remove", item=make_item(author=author))
    second = decided(LOCK, item=make_item(author=author))
    take_back(first)
    taken = ProposalTaken.objects.get(decision=second)
    client = Client()
    client.force_login(make_user())
    assert client.post(f"/strikes/{taken.pk}/keep/").status_code == 403
    client.force_login(make_user(role=Role.ADMIN))
    page = client.get("/strikes/").content.decode()
    assert f'href="/cases/{second.case_id}/"' in page
    for _ in range(2):
        assert client.post(f"/strikes/{taken.pk}/keep/").status_code == 302
    assert status(second) == "kept"
    assert kinds() == ["decision.doubted", "decision.kept"]
    assert 'id="doubted"' not in client.get("/strikes/").content.decode()


def test_what_another_person_is_deciding_anew_is_closed_when_an_appeal_is_won() -> None:
    make_queue("appeals")
    decision = decided("remove", item=make_item(author=account()))
    decider = decision.decided_by
    assert decider is not None
    revision = revisions.reconsider(decision.pk, decider)
    assert revision.lease_token is not None
    take_back(decision)
    revision.refresh_from_db()
    assert revision.status == Case.Status.WITHDRAWN
    with pytest.raises(LeaseLost):
        decide(revision.pk, decider, revision.lease_token, judgement("remove"))


@pytest.mark.django_db(transaction=True)
def test_the_strikes_page_has_no_barrier_with_something_to_be_looked_at_again(
    author: Item, new_page: NewPage
) -> None:
    first = decided("remove", item=make_item(author=author))
    decided(LOCK, item=make_item(author=author))
    take_back(first)
    browser = new_page()
    sign_in(browser, make_user(role=Role.ADMIN))
    browser.goto("/strikes/")
    axe(browser)
    browser.locator("#doubted button").click()
    expect(browser.locator(".notice-success")).to_be_visible()
    expect(browser.locator("#doubted")).to_have_count(0)
