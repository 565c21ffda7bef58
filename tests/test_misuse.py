"""Groundless appeals and notices: a warning first, then a suspension, by people, and counted apart (DSA Art. 23)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from appeals import misuse
from appeals.models import Appeal, Misuse
from appeals.opening import AppealClosed, Suspended, affected, way_for
from moderation.decisions import InvalidJudgement
from moderation.models import Case, Event, Item
from tests.appealing import answered, appealed, make_told
from tests.deciding import decided
from tests.factories import make_flag, make_item, make_user

pytestmark = pytest.mark.django_db

COMPLAINTS, NOTICES = Misuse.Of.COMPLAINTS, Misuse.Of.NOTICES
WHY = "Three appeals that only insult."


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def somebody_who_sent(count: int, ground: str = "abusive") -> Item:
    """An account with so many appeals that were answered on this ground."""
    author = make_item(kind="account", text="")
    for _ in range(count):
        answered("inadmissible", ground=ground, item=make_item(author=author))
    return author


def test_who_sent_three_without_ground_is_put_before_an_admin_and_nobody_else() -> None:
    often = somebody_who_sent(3, "manifestly_unfounded")
    somebody_who_sent(2)
    somebody_who_sent(3, "out_of_time")
    (record,) = misuse.often(COMPLAINTS)
    assert (record.account, record.sent, record.unfounded) == (often, 3, 3)
    assert misuse.often(NOTICES) == []


def test_what_lies_more_than_a_year_back_is_not_counted() -> None:
    account = somebody_who_sent(3)
    Appeal.objects.update(decided_at=timezone.now() - timedelta(days=366))
    assert misuse.often(COMPLAINTS) == []
    assert misuse.record_of(account, COMPLAINTS).sent == 0


def test_nobody_is_suspended_before_a_warning_and_something_after_it(admin: User) -> None:
    account = somebody_who_sent(3)
    with pytest.raises(InvalidJudgement, match="Only who was warned"):
        misuse.suspend(account, COMPLAINTS, WHY, 30, admin)
    misuse.warn(account, COMPLAINTS, WHY, admin)
    assert misuse.often(COMPLAINTS) == []
    with pytest.raises(InvalidJudgement, match="Only who was warned"):
        misuse.suspend(account, COMPLAINTS, WHY, 30, admin)
    Appeal.objects.filter(pk=Appeal.objects.latest("pk").pk).update(
        decided_at=timezone.now() + timedelta(seconds=1)
    )
    assert [each.account for each in misuse.often(COMPLAINTS)] == [account]
    suspended = misuse.suspend(account, COMPLAINTS, WHY, 30, admin)
    assert suspended.until is not None
    assert timedelta(days=29) < suspended.until - timezone.now() < timedelta(days=31)
    assert list(misuse.measures_in_force()) == [suspended]
    kinds = ["misuse.warned", "misuse.suspended"]
    assert list(Event.objects.filter(kind__in=kinds).order_by("id").values_list("kind", flat=True)) == kinds


def test_her_appeals_wait_until_the_suspension_is_over_or_lifted(admin: User) -> None:
    told = make_told()
    Misuse.objects.create(account=told.account, of=COMPLAINTS, measure="warning", reasons=WHY, by=admin)
    held = Misuse.objects.create(
        account=told.account,
        of=COMPLAINTS,
        measure="suspension",
        reasons=WHY,
        by=admin,
        until=timezone.now() + timedelta(days=3),
    )
    with pytest.raises(Suspended) as refused:
        way_for(affected(told.decision))
    assert refused.value.misuse == held
    misuse.lift(held.pk, admin)
    misuse.lift(held.pk, admin)
    assert way_for(affected(told.decision)).level == 1
    assert Event.objects.filter(kind="misuse.lifted").count() == 1


def test_a_suspension_of_notices_leaves_her_appeals_alone(admin: User) -> None:
    told = make_told()
    Misuse.objects.create(
        account=told.account,
        of=NOTICES,
        measure="suspension",
        reasons=WHY,
        by=admin,
        until=timezone.now() + timedelta(days=3),
    )
    assert way_for(affected(told.decision)).level == 1


def test_a_suspension_that_is_over_holds_nothing_and_the_time_to_appeal_still_does(admin: User) -> None:
    told = make_told(until=-timedelta(days=30))
    with pytest.raises(AppealClosed):
        way_for(affected(told.decision))


def test_notices_are_counted_by_who_sent_them() -> None:
    notifier = make_item(kind="account", text="")
    for actions in (["no_violation"], ["no_violation"], ["no_violation"], ["remove"]):
        decision = decided(*actions)
        make_flag(decision.case, source="user_notice", notifier=notifier)
    (record,) = misuse.often(NOTICES)
    assert (record.account, record.sent, record.unfounded) == (notifier, 4, 3)
    assert misuse.often(COMPLAINTS) == []


def test_reading_takes_the_same_statements_for_many(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    somebody_who_sent(3)
    with django_assert_num_queries(3):
        misuse.often(COMPLAINTS)
    somebody_who_sent(4)
    somebody_who_sent(5)
    with django_assert_num_queries(3):
        assert [each.unfounded for each in misuse.often(COMPLAINTS)] == [5, 4, 3]


def test_an_admin_warns_suspends_and_lifts_on_the_page(client: Client) -> None:
    account = somebody_who_sent(3)
    assert account.external_id in client.get("/appeals/misuse/").text
    path = f"/appeals/misuse/{account.pk}/complaints/"
    assert "only insults" in client.get(path).text
    refused = client.post(path, {"reasons": " ", "warn": "1"})
    assert refused.status_code == 422
    kept = client.post(path, {"reasons": "Typed at length", "days": "900", "suspend": "1"})
    assert kept.status_code == 422
    assert "Typed at length" in kept.text
    assert client.post(path, {"reasons": WHY, "warn": "1"}).status_code == 302
    assert client.post(path, {"reasons": WHY, "days": "30", "suspend": "1"}).status_code == 422
    Appeal.objects.filter(pk=Appeal.objects.latest("pk").pk).update(
        decided_at=timezone.now() + timedelta(seconds=1)
    )
    assert client.post(path, {"reasons": WHY, "days": "30", "suspend": "1"}).status_code == 302
    held = Misuse.objects.get(measure="suspension")
    assert "suspended until" in client.get(path).text
    assert client.post(f"/appeals/misuse/measures/{held.pk}/lift/").status_code == 302
    assert list(misuse.measures_in_force()) == []
    assert client.get(f"/appeals/misuse/{account.pk}/nothing/").status_code == 404
    assert client.post("/appeals/misuse/measures/999999/lift/").status_code == 404


def test_an_open_case_is_no_appeal_without_ground() -> None:
    told = make_told()
    appealed(told)
    assert misuse.record_of(told.account, COMPLAINTS).sent == 0
    assert Case.objects.filter(origin="appeal").count() == 1
