"""The board: right figures, in a constant number of statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from moderation.console.board import done, figures
from moderation.decisions import decide
from moderation.eligibility import loading
from moderation.models import Case
from moderation.queueing.claim import claim_next
from tests.deciding import hold, judgement
from tests.factories import make_case, make_queue, make_user

pytestmark = pytest.mark.django_db


def statements(client: Client, path: str) -> int:
    """How many statements a request takes, the session and the person included, with nothing kept from before."""
    cache.clear()
    loading.forget()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", ["/", "/board/figures/"])
def test_the_board_takes_as_many_statements_for_sixty_lanes_as_for_one(client: Client, path: str) -> None:
    user = make_user(en=5, th=5, ar=5)
    client.force_login(user)
    make_case()
    claim_next(user)
    make_case()
    few = statements(client, path)
    for number in range(20):
        for language in ("en", "th", "ar"):
            for _ in range(2):
                make_case(language=language, queue=make_queue(f"queue-{number}"))
    claim_next(user)
    assert statements(client, path) == few
    assert few <= 19  # eleven of them read the configuration, once in some seconds for a whole process


def test_it_counts_what_she_may_take_and_nothing_else() -> None:
    user = make_user(th=5)
    now = timezone.now()
    make_case(language="th", due_at=now + timedelta(minutes=5), queued_at=now - timedelta(minutes=64))
    make_case(language="th")
    make_case(language="ar")
    make_case(language="th", excluded=(user,))
    make_case(language="zxx")
    found = figures(user)
    assert (found["total"], found["due_soon"]) == (3, 1)
    assert [each.lane.language for each in found["lanes"]] == ["th", "zxx"]
    assert now - found["oldest"] >= timedelta(minutes=64)


def test_it_says_why_a_lane_is_hers(client: Client) -> None:
    queue = make_queue("hate", steps=[{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 3}])
    make_case(language="th", queue=queue, queued_at=timezone.now() - timedelta(minutes=31))
    make_case(language="en", queue=queue)
    make_case(language="zxx", queue=queue)
    client.force_login(make_user(th=3, en=5))
    assert (
        'level 3 <span class="soft">sooner, as nobody before you is on shift'
        in client.get("/").content.decode()
    )
    make_user(th=4)
    loading.forget()
    text = client.get("/").content.decode()
    assert "level 3 after 30 min" in text
    assert "level 5" in text
    assert "no language needed" in text
    assert '<bdi lang="th" dir="ltr">ไทย</bdi> <span class="soft">Thai</span>' in text


def test_a_lane_in_a_right_to_left_language_is_written_so(client: Client) -> None:
    make_case(language="ar")
    client.force_login(make_user(ar=3))
    assert '<bdi lang="ar" dir="rtl">العربية</bdi>' in client.get("/").content.decode()


def test_it_says_that_nothing_waits(client: Client) -> None:
    client.force_login(make_user(fi=5))
    assert "No lane is open to you yet" in client.get("/").content.decode()
    case, user, token = hold()
    decide(case.pk, user, token, judgement("no_violation"))
    client.force_login(user)
    text = client.get("/").content.decode()
    assert "Nothing waits for you." in text
    assert "1 quiet lane" in text
    assert "Last 12 hours: 1 decided" in text


def test_it_shows_what_she_holds_and_not_what_ran_out(client: Client) -> None:
    case, user, _ = hold()
    client.force_login(user)
    assert f'href="/cases/{case.pk}/"' in client.get("/").content.decode()
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert f'href="/cases/{case.pk}/"' not in client.get("/").content.decode()


def test_the_median_is_from_claim_to_decision(user: User) -> None:
    for _ in range(3):
        case, _, token = hold(user)
        decide(case.pk, user, token, judgement("no_violation"))
    found = done(user)
    assert found.count == 3
    assert found.median is not None
    assert timedelta(0) < found.median < timedelta(minutes=1)
    assert done(make_user()).median is None


@pytest.fixture
def user() -> User:
    return make_user(en=5)
