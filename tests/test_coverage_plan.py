"""Coverage over 100,000 waiting cases: one index range per lane, cut at a limit, in one statement each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import Min
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.coverage import gaps, uncovered
from moderation.coverage.waiting import lanes_as_arguments, waiting_in
from moderation.eligibility import loading
from moderation.eligibility.desk import LaneKey
from moderation.models import Case
from moderation.queueing.board import DUE_SOON, MOST_COUNTED
from tests.factories import make_backlog, make_case, make_queue
from tests.test_claim_plan import LANGUAGES, QUEUES, nodes, plan_of


@pytest.fixture
def lanes(db: None) -> list[LaneKey]:
    """100,000 cases in 24 lanes, and a lane that has none."""
    for name in QUEUES:
        for language in LANGUAGES:
            make_case(language=language, queue=make_queue(name))
    make_backlog(100_000 // 24 + 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE moderation_case, moderation_item, moderation_exclusion")
    return [*loading.load(timezone.now()).lanes, LaneKey(make_queue("idle").pk, "th")]


def plan_of_statement(statement: str, arguments: list[Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", arguments)
        plan = cursor.fetchone()[0]
        return nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def cases_read(plan: list[dict[str, Any]]) -> tuple[set[str], float]:
    """The indexes by which cases were read, and how many rows."""
    scans = [node for node in plan if node.get("Relation Name") == "moderation_case"]
    assert scans
    return (
        {str(node.get("Index Name")) for node in scans},
        sum(node["Actual Rows"] * node["Actual Loops"] for node in scans),
    )


def test_what_waits_is_counted_in_one_statement_never_past_the_limit(lanes: list[LaneKey]) -> None:
    with CaptureQueriesContext(connection) as queries:
        found = waiting_in(lanes)
    assert len(queries) == 1
    assert list(found) == lanes[:-1]
    assert all(each.waiting == MOST_COUNTED and each.more for each in found.values())
    oldest = Case.objects.values_list("queue", "language", "requirements").annotate(Min("queued_at"))
    assert {LaneKey(*lane): at for *lane, at in oldest} == {lane: each.oldest for lane, each in found.items()}

    arguments = [*lanes_as_arguments(lanes), timezone.now() + DUE_SOON, MOST_COUNTED]
    indexes, read = cases_read(plan_of("count_waiting", arguments))
    assert indexes == {"case_lane_head", "case_lane_oldest"}
    assert read <= (MOST_COUNTED + 1) * len(lanes)


def test_whether_a_lane_has_work_reads_two_rows_of_it(lanes: list[LaneKey]) -> None:
    arguments = [*lanes_as_arguments(lanes), timezone.now(), 1]
    _, read = cases_read(plan_of("count_waiting", arguments))
    assert read <= 2 * len(lanes)


@pytest.mark.parametrize("what", ["took part", "platforms"])
def test_a_gaps_cases_are_looked_for_among_those_that_wait_longest(lanes: list[LaneKey], what: str) -> None:
    if what == "took part":
        arguments = [*lanes_as_arguments(lanes), ["{1,2}"] * len(lanes), uncovered.FIRST]
        indexes, read = cases_read(plan_of_statement(uncovered.TOOK_PART, arguments))
        assert read <= uncovered.FIRST * len(lanes)
    else:
        arguments = [*lanes_as_arguments(lanes), gaps.FIRST]
        indexes, read = cases_read(plan_of_statement(gaps.PLATFORMS, arguments))
        assert read <= gaps.FIRST * len(lanes)
    assert indexes == {"case_lane_oldest"}
