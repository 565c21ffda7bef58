"""An account's page: its strikes with why and until when, for whoever may see one of its cases; each look an Event."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from accounts.models import User
from moderation.models import Event, Item
from tests.deciding import decided, hold, take_back
from tests.factories import make_case, make_item, make_policy, make_queue, make_user
from tests.striking import make_account, strike, threshold

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    return make_user(en=5)


def look(user: User, account: Item) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(f"/accounts/{account.pk}/")


def said(user: User, account: Item) -> str:
    answer = look(user, account)
    assert answer.status_code == 200
    return " ".join(strip_tags(answer.content.decode()).split())


def test_strikes_are_told_with_why_and_until_when_and_points_against_thresholds(reader: User) -> None:
    account = make_account()
    threshold(4, days=7)
    threshold(9, "terminate_account", None)
    strike(account, severity=4)
    strike(account, severity=2)

    page = said(reader, account)

    assert "2 strikes (5 points)" in page
    assert "Hate speech 4 4" in page
    assert "5 of 4 points within 365 days Lock account, 7 days reached" in page
    assert "5 of 9 points within 365 days Terminate account" in page


def test_what_was_decided_what_is_in_force_and_what_was_won_on_appeal_is_told(reader: User) -> None:
    account = make_account()
    original = decided("remove", item=make_item(author=account))
    decided("lock_account", item=make_item(author=account))
    before = said(reader, account)
    assert "2 strikes" in before
    assert "2 decisions · 0 appeals · 0 won" in before
    assert "In force now Lock account" in before

    take_back(original)

    after = said(reader, account)
    assert "1 strike (2 points) · 1 overturned" in after
    assert "2 decisions · 1 appeal · 1 won" in after
    assert "1 strike was taken back with its decision." in after
    assert "(overturned)" in after


def test_an_account_without_a_record_says_so(reader: User) -> None:
    account = make_account()
    make_case(item=account)
    page = said(reader, account)
    for words in (
        "no strikes",
        "Nothing counts against this account now",
        "No thresholds are set",
        "Nothing was decided about it yet",
    ):
        assert words in page


def test_every_look_is_an_event(reader: User) -> None:
    account = make_account()
    make_case(item=account)
    for _ in range(2):
        look(reader, account)
    seen = Event.objects.filter(kind="account.viewed", item_id=account.pk, actor_id=reader.pk)
    assert seen.count() == 2


def test_only_who_may_see_one_of_its_cases_sees_it(reader: User) -> None:
    cleared = make_user(en=5, clearances=("child_safety",))
    account, another = make_account(), make_account()
    strict = make_queue("strict", clearances=("child_safety",))
    make_case(item=make_item(author=account), queue=strict)
    make_case(item=make_item(author=another), language="th")

    assert look(reader, account).status_code == 404
    assert look(cleared, account).status_code == 200
    assert look(reader, another).status_code == 404
    assert look(make_user(th=4), another).status_code == 200
    assert not Event.objects.filter(kind="account.viewed", actor_id=reader.pk).exists()


def test_who_took_part_does_not_see_it_through_the_appeal_alone() -> None:
    user = make_user(en=5)
    account = make_account()
    make_case(item=account, excluded=(user,))
    assert look(user, account).status_code == 404


def test_who_decided_one_of_its_cases_sees_it_whatever_she_reads_now() -> None:
    case, user, _ = hold(item=make_item(author=make_account()))
    assert case.item.author is not None
    user.language_skills.all().delete()
    assert look(user, case.item.author).status_code == 200


def test_what_is_no_account_has_no_page(reader: User) -> None:
    post = make_item(author=make_account())
    make_case(item=post)
    assert look(reader, post).status_code == 404
    client = Client()
    client.force_login(reader)
    assert client.get("/accounts/0/").status_code == 404


def test_what_she_may_not_read_is_named_and_not_linked(reader: User) -> None:
    account = make_account()
    strict = make_queue("strict", clearances=("child_safety",))
    cleared = make_user(en=5, clearances=("child_safety",))
    hidden = decided("remove", item=make_item(author=account), queue=strict, moderator=cleared)
    open_ = decided("remove", item=make_item(author=account))
    page = look(reader, account).content.decode()
    assert f"/cases/{open_.case_id}/" in page
    assert f"/cases/{hidden.case_id}/" not in page


def test_the_page_takes_as_many_statements_however_long_the_record_is(reader: User) -> None:
    account = make_account()
    decided("remove", item=make_item(author=account))
    threshold(3)
    client = Client()
    client.force_login(reader)

    def statements() -> int:
        cache.clear()
        client.get(f"/accounts/{account.pk}/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/accounts/{account.pk}/").status_code == 200
        return len(captured)

    few = statements()
    for number in range(5):
        decided("lock_account", item=make_item(author=account))
        threshold(10 + number)
        strike(account, policy=make_policy(f"policy-{number}"))
        make_case(item=make_item(author=account), status="decided")
    assert statements() == few
    assert few <= 24


def test_the_case_page_says_it_in_short_and_leads_there() -> None:
    account = make_account()
    strike(account)
    case, user, _ = hold(item=make_item(author=account))
    client = Client()
    client.force_login(user)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "1 strike" in page
    assert f'href="/accounts/{account.pk}/"' in page
