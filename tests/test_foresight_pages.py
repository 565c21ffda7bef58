"""The pages on which an admin foresees a change and reads what was simulated."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from moderation.console.foreseeing import foreseen
from moderation.eligibility.people import Skill
from moderation.foresight.change import Change, PersonChange
from moderation.foresight.running import MOST_OWED
from moderation.foresight.written import to_json
from moderation.models import Foresight, RoutingRule
from tests.factories import make_case, make_item, make_queue, make_reader, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> User:
    admin = make_user(role=Role.ADMIN)
    client.force_login(admin)
    return admin


@pytest.fixture
def reader() -> User:
    """She reads Thai; a Bengali case waits, that nobody can take."""
    general = make_queue("general", name="Hate speech")
    make_queue("urgent")
    RoutingRule.objects.create(position=1, name="All", queue=general)
    make_case(language="bn", queue=general, item=make_item(language="bn"))
    return make_reader({"th": 4})


def bengali(reader: User, **more: Any) -> Change:
    skills = (Skill("th", 4, ("th",)), Skill("bn", 4, ("bn",)))
    return Change("Mali reads বাংলা", people=(PersonChange(reader.pk, skills=skills, **more),))


def text_of(html: str) -> str:
    return " ".join(html.split())


def start(client: Client, change: str, **fields: Any) -> Any:
    return client.post("/foresights/start/", {"change": change, "days": "7"} | fields)


def test_what_a_skill_would_do_is_said_in_words(reader: User) -> None:
    html = text_of(render_to_string("moderation/_foresee.html", {"foreseen": foreseen(bengali(reader))}))
    lane = '<bdi>Hate speech</bdi> · <bdi lang="bn" dir="ltr">বাংলা</bdi>'
    assert "Nothing has been saved." in html
    assert "Somebody could take these, which nobody can today:" in html
    assert f"{lane} at once – 1 case, <strong>1 waits there now</strong>" in html
    assert "would have gone to another lane" not in html


def test_what_rules_would_do_is_said_in_words(reader: User) -> None:
    change = Change("Urgent", rules=[{"name": "All", "queue": "urgent", "due_minutes": 5}])
    html = text_of(render_to_string("moderation/_foresee.html", {"foreseen": foreseen(change)}))
    assert "1 of 1 case would have gone to another lane." in html
    assert "1 due sooner" in html
    assert "Nobody could ever take these:" in html


def test_leave_and_nothing_at_all_are_said_in_words(reader: User) -> None:
    make_case(language="th")
    now = timezone.now()
    away = Change("Leave", people=(PersonChange(reader.pk, absences=((now, now + timedelta(days=1)),)),))
    html = text_of(render_to_string("moderation/_foresee.html", {"foreseen": foreseen(away)}))
    assert "Hours with nobody on shift" in html
    nothing = Change("Nothing", people=(PersonChange(reader.pk),))
    html = text_of(render_to_string("moderation/_foresee.html", {"foreseen": foreseen(nothing)}))
    assert "Nobody could take anything else than now" in html


def test_a_change_that_cannot_be_tried_shows_why_and_cannot_be_simulated(reader: User) -> None:
    change = Change("x", rules=[{"name": "All", "queue": "no-such-queue"}])
    html = render_to_string("moderation/_foresee.html", {"foreseen": foreseen(change)})
    assert "no-such-queue" in html
    assert "<form" not in html


def test_an_admin_asks_for_a_simulation_of_what_she_foresaw(
    client: Client, admin: User, reader: User
) -> None:
    answer = start(client, foreseen(bengali(reader)).change_json, days="14")
    asked = Foresight.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/foresights/{asked.pk}/")
    assert (asked.days, asked.asked_by, asked.status) == (14, admin, Foresight.Status.WAITING)
    assert asked.change == json.loads(to_json(bengali(reader)))
    assert "waits for a worker" in client.get(answer.url).content.decode()
    assert "Mali reads বাংলা" in client.get("/foresights/").content.decode()


@pytest.mark.parametrize(
    "change",
    [
        "",
        "{",
        '{"what": ""}',
        '{"what": "x", "people": [{"moderator": 1, "time_zone": "Nowhere"}]}',
        "x" * 2_000_000,
    ],
)
def test_a_change_that_was_tampered_with_is_refused_in_words(
    client: Client, admin: User, change: str
) -> None:
    answer = start(client, change)
    assert answer.status_code == 422
    assert "Nothing was simulated." in answer.content.decode()
    assert not Foresight.objects.exists()


@pytest.mark.parametrize(
    ("days", "seed"), [("365", "-1"), ("seven", "99999999999"), ("", "٣"), ("-1", "1e3")]
)
def test_days_and_a_seed_that_were_not_offered_are_replaced(
    client: Client, admin: User, days: str, seed: str
) -> None:
    start(client, '{"what": "x"}', days=days, seed=seed)
    asked = Foresight.objects.get()
    assert asked.days == 7
    assert 0 <= asked.seed < 2**31


def test_nobody_may_have_more_simulations_waiting_than_a_few(client: Client, admin: User) -> None:
    for _ in range(MOST_OWED):
        assert start(client, '{"what": "x"}').status_code == 302
    answer = start(client, '{"what": "x"}')
    assert answer.status_code == 422
    assert "Wait for one of them" in answer.content.decode()
    assert Foresight.objects.count() == MOST_OWED
