"""The pages on which an admin foresees a change and reads what was simulated."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from moderation.console.foreseeing import foreseen
from moderation.console.outcome import Outcome, outcome
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


@pytest.mark.parametrize("days", ["365", "seven", "", "-1", "٧"])
def test_days_that_were_not_offered_are_replaced(client: Client, admin: User, days: str) -> None:
    start(client, '{"what": "x"}', days=days)
    asked = Foresight.objects.get()
    assert asked.days == 7
    assert 0 <= asked.seed < 2**31


@pytest.mark.parametrize("again", ["0", "-1", "x", "9" * 18, "1" * 40, "٣"])
def test_a_simulation_that_is_not_there_cannot_be_asked_for_again(
    client: Client, admin: User, again: str
) -> None:
    assert client.post("/foresights/start/", {"again": again}).status_code == 404
    assert not Foresight.objects.exists()


def test_asked_for_again_it_plays_the_same_days_with_the_same_seed_or_another(
    client: Client, admin: User
) -> None:
    start(client, '{"what": "x"}', days="28")
    first = Foresight.objects.get()
    for seed in ("same", ""):
        client.post("/foresights/start/", {"again": first.pk, "seed": seed})
    _, same, other = Foresight.objects.order_by("pk")
    assert (same.days, same.until, same.change) == (28, first.until, first.change)
    assert (same.seed, other.until) == (first.seed, first.until)
    assert other.seed != first.seed


def test_nobody_may_have_more_simulations_waiting_than_a_few(client: Client, admin: User) -> None:
    for _ in range(MOST_OWED):
        assert start(client, '{"what": "x"}').status_code == 302
    answer = start(client, '{"what": "x"}')
    assert answer.status_code == 422
    assert "Wait for one of them" in answer.content.decode()
    assert Foresight.objects.count() == MOST_OWED


def lane(name: str, today: dict[str, Any] | None, proposed: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "queue": name,
        "language": "bn",
        "asks": [],
        "own_steps": False,
        "today": today,
        "proposed": proposed,
    }


def figures(arrived: int, taken: int, missed: int, mean: float | None) -> dict[str, Any]:
    left = arrived - taken
    waits = {"mean_wait": mean, "median_wait": mean, "p90_wait": mean}
    return {"arrived": arrived, "taken": taken, "left": left, "missed": missed, **waits}


def told(*lanes: dict[str, Any], handled: int = 50) -> Outcome:
    result = {"start": "2026-11-21T12:00:00+00:00", "seconds": 86_400.0, "cases": 9, "handled": handled}
    return outcome(result | {"lanes": list(lanes), "people": []})


def test_differences_are_said_in_words_the_gravest_first() -> None:
    it = told(
        lane("Same", figures(9, 9, 1, 60.0), figures(9, 9, 1, 60.0)),
        lane("Noise", figures(9, 9, 1, 7200.0), figures(9, 9, 1, 7290.0)),
        lane("Slower", figures(9, 9, 0, 60.0), figures(9, 9, 0, 300.0)),
        lane("Fewer", figures(9, 9, 5, 60.0), figures(9, 9, 2, 60.0)),
        lane("More", figures(9, 9, 0, 60.0), figures(9, 9, 1, 60.0)),
        lane("Shut", figures(4, 4, 0, 60.0), figures(4, 0, 4, None)),
        lane("Opened", figures(1, 0, 1, None), figures(1, 1, 0, 0.0)),
        lane("New", None, figures(3, 3, 0, 5.0)),
        lane("Gone", figures(3, 3, 0, 5.0), None),
    )
    said = [re.sub("<[^>]+>", "", each) for each in it.sentences]
    assert said == [
        "■ Nobody would take any of the 4 cases in Shut · বাংলা",
        "✓ 1 case would be taken in Opened · বাংলা, where nobody takes any today",
        "✓ 3 fewer missed in Fewer · বাংলা",
        "■ 1 more missed in More · বাংলা",
        "■ 4m longer mean wait in Slower · বাংলা",
    ]
    assert len(it.changed) == 8
    assert [str(row.lane) for row in it.same] == ['<bdi>Same</bdi> · <bdi lang="bn" dir="ltr">বাংলা</bdi>']
    all_lanes = it.all_lanes
    assert (all_lanes.missed.today, all_lanes.missed.proposed) == ("8", "9")
    assert (all_lanes.cases.today, all_lanes.left.proposed, all_lanes.left.change) == ("53", "4", "worse")


def test_a_queue_with_markup_in_its_name_stays_text() -> None:
    it = told(lane("<script>{0}</script>", figures(9, 9, 5, 60.0), figures(9, 9, 2, 60.0)))
    assert "&lt;script&gt;{0}&lt;/script&gt;" in it.sentences[0]
    assert "<script>" not in it.sentences[0]


def test_it_says_so_where_hardly_any_handle_time_was_recorded() -> None:
    assert told(handled=4).stated == timedelta(minutes=2)
    assert told(handled=5).stated is None
