"""Grants: who reads one language may take another, where a step says so; never what matching allows anyway."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import LanguageGrant, Role, User
from moderation.eligibility import loading
from moderation.eligibility.people import Grant
from moderation.models import Event
from moderation.staffing.grants import BadGrant, GrantSetup, add, reach, remove, steps_for_grants
from tests.factories import make_case, make_queue, make_user

pytestmark = pytest.mark.django_db
CLOSE_AFTER_2_H = [
    {"after_minutes": 0, "level": 4},
    {"after_minutes": 120, "level": 3, "reads": "close"},
]


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def setup(**changes: Any) -> GrantSetup:
    values: dict[str, Any] = {
        "moderator": None,
        "reads": "ms",
        "may_take": "id",
        "most_level": 3,
        "why": "Tried",
    }
    return GrantSetup(**values | changes)


def form(**changes: Any) -> dict[str, Any]:
    return {"moderator": "", "reads": "ms", "may_take": "id", "most_level": 3, "why": "Tried"} | changes


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def lanes_of(user: User) -> list[tuple[str, int]]:
    desk = loading.load(timezone.now())
    return [(lane.language, access.opens_after) for lane, access in desk.open_lanes(user.pk)]


def test_a_grant_opens_the_step_for_close_languages_and_is_told(admin: User) -> None:
    reader, other = make_user(ms=4), make_user(th=5, id=4)
    make_case(language="id", queue=make_queue("slow", steps=CLOSE_AFTER_2_H))
    assert lanes_of(reader) == []
    made = add(setup(), admin)
    assert lanes_of(reader) == [("id", 7200)]
    assert lanes_of(other) == [("id", 0)]
    told = Event.objects.get(kind="grant.added")
    assert (told.actor_id, told.data["reads"], told.data["may_take"]) == (admin.pk, "ms", "id")
    remove(made.pk, admin)
    assert lanes_of(reader) == []
    assert Event.objects.get(kind="grant.removed").data["grant"] == made.pk
    with pytest.raises(LanguageGrant.DoesNotExist):
        remove(made.pk, admin)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reads": "xxyyzz"}, "reads"),
        ({"may_take": "und"}, "may_take"),
        ({"may_take": "ms"}, "may_take"),
        # Matching lets a reader of the one take the other anyway.
        ({"reads": "pt-BR", "may_take": "pt-PT"}, "may_take"),
        ({"reads": "hr", "may_take": "bs"}, "may_take"),
        ({"most_level": 0}, "most_level"),
        ({"most_level": 6}, "most_level"),
        ({"why": "  "}, "why"),
        ({"why": "x" * 501}, "why"),
        ({"moderator": 2_000_000_000}, "moderator"),
    ],
)
def test_what_cannot_be_granted_is_refused(admin: User, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadGrant) as error:
        add(setup(**changes), admin)
    assert error.value.field == field
    assert not LanguageGrant.objects.exists()


def test_the_same_is_granted_once_but_to_one_and_to_everybody(admin: User) -> None:
    reader = make_user(ms=4)
    add(setup(), admin)
    with pytest.raises(BadGrant):
        add(setup(most_level=4), admin)
    add(setup(moderator=reader.pk), admin)
    with pytest.raises(BadGrant):
        add(setup(moderator=reader.pk), admin)
    assert LanguageGrant.objects.count() == 2


def test_it_says_whom_it_reaches_and_where() -> None:
    reader, _other = make_user(ms=4), make_user(th=5)
    make_case(language="id", queue=make_queue("slow", steps=CLOSE_AFTER_2_H))
    make_case(language="id", queue=make_queue("strict", steps=CLOSE_AFTER_2_H[:1]))
    make_case(language="th", queue=make_queue("slow"))
    desk = loading.load(timezone.now())
    found = reach(Grant("ms", "id", 3), desk)
    assert [each.id for each in found.people] == [reader.pk]
    assert [(desk.queues[lane.queue].slug, number) for lane, number, _ in found.lanes] == [("slow", 2)]
    # Counted as level 2 at most, nobody reaches a step that asks for level 3.
    assert reach(Grant("ms", "id", 2), desk).lanes == []
    assert reach(Grant("ms", "id", 3, moderator=_other.pk), desk).people == []
    assert steps_for_grants(desk)


def test_an_admin_adds_one_by_name_and_takes_it_back(client: Client) -> None:
    answer = client.post("/grants/", form(reads="Melayu", may_take="Bahasa Indonesia"))
    assert answer.status_code == 302
    page = text(client.get("/grants/"))
    assert "Melayu" in page
    assert "No queue has a step for close languages" in page
    assert "Nobody it is for reads Malay yet" in page
    grant = LanguageGrant.objects.get()
    assert (grant.reads, grant.may_take) == ("ms", "id")
    assert client.post(f"/grants/{grant.pk}/remove/").status_code == 302
    assert not LanguageGrant.objects.exists()
    client.post(f"/grants/{grant.pk}/remove/")
    assert "Somebody else has taken this grant back already" in text(client.get("/grants/"))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reads": "klingonish"}, "reads"),
        ({"reads": ""}, "reads"),
        ({"may_take": "pt-PT", "reads": "pt-BR"}, "may-take"),
        ({"may_take": "iw", "reads": "he"}, "may-take"),
        ({"most_level": "9"}, "most"),
        ({"why": ""}, "why"),
        ({"moderator": "99999999"}, "moderator"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    client: Client, typed: dict[str, Any], field: str
) -> None:
    answer = client.post("/grants/", form(why="Kept as typed") | typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="{field}-error"' in page
    assert field == "why" or 'value="Kept as typed"' in page
    assert not LanguageGrant.objects.exists()


def test_foresee_shows_what_it_opens_and_saves_nothing(client: Client, admin: User) -> None:
    reader = make_user(ms=4)
    make_case(language="id", queue=make_queue("slow", steps=CLOSE_AFTER_2_H))
    page = text(client.post("/grants/", form(foresee="1")))
    assert "1 lane would open" in page
    assert f"It is for 1 person : {reader.username}" in page
    assert "Slow · Bahasa Indonesia – step 2, after 2 h, level 3 and better" in page
    assert not LanguageGrant.objects.exists()
    made = add(setup(), admin)
    without = text(client.post("/grants/", {"foresee_removal": made.pk}))
    assert "1 lane would close" in without
    assert LanguageGrant.objects.exists()
    assert client.post("/grants/", {"foresee_removal": "x"}).status_code == 200


def test_the_person_page_shows_the_grants_that_are_hers(client: Client, admin: User) -> None:
    reader, other = make_user(ms=4), make_user(ms=4)
    add(setup(moderator=reader.pk, why="Hers alone"), admin)
    assert "Hers alone" in text(client.get(f"/people/{reader.pk}/"))
    assert "Hers alone" not in text(client.get(f"/people/{other.pk}/"))
    assert (
        f'value="{reader.pk}" selected' in client.get("/grants/", {"moderator": reader.pk}).content.decode()
    )
