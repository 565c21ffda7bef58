"""The pages about people, as an admin uses them: without JavaScript first."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Absence, Clearance, LanguageSkill, Role, Shift, User
from moderation.models import Event
from tests.factories import make_case, make_queue, make_user

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN, en=5)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def form(version: int = 1, **changes: Any) -> dict[str, Any]:
    """A person's page as a browser sends it, with one row typed into where ``changes`` say so."""
    values: dict[str, Any] = {"version": version, "name": "Mali", "role": "moderator", "active": "on"}
    values |= {"time_zone": "UTC", "skill-rows": 1, "hours-rows": 1, "absence-rows": 1}
    return values | {name.replace("__", "-"): value for name, value in changes.items()}


def skill(number: int, tag: str, level: int | str, **more: str) -> dict[str, Any]:
    cells = {"tag": tag, "level": level, "scripts": "", "certified_by": "", "certified_until": ""} | more
    return {f"skill-{number}-{name}": value for name, value in cells.items()}


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def skills_of(user: User) -> dict[str, int]:
    return dict(LanguageSkill.objects.filter(moderator=user).values_list("tag", "level"))


def test_a_skill_is_typed_by_name_or_tag_and_kept_normalised(client: Client) -> None:
    mali = make_user()
    rows = skill(0, "বাংলা", 4, certified_by="Dhaka office") | skill(1, "iw", 3) | skill(2, "Thai", 5)
    answer = client.post(f"/people/{mali.pk}/", form() | {"skill-rows": 4} | rows)
    assert answer.status_code == 302
    assert skills_of(mali) == {"bn": 4, "he": 3, "th": 5}
    page = client.get(f"/people/{mali.pk}/").content.decode()
    assert '<bdi lang="he" dir="rtl">עברית</bdi>' in page
    assert 'value="Dhaka office"' in page


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        (skill(0, "klingonish", 3), "skill-0-tag"),
        (skill(0, "und", 3), "skill-0-tag"),
        (skill(0, "", 3), "skill-0-tag"),
        (skill(0, "he", 3) | skill(1, "iw", 4), "skill-1-tag"),
        (skill(0, "he", "") | skill(1, "iw", 4), "skill-1-tag"),
        (skill(0, "he", ""), "skill-0-level"),
        (skill(0, "he", 9), "skill-0-level"),
        (skill(0, "he", 3, scripts="Abcd"), "skill-0-scripts"),
        (skill(0, "he", 3, certified_until="2020-01-01"), "skill-0-certified_until"),
        (skill(0, "he", 3, certified_until="31.3.2027"), "skill-0-certified_until"),
    ],
)
def test_a_bad_row_is_refused_beside_its_field_and_all_that_was_typed_stays(
    client: Client, rows: dict[str, Any], field: str
) -> None:
    mali = make_user()
    answer = client.post(f"/people/{mali.pk}/", form(name="Mali Typed") | {"skill-rows": 3} | rows)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="id_{field}-error"' in page
    assert "Nothing was saved" in page
    assert 'value="Mali Typed"' in page
    assert skills_of(mali) == {}


def test_a_row_that_is_ticked_goes_and_an_empty_one_is_none(client: Client) -> None:
    mali = make_user(th=5, en=4)
    rows = skill(0, "en", 4) | {"skill-0-remove": "on"} | skill(1, "th", 5) | skill(2, "", "")
    assert client.post(f"/people/{mali.pk}/", form() | {"skill-rows": 3} | rows).status_code == 302
    assert skills_of(mali) == {"th": 5}


def test_another_row_keeps_what_was_typed_and_judges_nothing_yet(client: Client) -> None:
    mali = make_user(th=5)
    answer = client.post(
        f"/people/{mali.pk}/",
        form(more="skill", name="Half") | skill(0, "klingonish", "") | {"hours-0-weekdays": [1, 2]},
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="skill-rows" value="2"' in page
    assert 'value="klingonish"' in page
    assert 'value="Half"' in page
    assert page.count('name="hours-0-weekdays" value="1" checked') == 1
    assert "field-error" not in page
    assert skills_of(mali) == {"th": 5}


def test_of_two_admins_the_second_is_told_and_keeps_what_she_typed(client: Client) -> None:
    mali = make_user()
    assert client.post(f"/people/{mali.pk}/", form() | skill(0, "th", 5)).status_code == 302
    answer = client.post(f"/people/{mali.pk}/", form(version=1) | skill(0, "bn", 4))
    assert answer.status_code == 422
    assert "Somebody else has changed this person meanwhile" in text(answer)
    assert 'value="bn"' in answer.content.decode()
    # Pressing the button again does not push it through.
    assert 'name="version" value="1"' in answer.content.decode()
    assert skills_of(mali) == {"th": 5}


@pytest.mark.parametrize("version", ["", "x", "99999999999999999999", "-1"])
def test_a_broken_version_is_a_stale_one(client: Client, version: str) -> None:
    mali = make_user()
    assert client.post(f"/people/{mali.pk}/", form() | {"version": version, "name": "x"}).status_code == 422


def test_hours_and_absences_are_on_her_own_clock(client: Client) -> None:
    mali, year = make_user(), TODAY.year + 1
    typed = form(time_zone="Asia/Bangkok") | {
        "hours-0-weekdays": [0, 1],
        "hours-0-starts": "22:00",
        "hours-0-ends": "06:00",
        "absence-0-starts_at": f"{year}-01-04T00:00",
        "absence-0-ends_at": f"{year}-01-11T00:00",
        "absence-0-note": "leave",
    }
    assert client.post(f"/people/{mali.pk}/", typed).status_code == 302
    assert list(Shift.objects.order_by("weekday").values_list("weekday", "starts__hour", "ends__hour")) == [
        (0, 22, 6),
        (1, 22, 6),
    ]
    away = Absence.objects.get()
    assert away.starts_at.isoformat() == f"{year}-01-03T17:00:00+00:00"
    page = client.get(f"/people/{mali.pk}/").content.decode()
    assert f'value="{year}-01-04T00:00"' in page
    assert page.count("checked> Mon") == page.count("checked> Tue") == 1
    # Saved again as shown, nothing changes.
    assert client.post(f"/people/{mali.pk}/", typed | {"version": 2}).status_code == 302
    assert Event.objects.filter(kind="people.changed").count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (
            {"absence-0-starts_at": "2020-01-01T00:00", "absence-0-ends_at": "2020-01-02T00:00"},
            "absence-0-ends_at",
        ),
        ({"absence-0-starts_at": "soon", "absence-0-ends_at": "2099-01-02T00:00"}, "absence-0-starts_at"),
        (
            {"hours-0-weekdays": ["0"], "hours-0-starts": "9 o'clock", "hours-0-ends": "10:00"},
            "hours-0-starts",
        ),
        (
            {
                "hours-rows": 2,
                "hours-0-weekdays": ["0"],
                "hours-0-starts": "09:00",
                "hours-0-ends": "17:00",
                "hours-1-weekdays": ["6", "0"],
                "hours-1-starts": "16:00",
                "hours-1-ends": "18:00",
            },
            "hours-1-starts",
        ),
        ({"time_zone": "Mars/Olympus"}, "time-zone"),
    ],
)
def test_bad_hours_absences_and_zones_are_refused_beside_the_field(
    client: Client, typed: dict[str, Any], field: str
) -> None:
    mali = make_user()
    answer = client.post(f"/people/{mali.pk}/", form() | typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="id_{field}-error"' in page or f'id="{field}-error"' in page
    assert not Shift.objects.exists()
    assert not Absence.objects.exists()


def test_an_unknown_clearance_is_refused(client: Client) -> None:
    mali = make_user()
    answer = client.post(f"/people/{mali.pk}/", form(clearances=["nonsense"]))
    assert answer.status_code == 422
    assert not mali.clearances.exists()


def test_an_admin_cannot_shut_herself_out_of_her_own_page(client: Client, admin: User) -> None:
    own = f"/people/{admin.pk}/"
    assert "You cannot take your own role away" in text(client.post(own, form()))
    switched_off = {name: value for name, value in form(role="admin").items() if name != "active"}
    assert "You cannot shut yourself out" in text(client.post(own, switched_off))
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)


def test_foresee_shows_what_it_would_do_and_saves_nothing(client: Client) -> None:
    mali = make_user(th=5)
    make_case(language="bn", queue=make_queue("hate-speech"))
    answer = client.post(
        f"/people/{mali.pk}/", form(foresee="1") | {"skill-rows": 2} | skill(0, "th", 5) | skill(1, "bn", 4)
    )
    assert answer.status_code == 200
    assert "1 lane would open" in text(answer)
    assert 'value="bn"' in answer.content.decode()
    assert skills_of(mali) == {"th": 5}
    assert client.post(f"/people/{mali.pk}/", form(foresee="1") | skill(0, "iw", 9)).status_code == 422


def test_somebody_new_is_made_with_a_password_that_is_shown_once(client: Client) -> None:
    answer = client.post("/people/new/", form(name="Noor", username="noor") | skill(0, "ar", 5))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    shown = re.search(r'id="one-time-password"[^>]*>([^<]+)<', answer.content.decode())
    assert shown
    noor = User.objects.get(username="noor")
    assert noor.check_password(shown[1])
    assert skills_of(noor) == {"ar": 5}
    again = client.post("/people/new/", form(name="Noor", username="noor"))
    assert again.status_code == 422
    assert "Somebody signs in with this name already" in text(again)
    assert client.post("/people/new/", form(username="no spaces!")).status_code == 422


def test_a_lost_password_is_replaced_by_another_that_is_shown_once(client: Client) -> None:
    mali = make_user()
    answer = client.post(f"/people/{mali.pk}/password/")
    shown = re.search(r'id="one-time-password"[^>]*>([^<]+)<', answer.content.decode())
    mali.refresh_from_db()
    assert shown
    assert mali.check_password(shown[1])


def listed(client: Client, **query: str) -> set[str]:
    page = client.get("/people/", query).content.decode()
    return set(re.findall(r'<a href="/people/\d+/"><bdi>([^<]+)</bdi>', page))


def test_the_list_is_filtered_by_name_language_clearance_and_state(client: Client, admin: User) -> None:
    thai, taiwanese, gone = make_user(th=5), make_user(zh_Hant_TW=4), make_user(th=2)
    cleared = make_user(clearances=("appeals",), th=4)
    User.objects.filter(pk=thai.pk).update(first_name="Mali")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    LanguageSkill.objects.filter(moderator=cleared).update(certified_until=TODAY + timedelta(days=3))
    now = timezone.now()
    Absence.objects.create(moderator=taiwanese, starts_at=now, ends_at=now + timedelta(days=1))
    names = {"Mali", taiwanese.username, cleared.username, admin.username}
    assert listed(client) == names
    assert listed(client, q="mal") == {"Mali"}
    assert listed(client, reads="ไทย") == {"Mali", cleared.username}
    # By matching, as routing does it: she reads Hong Kong's too.
    assert listed(client, reads="zh-Hant-HK") == {taiwanese.username}
    assert listed(client, clearance="appeals") == {cleared.username}
    assert listed(client, show="on") == names - {taiwanese.username}
    assert listed(client, show="away") == {taiwanese.username}
    assert listed(client, show="ending") == {cleared.username}
    assert listed(client, show="admins") == {admin.username}
    assert listed(client, show="off") == {gone.username}
    assert listed(client, reads="klingonish") == names
    assert "klingonish” is not a language" in text(client.get("/people/", {"reads": "klingonish"}))
    assert "Nobody is like that" in text(client.get("/people/", {"q": "nobody at all"}))


def test_the_list_says_what_has_run_out_and_how_many_lanes(client: Client) -> None:
    mali = make_user(th=5)
    make_case(language="th")
    LanguageSkill.objects.create(moderator=mali, tag="en", level=4, certified_until=TODAY - timedelta(days=1))
    page = text(client.get("/people/", {"q": mali.username}))
    assert "ไทย 5 English 4 ⚠ ran out" in page
    assert page.index("● yes 1") > 0


def statements(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


def test_the_pages_cost_the_same_however_many_people_there_are(client: Client) -> None:
    Clearance.objects.create(slug="appeals", name="Appeals")
    mali = make_user(th=5, clearances=("appeals",))
    paths = ("/people/", f"/people/{mali.pk}/", "/people/csv/file/", "/grants/")
    few = [statements(client, path) for path in paths]
    for _ in range(30):
        make_user(th=5, en=3, clearances=("appeals",))
    assert [statements(client, path) for path in paths] == few
