"""GET /items, /cases and /decisions: what a platform may know, at a constant number of statements."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Platform, Scope
from moderation import audit, enforcement
from moderation.api import decisions as reading
from moderation.models import Case, Decision, Enforcement, Event, Item
from tests.calling import Caller, flag, key_of, problem
from tests.deciding import decided
from tests.factories import make_case, make_flag, make_item, make_platform, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(api_key: str) -> Caller:
    make_policy()
    return Caller(api_key)


@pytest.fixture
def stranger() -> Caller:
    """Another platform."""
    return Caller(key_of(make_platform("lagoon"), *Scope))


def statements(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert caller.get(path).status_code == 200
    return len(captured)


def write_decision(case: Case, overrides: Decision | None = None) -> Decision:
    return Decision.objects.create(
        case=case,
        item=case.item,
        automated=True,
        policy=case.policy,
        policy_version=1,
        severity=3,
        actions=[],
        reasoning="",
        overrides=overrides,
    )


def test_an_item_is_told_with_its_flags_cases_decisions_and_what_is_in_force(caller: Caller) -> None:
    decision = decided("remove")
    item = decision.item
    body = caller.get(f"items/content/{item.external_id}").json()
    assert (body["kind"], body["id"], body["disclosure"]) == ("content", item.external_id, "public")
    assert body["author"]["kind"] == "account"
    assert (body["language"], body["language_declared"]) == (None, False)
    assert body["flag_count"] == len(body["flags"]) == 1
    assert body["flags"][0]["detector"] == "keywords-test"
    assert [(case["case_id"], case["status"]) for case in body["cases"]] == [(decision.case_id, "decided")]
    assert body["decisions"][0]["decision_id"] == str(decision.pk)
    assert body["decisions"][0]["reasoning"] == decision.reasoning
    assert [each["action"] for each in body["enforcements"]] == ["remove"]
    assert body["enforcements"][0]["status"] == "requested"
    later = write_decision(make_case(item=item, origin="appeal"), overrides=decision)
    with transaction.atomic():
        enforcement.take_over(decision, later, [], audit.SYSTEM, ended=Enforcement.Ended.APPEAL)
    body = caller.get(f"items/content/{item.external_id}").json()
    assert body["enforcements"] == []
    assert [each["overrides"] for each in body["decisions"]] == [str(decision.pk), None]
    assert [each["status"] for each in body["decisions"][1]["enforcements"]] == ["reversal_requested"]


def test_the_declared_language_of_an_item_is_told_as_declared(caller: Caller) -> None:
    caller.post("flags", flag(item_language="th"))
    body = caller.get("items/content/post-1").json()
    assert (body["language"], body["language_declared"]) == ("th", True)


@pytest.mark.parametrize("external_id", ["post/1", "a b", "ü?#", "../x", "100%"])
def test_an_id_with_signs_in_it_is_found_percent_encoded(caller: Caller, external_id: str) -> None:
    from urllib.parse import quote

    assert caller.post("items", {"kind": "content", "id": external_id}).status_code == 202
    assert caller.get(f"items/content/{quote(external_id, safe='')}").json()["id"] == external_id


def test_a_case_is_told_with_its_lane_flags_and_decision(caller: Caller) -> None:
    case = make_case(language="th")
    body = caller.get(f"cases/{case.pk}").json()
    assert body["item"] == {"kind": "content", "id": case.item.external_id}
    assert {
        name: body[name] for name in ("status", "queue", "language", "priority", "policy", "decision")
    } == {
        "status": "queued",
        "queue": "general",
        "language": "th",
        "priority": 300,
        "policy": "hate-speech",
        "decision": None,
    }
    assert body["due_at"].endswith("Z")
    decision = decided("warn", "remove")
    body = caller.get(f"cases/{decision.case_id}").json()
    assert body["decision"]["actions"] == decision.actions
    assert {each["action"] for each in body["decision"]["enforcements"]} == {"warn", "remove"}


def test_who_decided_and_the_private_note_stay_at_the_desk(caller: Caller) -> None:
    decision = decided("remove")
    assert decision.decided_by is not None
    for path in (f"cases/{decision.case_id}", f"items/content/{decision.item.external_id}"):
        text = caller.get(path).content.decode()
        assert decision.decided_by.username not in text
        assert '"note"' not in text


def test_what_belongs_to_another_platform_is_not_there(caller: Caller, stranger: Caller) -> None:
    case = make_case()
    before = Event.objects.count()
    problem(stranger.get(f"cases/{case.pk}"), 404, "not-found")
    problem(stranger.get(f"items/content/{case.item.external_id}"), 404, "not-found")
    assert Event.objects.count() == before
    assert caller.get(f"cases/{case.pk}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "cases/999999999",
        f"cases/{10**30}",
        "cases/-1",
        "items/content/no",
        "items/content/%00",
        "items/ad/%ff",
    ],
)
def test_what_is_not_there_is_a_404(caller: Caller, path: str) -> None:
    problem(caller.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "loc"),
    [
        ("cases/none", ["path", "case_id"]),
        ("items/post/1", ["path", "kind"]),
        ("decisions?limit=0", ["query", "limit"]),
        ("decisions?limit=501", ["query", "limit"]),
        ("decisions?limit=many", ["query", "limit"]),
        ("decisions?after=nonsense", ["query", "after"]),
        ("decisions?after=ZDEy%C3%BC", ["query", "after"]),
        ("decisions?after=" + "a" * 41, ["query", "after"]),
    ],
)
def test_a_parameter_that_is_wrong_is_named(caller: Caller, path: str, loc: list[str]) -> None:
    body = problem(caller.get(path), 422, "invalid")
    assert [error["loc"] for error in body["errors"]] == [loc]


def test_reading_evidence_is_an_event_of_the_platform(caller: Caller, platform: Platform) -> None:
    case = make_case()
    caller.get(f"cases/{case.pk}")
    caller.get(f"items/content/{case.item.external_id}")
    events = Event.objects.filter(kind="evidence.viewed", item_id=case.item_id).order_by("id")
    assert [(event.actor, event.actor_id, event.case_id) for event in events] == [
        ("platform", platform.pk, case.pk),
        ("platform", platform.pk, None),
    ]


def test_an_item_and_a_case_take_a_constant_number_of_statements(caller: Caller) -> None:
    few = decided("remove")
    paths = [f"items/content/{few.item.external_id}", f"cases/{few.case_id}"]
    first = [statements(caller, path) for path in paths]
    for _ in range(5):
        decision = decided("warn", "remove", item=few.item)
        make_flag(decision.case)
        make_flag(few.case)
    assert [statements(caller, path) for path in paths] == first == [10, 7]


def test_lists_hold_the_latest_100(caller: Caller) -> None:
    case = make_case()
    for _ in range(105):
        latest = make_flag(case)
    body = caller.get(f"cases/{case.pk}").json()
    assert (body["flag_count"], len(body["flags"])) == (106, 100)
    assert body["flags"][0]["flag_id"] == latest.flag_id


def pages(caller: Caller, limit: int) -> list[list[str]]:
    """The ids of all decisions, page by page."""
    found, path = [], f"decisions?limit={limit}"
    while True:
        body = caller.get(path).json()
        found.append([each["decision_id"] for each in body["decisions"]])
        path = f"decisions?limit={limit}&after={body['next']}"
        if not body["more"]:
            assert caller.get(path).json() == {"decisions": [], "next": body["next"], "more": False}
            return found


def test_decisions_come_in_order_and_page_by_page(caller: Caller, stranger: Caller) -> None:
    made = [str(decided("remove").pk) for _ in range(5)]
    assert pages(caller, 2) == [made[:2], made[2:4], made[4:]]
    assert pages(caller, 5) == [made]
    assert pages(stranger, 5) == [[]]


def test_a_cursor_of_nothing_yet_finds_what_comes(caller: Caller) -> None:
    empty = caller.get("decisions").json()
    decision = decided("warn")
    body = caller.get(f"decisions?after={empty['next']}").json()
    assert [each["decision_id"] for each in body["decisions"]] == [str(decision.pk)]


def test_a_page_of_decisions_takes_a_constant_number_of_statements(caller: Caller) -> None:
    decided("remove")
    first = statements(caller, "decisions")
    for _ in range(5):
        decided("warn", "remove")
    assert statements(caller, "decisions") == first == 6


@pytest.mark.django_db(transaction=True)
def test_no_decision_is_left_out_that_becomes_visible_after_a_later_one(caller: Caller) -> None:
    """Its number is drawn first and committed last, while the platform pages through."""
    slow, quick = make_case(), make_case()
    drawn, commit = threading.Event(), threading.Event()

    def write_slowly() -> str:
        try:
            with transaction.atomic():
                decision = write_decision(slow)
                drawn.set()
                commit.wait(10)
            return str(decision.pk)
        finally:
            connections.close_all()

    def read() -> list[list[str]]:
        try:
            return pages(caller, 10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(write_slowly)
        assert drawn.wait(10)
        later = str(write_decision(quick).pk)
        found = threads.submit(read)
        time.sleep(0.3)
        assert not found.done()
        commit.set()
        first = writing.result()
        assert found.result() == [[first, later]]
    assert int(first) < int(later)


@pytest.mark.django_db(transaction=True)
def test_a_page_stays_empty_rather_than_leave_out_what_is_still_being_written(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_SECONDS", 0.1)
    slow, quick = make_case(), make_case()
    drawn, commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                write_decision(slow)
                drawn.set()
                commit.wait(10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write_slowly)
        assert drawn.wait(10)
        write_decision(quick)
        empty = caller.get("decisions").json()
        commit.set()
        writing.result()
    assert empty["decisions"] == []
    assert len(caller.get(f"decisions?after={empty['next']}").json()["decisions"]) == 2


@pytest.mark.django_db(transaction=True)
def test_while_16_write_decisions_a_platform_that_pages_through_misses_none(caller: Caller) -> None:
    cases = [make_case() for _ in range(96)]
    stop = threading.Event()

    def write(mine: list[Case]) -> None:
        try:
            for case in mine:
                with transaction.atomic():
                    write_decision(case)
                    time.sleep(0.002)
        finally:
            connections.close_all()

    def read() -> list[str]:
        seen: list[str] = []
        path = "decisions?limit=7"
        try:
            while True:
                last = stop.is_set()
                body: dict[str, Any] = caller.get(path).json()
                seen += [each["decision_id"] for each in body["decisions"]]
                path = f"decisions?limit=7&after={body['next']}"
                if last and not body["more"] and not body["decisions"]:
                    return seen
        finally:
            connections.close_all()

    with ThreadPoolExecutor(17) as threads:
        found = threads.submit(read)
        for writing in [threads.submit(write, cases[start::16]) for start in range(16)]:
            writing.result()
        stop.set()
        seen = found.result()
    assert seen == [str(pk) for pk in Decision.objects.order_by("pk").values_list("pk", flat=True)]
    assert len(seen) == 96


def test_what_was_captured_without_content_has_none_to_tell(caller: Caller) -> None:
    account = make_item(kind=Item.Kind.ACCOUNT, text="", disclosure="metadata_only")
    assert caller.get(f"items/account/{account.external_id}").json()["disclosure"] == "metadata_only"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "nothing-here", 404), ("get", "flags", 405), ("delete", "items/content/post-1", 405)],
)
def test_an_address_or_method_that_does_not_exist_is_a_problem_too(
    client: Client, method: str, path: str, status: int
) -> None:
    response = getattr(client, method)(f"/api/v1/{path}")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status
    if status == 405:
        assert response["Allow"]


def test_what_can_still_be_undone_is_not_told_yet_and_nothing_after_it(
    caller: Caller, settings: Settings
) -> None:
    first, second = decided("remove"), decided("warn")
    settings.UNDO_SECONDS = 3600.0
    assert caller.get("decisions").json()["decisions"] == []
    settings.UNDO_SECONDS = 0.0
    told = caller.get("decisions").json()["decisions"]
    assert [each["decision_id"] for each in told] == [str(first.pk), str(second.pk)]
