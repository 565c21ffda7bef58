"""The audit page: what happened, by person, item, case, time and kind; never a scan of the trail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Clearance, Role, User
from moderation import audit
from moderation.console import audit as page
from moderation.models import Case, Event
from moderation.sealing import sealer
from tests.factories import make_case, make_item, make_user
from tests.sealing import empty_trail, make_events, tamper

pytestmark = pytest.mark.django_db
Rows = Callable[..., list[int]]


@pytest.fixture
def admin() -> User:
    empty_trail()
    return make_user(role=Role.ADMIN, en=5)


@pytest.fixture
def rows(client: Client, admin: User) -> Rows:
    """The numbers of the Events that the page shows for a filter."""
    client.force_login(admin)

    def ask(**filtered: Any) -> list[int]:
        response = client.get("/audit/", filtered)
        assert response.status_code == 200
        return [each.event.id for each in response.context["shown"]]

    return ask


def record(kind: str = "test.happened", by: audit.Actor = audit.SYSTEM, **about: Any) -> int:
    audit.record(kind, by, **about)
    return Event.objects.latest("id").id


def test_the_latest_comes_first_and_each_look_is_an_event(rows: Rows, admin: User) -> None:
    numbers = make_events(3)
    assert rows() == numbers[::-1]
    looked = Event.objects.latest("id")
    assert (looked.kind, looked.actor_id, looked.data) == ("audit.viewed", admin.pk, {"filter": {}})
    assert rows(case=7, kind="case.claimed") == []
    assert Event.objects.latest("id").data == {"filter": {"case": "7", "kind": "case.claimed"}}


def test_it_is_filtered_by_person_case_item_kind_and_several_at_once(rows: Rows) -> None:
    mali, other = make_user(), make_user()
    case, item = make_case(), make_item(kind="account")
    claimed = record("case.claimed", audit.person(mali), case=case)
    released = record("case.released", audit.person(other), case=case)
    seen = record("evidence.viewed", audit.person(mali), item=item)
    # A platform of her number is not she.
    record("evidence.viewed", audit.Actor(Event.Actor.PLATFORM, mali.pk), item=make_item())
    assert rows(person=mali.pk) == [seen, claimed]
    assert rows(case=case.pk) == [released, claimed]
    assert rows(item=item.external_id) == [seen]
    assert rows(item=item.external_id, item_kind="content") == []
    assert rows(item=case.item.external_id, item_kind="content", person=other.pk) == [released]
    assert rows(kind="case.claimed") == [claimed]
    assert rows(kind="case.claimed", person=other.pk) == []


def test_it_is_filtered_by_time_though_numbers_do_not_rise_with_it_exactly(rows: Rows) -> None:
    start = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
    # Each fourth was recorded before the two whose numbers are lower.
    moments = [start + timedelta(minutes=n + (-3 if n % 4 == 0 else 0)) for n in range(150)]
    Event.objects.bulk_create(
        Event(kind="test.happened", actor="system", data={"n": n}) for n in range(len(moments))
    )
    numbers = list(Event.objects.order_by("id").values_list("id", flat=True))
    for number, moment in zip(numbers, moments, strict=True):
        tamper("UPDATE moderation_event SET at = %(at)s WHERE id = %(id)s", at=moment, id=number)
    for minute in range(100, 116):
        since, until = start + timedelta(minutes=minute), start + timedelta(minutes=minute + 21)
        expected = [n for n, moment in zip(numbers, moments, strict=True) if since <= moment <= until]
        assert rows(since=since.isoformat(), until=until.isoformat()) == expected[::-1]
    assert rows(since="2026-11-01T01:40", until="2026-11-01T02:00:00") != []
    assert rows(until="0001-01-01T00:00") == []
    assert rows(since="9999-12-31T23:59") == []


def test_pages_go_on_by_number_and_leave_nothing_out(rows: Rows, client: Client) -> None:
    numbers = make_events(page.PAGE * 2 + 3)
    seen: list[int] = []
    asked = {"until": (timezone.now() + timedelta(seconds=1)).isoformat()}
    response = client.get("/audit/", asked)
    while True:
        seen += [each.event.id for each in response.context["shown"] if each.event.kind == "test.happened"]
        older = response.context["older"]
        if older is None:
            break
        assert f"before={older}" in response.text
        response = client.get("/audit/", asked | {"before": older})
    assert seen == numbers[::-1]


def test_a_rare_thing_is_searched_for_by_the_window(
    rows: Rows, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "WINDOW", 10)
    mali = make_user()
    first = record("case.claimed", audit.person(mali), case=make_case())
    for _ in range(25):
        record("test.happened", audit.person(mali))
    asked: dict[str, Any] = {"person": mali.pk, "kind": "case.claimed"}
    found: list[int] = []
    windows = 0
    response = client.get("/audit/", asked)
    while True:
        windows += 1
        found += [each.event.id for each in response.context["shown"]]
        if response.context["older"] is None:
            break
        assert "Search further back" in response.text
        assert "10 events were searched." in response.text
        response = client.get("/audit/", asked | {"before": response.context["older"]})
    assert (found, windows) == ([first], 3)


def test_what_cannot_be_a_filter_is_said_beside_its_field(client: Client, rows: Rows) -> None:
    make_events(1)
    for asked in (
        {"case": "x"},
        {"kind": "no.such"},
        {"since": "yesterday"},
        {"person": "0"},
        {"item_kind": "ad"},
        {"item": "a\0b"},
    ):
        response = client.get("/audit/", asked)
        assert response.status_code == 200
        assert "field-error" in response.text, asked
        assert response.context["shown"] == []


def test_each_event_says_whether_it_is_as_its_seal_has_it(rows: Rows, client: Client) -> None:
    numbers = make_events(4)
    sealer.seal_events()
    [later] = make_events(1)
    tamper("UPDATE moderation_event SET case_id = 99 WHERE id = %(id)s", id=numbers[1])
    tamper(
        "INSERT INTO moderation_event (id, at, kind, actor, data) VALUES (-1, now(), 'x.y', 'system', '{}')"
    )
    response = client.get("/audit/")
    standing = {each.event.id: each.standing for each in response.context["shown"]}
    assert {
        number: (each.seal, each.sound)
        for number, each in standing.items()
        if number in {*numbers, later, -1}
    } == {
        numbers[0]: (1, True),
        numbers[1]: (1, False),
        numbers[2]: (1, True),
        numbers[3]: (1, True),
        later: (None, True),
        -1: (1, False),
    }
    assert response.text.count("Not as seal 1 has it") == 2
    assert "not sealed yet" in response.text


def test_only_who_is_cleared_reads_of_referrals(rows: Rows, client: Client, admin: User) -> None:
    case = make_case()
    secret = [
        record(kind, case=case, referral_id=1) for kind in ("referral.made", "hold.placed", "cybertip.filed")
    ]
    plain = record("case.claimed", case=case)
    assert rows(case=case.pk) == [plain]
    assert "field-error" in client.get("/audit/", {"kind": "referral.made"}).text
    assert "shown only to people with that clearance" in client.get("/audit/").text
    admin.clearances.add(Clearance.objects.get_or_create(slug="law_enforcement")[0])
    assert rows(case=case.pk) == [plain, *secret[::-1]]
    assert rows(kind="referral.made") == [secret[0]]


def test_the_number_of_statements_does_not_grow_with_the_events(rows: Rows, client: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/audit/")
        return len(captured)

    record("case.claimed", audit.person(make_user()), case=make_case())
    statements()  # fills what is kept for seconds
    few = statements()
    for _ in range(30):
        record("case.claimed", audit.person(make_user()), case=make_case())
    assert statements() == few


BACKLOG = """
INSERT INTO moderation_event (at, kind, actor, actor_id, case_id, item_id, data)
SELECT now() - (200000 - n) * interval '1 second', 'test.' || mod(n, 20), 'person', mod(n, 40), mod(n, 5000),
       mod(n, 4000), '{}'
FROM generate_series(1, 200000) AS n
"""


def read_by(statement: str) -> tuple[str, int]:
    """The plan of a statement, and how many rows it read from the trail, kept or thrown away."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) {statement}")
        plan = [row[0] for row in cursor.fetchall()]
    read = 0
    for line in plan:
        if "Scan" in line and (counted := re.search(r"\(actual rows=(\d+)", line)):
            read += int(counted[1])
        if thrown_away := re.search(r"Removed by (?:Filter|Index Recheck): (\d+)", line):
            read += int(thrown_away[1])
    return "\n".join(plan), read


def test_no_filter_reads_the_trail_from_end_to_end(admin: User) -> None:
    case: Case = make_case()
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG)
        cursor.execute("ANALYZE moderation_event")
    now = timezone.now()
    asked: list[tuple[dict[str, Any], str]] = [
        ({}, "pkey"),
        ({"case": 77}, "case_id"),
        ({"person": User(pk=7)}, "actor_id"),
        ({"kind": "test.3"}, "kind_id"),
        ({"kind": "test.3", "person": User(pk=7)}, "actor_id"),
        ({"since": now - timedelta(hours=9), "until": now - timedelta(hours=8)}, "pkey"),
        ({"item": case.item.external_id}, "item_id"),
    ]
    for chosen, index in asked:
        with CaptureQueriesContext(connection) as captured:
            page.find(chosen, admin)
        statements = [each["sql"] for each in captured if 'FROM "moderation_event"' in each["sql"]]
        assert len(statements) == 2
        for statement in statements:
            plan, read = read_by(statement)
            assert index in plan, f"{chosen}\n{plan}"
            assert read <= page.WINDOW + 100, f"{chosen}: {read}\n{plan}"
