"""The pages that say why: who may ask about what, that no content is shown, and what they say in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from moderation.eligibility import loading
from moderation.models import Case, Requirements
from moderation.queueing.claim import claim_next
from tests.deciding import decided, hold
from tests.factories import make_case, make_item, make_queue, make_user

pytestmark = pytest.mark.django_db

STEPS = [{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 3}]
SECRET = "Words that nobody may read here"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(user: User, path: str) -> str:
    loading.forget()
    answer = signed_in(user).get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def status(user: User, path: str) -> int:
    loading.forget()
    return signed_in(user).get(path).status_code


def why(case: Case) -> str:
    return f"/cases/{case.pk}/why/"


def waiting(**changes: object) -> Case:
    fields: dict[str, object] = {
        "language": "th",
        "queue": make_queue("hate", name="Hate speech", steps=STEPS),
        "item": make_item(text=SECRET),
        "queued_at": timezone.now() - timedelta(minutes=10),
        "reasons": {
            "rule": "Hate speech goes to its own queue",
            "due": "60 minutes by policy hate-speech",
            "priority": [[300, "severity 3 of 5"], [45, "best score 0.90"]],
        },
    }
    return make_case(**fields | changes)  # type: ignore[arg-type]


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


def test_an_admin_is_told_why_a_case_is_where_it_is_and_who_takes_it_when(admin: User) -> None:
    case = waiting()
    best, later, never = make_user(th=5), make_user(th=3), make_user(ar=5)
    text = shown(admin, why(case))
    assert "Hate speech goes to its own queue" in text
    assert "60 minutes by policy hate-speech" in text
    assert '300 <span class="soft"><bdi>severity 3 of 5</bdi></span> + 45' in text
    assert "declared by the platform" in text
    now, rest = text.split('id="later"')
    assert f"<bdi>{best.display_name}</bdi>" in now
    assert f"<bdi>{later.display_name}</bdi>" in rest
    assert ">in 19m" in rest or ">in 20m" in rest
    names = ", ".join(f"<bdi>{name}</bdi>" for name in sorted([admin.display_name, never.display_name]))
    assert f"no skill in this language – {names}" in rest
    assert SECRET not in text


def test_a_moderator_is_told_about_herself_and_of_others_only_how_many(admin: User) -> None:
    case = waiting()
    other = make_user(th=5, clearances=("child_safety",))
    her = make_user(th=3)
    text = shown(her, why(case))
    assert "<strong>You</strong>: could take it" in text
    assert "1 person" in text
    assert other.display_name not in text
    assert admin.display_name not in text
    assert SECRET not in text
    assert "could take it now" in shown(other, why(case))


def test_it_says_that_she_took_part_or_left_it_to_others(admin: User) -> None:
    case = waiting(excluded=(decider := make_user(th=5),))
    text = shown(admin, why(case))
    assert f"part in the decision that is appealed – <bdi>{decider.display_name}</bdi>" in text
    her = make_user(th=5)
    case.exclusions.create(moderator=her, reason="skipped", until=timezone.now() + timedelta(hours=8))
    assert "you left it to others until then" in shown(her, why(case))


def test_each_relaxation_that_let_somebody_take_it_is_told(admin: User) -> None:
    make_user(th=5)
    case = waiting(queued_at=timezone.now() - timedelta(minutes=45))
    assert claim_next(make_user(th=3)) == case
    text = shown(admin, why(case))
    assert "held by" in text
    assert "Who could take it now, were it put back" in text
    assert "step 2" in text
    assert "level 3, after 30 min" in text


@pytest.mark.parametrize("state", [Case.Status.SCREENING, Case.Status.DECIDED])
def test_a_case_that_does_not_wait_is_explained_without_takers(admin: User, state: str) -> None:
    case = decided("remove").case if state == Case.Status.DECIDED else waiting()
    if state == Case.Status.SCREENING:
        Case.objects.filter(pk=case.pk).update(status=state, queue=None, queued_at=None)
    text = shown(admin, why(case))
    assert "Who could take it" not in text
    assert "What happened to it" in text


def test_who_may_ask_about_a_case(admin: User) -> None:
    case = waiting()
    assert status(admin, why(case)) == 200
    assert status(make_user(ar=5), why(case)) == 404
    assert status(make_user(th=3), why(case)) == 200
    assert status(admin, "/cases/987654321/why/") == 404


def test_who_may_ask_about_a_person(admin: User) -> None:
    her, other = make_user(th=5), make_user(th=5)
    assert status(her, f"/people/{her.pk}/lanes/") == 200
    assert status(her, f"/people/{other.pk}/lanes/") == 404
    assert status(admin, f"/people/{her.pk}/lanes/") == 200
    assert status(admin, "/people/987654321/lanes/") == 404


def test_a_person_is_told_which_lanes_are_hers_and_why_not_the_others(admin: User) -> None:
    her = make_user(th=3, ar=2)
    make_user(th=5)
    waiting()
    Requirements.objects.create(digest="d" * 16, clearances=["terrorism"])
    waiting(requirements="d" * 16)
    waiting(language="ar")
    waiting(language="ru")
    waiting(queue=make_queue("guarded", name="Guarded", clearances=("child_safety",)))
    waiting(language="zxx", queue=make_queue("paused", name="Paused", paused=True))
    text = shown(her, f"/people/{her.pk}/lanes/")
    serves, others = text.split("Why not the others")
    assert "Your lanes" in serves
    assert "Hate speech" in serves
    assert "after 30 min" in serves
    assert "1 lane</strong>: without the clearance child_safety" in others
    assert "1 lane</strong>: without the clearance terrorism" in others
    assert "skill in it at level 2; level 3 at least is asked" in others
    assert "no skill in this language" in others
    assert "the queue is paused" in others
    assert f"Lanes of <bdi>{her.display_name}</bdi>" in shown(admin, f"/people/{her.pk}/lanes/")


def statements(user: User, path: str) -> int:
    client = signed_in(user)
    cache.clear()
    loading.forget()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_they_take_as_many_statements_for_many_people_and_lanes_as_for_few(admin: User) -> None:
    case = waiting()
    her = make_user(th=5)
    paths = [why(case), f"/people/{her.pk}/lanes/"]
    few = [statements(admin, path) for path in paths]
    for number in range(30):
        make_user(th=4, ar=3, clearances=("child_safety",))
        waiting(queue=make_queue(f"queue-{number}"), language=("th", "ar")[number % 2])
    assert [statements(admin, path) for path in paths] == few
    assert max(few) <= 24


def test_the_board_and_the_case_lead_there() -> None:
    case, her, _ = hold(language="th")
    client = signed_in(her)
    assert f'href="/people/{her.pk}/lanes/"' in client.get("/").content.decode()
    assert f'href="/cases/{case.pk}/why/"' in client.get(f"/cases/{case.pk}/").content.decode()
