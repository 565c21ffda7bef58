"""The same change to many people: seen before it is saved, for all of them or for nobody."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Clearance, LanguageSkill, Role, User
from moderation.models import Event
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    return client


@pytest.fixture
def people() -> list[User]:
    Clearance.objects.create(slug="appeals", name="Appeals")
    return [make_user(th=5), make_user(th=3, bn=5), make_user()]


def form(people: list[User], **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"who": [each.pk for each in people]}
    cells = ("tag", "level", "scripts", "certified_by", "certified_until", "no_longer")
    return values | dict.fromkeys(cells, "") | changes


def looked_at(client: Client, typed: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The preview, and what its form would send with it."""
    answer = client.post("/people/many/", typed | {"preview": "1"})
    found = re.findall(
        r'<input type="hidden" name="(seen|versions)" value="([^"]*)"', answer.content.decode()
    )
    return answer, {name: html.unescape(value) for name, value in found}


def saved(client: Client, typed: dict[str, Any]) -> Any:
    _, hidden = looked_at(client, typed)
    return client.post("/people/many/", typed | hidden | {"save": "1"})


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def skills() -> set[tuple[int, str, int]]:
    return set(LanguageSkill.objects.values_list("moderator_id", "tag", "level"))


def test_those_who_were_ticked_in_the_list_are_there(client: Client, people: list[User]) -> None:
    ticked = [str(each.pk) for each in people[:2]]
    page = client.get("/people/many/", {"who": ["x", "9" * 30, *ticked]}).content.decode()
    assert f'name="who" value="{people[0].pk}" checked' in page
    assert f'name="who" value="{people[2].pk}"' not in page
    assert "Tick people in the list first" in client.get("/people/many/").content.decode()


def test_a_language_is_given_to_all_and_another_taken_from_who_has_it(
    client: Client, people: list[User]
) -> None:
    a, b, c = people
    typed = form(people, tag="বাংলা", level=4, no_longer="th")
    preview, _ = looked_at(client, typed)
    assert "3 people would change" in text(preview)
    assert "level 5 → 4" in text(preview)
    assert "no longer read (was level 3)" in text(preview)
    before = skills()
    assert before == {(a.pk, "th", 5), (b.pk, "th", 3), (b.pk, "bn", 5)}
    assert saved(client, typed).status_code == 302
    assert skills() == {(each.pk, "bn", 4) for each in people}
    told = Event.objects.get(kind="people.changed").data
    assert (told["how"], len(told["people"])) == ("many", 3)
    assert c.pk in {each["person"] for each in told["people"]}


def test_clearances_are_given_and_taken(client: Client, people: list[User]) -> None:
    assert saved(client, form(people[:2], cleared=["appeals"])).status_code == 302
    assert [each.clearances.count() for each in people] == [1, 1, 0]
    assert saved(client, form(people, uncleared=["appeals"])).status_code == 302
    assert [each.clearances.count() for each in people] == [0, 0, 0]


def test_it_is_not_saved_before_it_was_looked_at_nor_otherwise_than_that(
    client: Client, people: list[User]
) -> None:
    before = skills()
    typed = form(people, tag="bn", level=4)
    assert client.post("/people/many/", typed | {"save": "1"}).status_code == 422
    _, hidden = looked_at(client, typed)
    answer = client.post("/people/many/", form(people, tag="bn", level=2) | hidden | {"save": "1"})
    assert answer.status_code == 422
    assert "this is not what you looked at" in text(answer)
    assert skills() == before


def test_one_who_was_changed_meanwhile_keeps_all_as_they_are(client: Client, people: list[User]) -> None:
    before = skills()
    typed = form(people, tag="bn", level=4)
    _, hidden = looked_at(client, typed)
    User.objects.filter(pk=people[1].pk).update(configuration_version=2)
    answer = client.post("/people/many/", typed | hidden | {"save": "1"})
    assert answer.status_code == 422
    assert "Somebody else has changed these people meanwhile" in text(answer)
    assert people[1].username in text(answer)
    assert skills() == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"tag": "klingonish", "level": 4}, "tag"),
        ({"tag": "und", "level": 4}, "tag"),
        ({"tag": "bn", "level": 9}, "level"),
        ({"tag": "bn"}, "level"),
        ({"level": 4}, "tag"),
        ({"tag": "bn", "level": 4, "scripts": "Abcd"}, "scripts"),
        ({"tag": "bn", "level": 4, "certified_until": "2020-01-01"}, "until"),
        ({"tag": "bn", "level": 4, "certified_until": "soon"}, "until"),
        ({"tag": "iw", "level": 4, "no_longer": "he"}, "no-longer"),
        ({"no_longer": "klingonish"}, "no-longer"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    client: Client, people: list[User], typed: dict[str, Any], field: str
) -> None:
    before = skills()
    answer = client.post("/people/many/", form(people) | typed | {"preview": "1"})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert skills() == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Say what is to be done"),
        ({"cleared": ["nonsense"]}, "nonsense is not one of the available choices"),
        ({"cleared": ["appeals"], "uncleared": ["appeals"]}, "both given and taken away"),
        ({"who": [], "tag": "bn", "level": 4}, "Nobody is ticked"),
    ],
)
def test_nothing_nobody_and_contradictions_are_refused_in_words(
    client: Client, people: list[User], typed: dict[str, Any], words: str
) -> None:
    answer = client.post("/people/many/", form(people) | typed | {"preview": "1"})
    assert answer.status_code == 422
    assert words in text(answer)


def test_foresee_shows_what_it_would_do_to_all_and_saves_nothing(client: Client, people: list[User]) -> None:
    make_case(language="bn")
    before = skills()
    answer = client.post("/people/many/", form(people, tag="bn", level=4) | {"foresee": "1"})
    assert answer.status_code == 200
    assert 'id="foresee"' in answer.content.decode()
    assert 'id="foresee-nothing"' not in answer.content.decode()
    assert people[0].username in text(answer).split("Nothing has been saved.")[1].split("They read")[0]
    assert skills() == before
