"""What the figures of appeals say, against counts made by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from appeals import figures as counting
from appeals.figures import Rate, figures, wilson
from appeals.models import Appeal
from moderation.models import Case
from tests.appealing import answered, appealed, make_told
from tests.deciding import account
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db


def found(days: int = 30) -> counting.Figures:
    now = timezone.now() + timedelta(seconds=1)
    return figures(now - timedelta(days=days), now)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Published values of the score interval without continuity correction (Newcombe, 1998, table I, method 3).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(successes: int, trials: int, low: float, high: float) -> None:
    assert list(wilson(successes, trials)) == pytest.approx([low, high], abs=5e-5)


def test_of_nothing_the_interval_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_changed_decisions_are_counted_by_policy_language_detector_and_person() -> None:
    answered("upheld", "th", detector="keywords")
    answered("overturned", "th", detector="keywords")
    answered("partially_overturned", "en", "spam", detector="hashes")
    answered("inadmissible", "th", detector="keywords")
    shown = found()
    assert shown.answered == {"upheld": 1, "overturned": 1, "partially_overturned": 1, "inadmissible": 1}
    assert [(each.name, each.judged, each.overturned) for each in shown.languages] == [
        ("th", 2, 1),
        ("en", 1, 1),
    ]
    assert {(each.name, each.judged, each.overturned) for each in shown.policies} == {
        ("Hate speech", 2, 1),
        ("Spam", 1, 1),
    }
    assert {(each.name, each.judged, each.overturned) for each in shown.detectors} >= {
        ("keywords", 2, 1),
        ("hashes", 1, 1),
    }
    assert len(shown.moderators) == 3


def test_two_people_of_one_name_are_two_rows() -> None:
    deciders = [answered(outcome).decision.decided_by for outcome in ("upheld", "overturned")]
    User.objects.filter(pk__in=[each.pk for each in deciders if each]).update(first_name="Noor", last_name="")
    assert {(each.name, each.overturned) for each in found().moderators} == {
        (f"Noor ({each.username})", changed) for changed, each in enumerate(deciders) if each
    }


def test_a_decision_made_anew_counts_for_the_detectors_that_flagged_it_first() -> None:
    first = answered("upheld", detector="hashes").decision
    again = make_case(
        item=first.item, origin=Case.Origin.REVISION, revises=first, revised="reconsidered", status="decided"
    )
    answered("overturned", case=again)
    assert ("hashes", 2, 1) in [(each.name, each.judged, each.overturned) for each in found().detectors]


def test_what_was_answered_before_the_period_is_left_out() -> None:
    appeal = answered("overturned")
    Appeal.objects.filter(pk=appeal.pk).update(decided_at=timezone.now() - timedelta(days=31))
    assert found().policies == []
    assert len(found(32).policies) == 1


def test_a_language_stands_out_only_with_enough_answers_and_a_higher_share_than_the_rest() -> None:
    rest = (100, 10)
    assert Rate("ar", 20, 10, rest).stands_out
    assert not Rate("ar", 19, 19, rest).stands_out
    assert not Rate("ar", 20, 3, rest).stands_out
    assert not Rate("ar", 20, 20, (0, 0)).stands_out


def test_the_page_warns_of_a_language_that_stands_out(client: Client) -> None:
    for _ in range(counting.ENOUGH):
        answered("overturned", "ar")
        answered("upheld", "en")
    client.force_login(make_user(role=Role.ADMIN))
    page = client.get("/appeals/figures/").text
    assert "Decisions on Arabic stand out: 100% of 20 were changed on appeal" in page
    assert "Decisions on English stand out" not in page


def test_what_waits_is_counted_by_language_with_what_is_late() -> None:
    first, second = [appealed(told) for told in (make_told("en"), make_told("en"))]
    Case.objects.filter(pk=first.case_id).update(due_at=timezone.now() - timedelta(hours=1))
    (row,) = counting.waiting()
    assert (row.language, row.appeals, row.late, row.asked) == ("en", 2, 1, 0)
    assert row.oldest == first.filed_at
    assert row.next_due == Case.objects.get(pk=first.case_id).due_at
    assert second.filed_at > first.filed_at


def test_figures_take_a_fixed_number_of_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        answered("upheld", detector="keywords")
    with django_assert_num_queries(6):
        found()
    for _ in range(6):
        answered("overturned", detector="hashes")
    with django_assert_num_queries(6):
        found()


def test_nobody_but_an_admin_sees_them(client: Client) -> None:
    client.force_login(make_user(clearances=("appeals",)))
    assert client.get("/appeals/figures/").status_code == 403
    assert account()  # there is something that could be shown
