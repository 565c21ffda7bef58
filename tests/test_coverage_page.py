"""The coverage pages: gaps first, figures in every cell, in a constant number of statements; and the warning."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from moderation.coverage.gaps import watch
from moderation.eligibility import loading
from tests.factories import make_case, make_queue, make_user

pytestmark = pytest.mark.django_db

PAGES = ["/coverage/", "/coverage/hours/"]
WARNING = "work waits that nobody could ever take"


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def shown(client: Client, path: str = "/coverage/") -> str:
    loading.forget()
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def statements(client: Client, path: str) -> int:
    cache.clear()
    loading.forget()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_as_many_statements_for_a_hundred_lanes_as_for_one(client: Client, path: str) -> None:
    make_user(th=5)
    for language in ("th", "bn"):
        make_case(language=language)
    watch()
    few = statements(client, path)
    for number in range(50):
        for language in ("th", "bn"):
            make_case(language=language, queue=make_queue(f"queue-{number}"))
        make_user(th=4, ar=4, clearances=("appeals",))
    watch()
    assert statements(client, path) == few <= 18


def test_gaps_come_first_and_say_what_is_missing(client: Client) -> None:
    make_user(bn=2)
    queue = make_queue("hate", name="Hate speech", steps=[{"after_minutes": 0, "level": 4}])
    make_case(language="bn", queue=queue, queued_at=timezone.now() - timedelta(minutes=64))
    text = shown(client)
    assert "In 1 lane work waits that nobody could ever take" in text
    assert "Nobody reads it at level 4 or better" in text
    assert "<bdi>person" in text
    assert ">1h 4m</time>" in text
    assert "in a moment" in text
    watch()
    assert "in a moment" not in shown(client)
    assert text.index("What is missing") < text.index("Languages by queues")
    make_user(bn=4)
    text = shown(client)
    assert "What is missing" not in text
    assert "For everything that waits there is somebody who can take it" in text


def test_what_is_at_risk_and_what_is_paused_is_told(client: Client) -> None:
    user = make_user(th=4)
    make_case(language="th", queue=make_queue("open", name="Open"))
    user.absences.create(
        starts_at=timezone.now() - timedelta(days=1), ends_at=timezone.now() + timedelta(days=2, minutes=1)
    )
    make_case(language="th", queue=make_queue("stopped", name="Stopped", paused=True))
    text = shown(client)
    assert "1 lane with work is at risk" in text
    assert "Everybody who could take it is away: <bdi>person" in text
    assert "in 2d" in text
    assert "<bdi>Stopped</bdi></strong> is paused, and 1 case waits in it" in text


def test_the_matrix_is_narrowed_by_language_and_by_what_is_the_matter(client: Client) -> None:
    make_user(th=4, de=4)
    make_case(language="th")
    make_case(language="bn")

    def languages(path: str) -> list[bool]:
        text = shown(client, path)
        body = text[text.index("Languages by queues") :]
        return [f'lang="{tag}"' in body for tag in ("bn", "th", "de")]

    assert languages("/coverage/") == [True, True, True]
    assert languages("/coverage/?show=work") == [True, True, False]
    assert languages("/coverage/?show=gaps") == [True, False, False]
    for typed in ("thai", "ไทย", "th"):
        assert languages(f"/coverage/?language={typed}") == [False, True, False]
    assert "1 of 3 languages are shown" in shown(client, "/coverage/?show=gaps")
    assert "No language fits" in shown(client, "/coverage/?language=klingon")
    assert languages("/coverage/?show=nonsense") == [True, True, True]


def test_an_empty_desk_says_that_there_is_nothing_to_cover(client: Client) -> None:
    for path in PAGES:
        assert "There is nothing to cover yet" in shown(client, path)


def test_the_hours_are_in_the_time_zone_of_whoever_looks_and_can_be_leafed(
    client: Client, admin: User
) -> None:
    admin.time_zone = "Asia/Bangkok"
    admin.save()
    user = make_user(th=4)
    user.shifts.create(weekday=0, starts=time(1), ends=time(4))  # UTC: 8 to 11 in Bangkok
    text = shown(client, "/coverage/hours/?week=2026-11-25")
    assert "Times in Asia/Bangkok" in text
    assert "week of Mon 23 Nov" in text
    assert 'title="Mon 08:00–11:00: 1"' in text
    assert "?week=2026-11-16" in text
    assert "?week=2026-11-30" in text
    user.absences.create(
        starts_at=datetime(2026, 11, 20, tzinfo=UTC), ends_at=datetime(2026, 11, 27, tzinfo=UTC)
    )
    assert 'title="Mon 00:00–24:00: 0"' in shown(client, "/coverage/hours/?week=2026-11-25")
    for broken in ("nonsense", "0001-01-01", "9999-12-31"):
        assert "Earlier week" in shown(client, f"/coverage/hours/?week={broken}")


def test_the_hours_can_be_those_of_the_people_whom_a_queue_lets_in(client: Client) -> None:
    make_queue("guarded", clearances=("child_safety",))
    make_user(th=4)
    assert 'Mon 00:00–24:00: 1"' in shown(client, "/coverage/hours/")
    assert 'Mon 00:00–24:00: 0"' in shown(client, "/coverage/hours/?queue=guarded")
    make_user(th=4, clearances=("child_safety",))
    assert 'Mon 00:00–24:00: 1"' in shown(client, "/coverage/hours/?queue=guarded")


def test_admins_are_warned_of_gaps_on_their_pages_and_nobody_else_is(client: Client) -> None:
    for name in ("bn", "fi", "sv", "da", "et"):
        make_case(language=name)
    assert WARNING not in shown(client, "/deliveries/")
    watch()
    text = shown(client, "/deliveries/")
    assert f"In 5 lanes {WARNING}" in text
    assert "and 2 more" in text
    assert 'class="notice notice-bad coverage-warning"' not in shown(client, "/coverage/")
    other = Client()
    other.force_login(make_user(th=5))
    assert WARNING not in shown(other, "/")


def test_the_warning_is_one_statement_and_none_for_a_moderator(client: Client) -> None:
    moderator = Client()
    moderator.force_login(make_user())
    assert statements(client, "/history/") == statements(moderator, "/history/") + 1


def test_a_case_is_explained_by_its_number(client: Client) -> None:
    assert client.get("/coverage/?case=17").headers["Location"] == "/cases/17/why/"
    for broken in ("", "x", "9" * 30, "-1"):
        assert client.get(f"/coverage/?case={broken}").status_code == 200
