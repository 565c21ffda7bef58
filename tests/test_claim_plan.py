"""The claim and the board at 100,000 waiting cases: what PostgreSQL does, not how long it takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from moderation.lifecycle import Status
from moderation.models import Case
from moderation.queueing.board import DUE_SOON, MOST_COUNTED, lane_counts
from moderation.queueing.claim import FEW, claim_next
from moderation.queueing.lanes import OpenLane, as_arguments, open_lanes
from tests.factories import make_backlog, make_case, make_queue, make_user

LANGUAGES = ["th", "ar", "es", "en", "hi", "ru", "ja", "de"]
QUEUES = ["general", "scams", "violence"]


@pytest.fixture
def reader(db: None) -> User:
    """Somebody for half of the lanes, over a backlog of 100,000 cases in 24 lanes."""
    for name in QUEUES:
        for language in LANGUAGES:
            make_case(language=language, queue=make_queue(name))
    make_backlog(100_000 // 24 + 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE moderation_case")
    assert Case.objects.filter(status=Status.QUEUED).count() >= 100_000
    return make_user(th=5, ar=5, es=4, en=3)


def plan_of(function: str, arguments: list[Any]) -> list[dict[str, Any]]:
    """The nodes of the plan that the function's statement runs with, each with what it really read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc, proargnames, proconfig, pronargs FROM pg_proc WHERE proname = %s", [function]
        )
        source, names, settings, count = cursor.fetchone()
        assert "plan_cache_mode=force_generic_plan" in settings
        for setting in settings:
            cursor.execute(f"SET LOCAL {setting}")
        found = re.search(r"RETURN QUERY(.*?);", source, re.S)
        assert found is not None
        statement = found[1]
        for position, name in enumerate(names[:count], 1):
            statement = re.sub(rf"(?<![\w.]){name}(?![\w.])", f"${position}", statement)
        cursor.execute(f"SELECT pg_get_function_identity_arguments('{function}'::regproc)")
        types = [argument.split(" ", 1)[1] for argument in cursor.fetchone()[0].split(", ")]
        cursor.execute(f"PREPARE {function}_statement ({', '.join(types)}) AS {statement}")
        places = ", ".join(["%s"] * count)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {function}_statement ({places})", arguments)
        plan = cursor.fetchone()[0]
        cursor.execute(f"DEALLOCATE {function}_statement")
        return nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def lane_arguments(reader: User, lanes: list[OpenLane]) -> list[Any]:
    return [reader.pk, *as_arguments(lanes)]


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


def test_the_claim_uses_the_partial_index_and_reads_only_the_heads_of_lanes(reader: User) -> None:
    lanes = open_lanes(reader)
    plan = plan_of("lock_next_case", [*lane_arguments(reader, lanes), *FEW])
    scans = [node for node in plan if node.get("Relation Name") == "moderation_case"]
    heads = [node for node in scans if node["Alias"] == "c"]
    locked = [node for node in scans if node["Alias"] == "free"]
    assert [node.get("Index Name") for node in heads] == ["case_lane_head"]
    assert heads[0]["Actual Rows"] * heads[0]["Actual Loops"] <= FEW[0] * len(lanes)
    assert [node.get("Index Name") for node in locked] == ["moderation_case_pkey"]


def test_the_claim_stays_at_three_statements(reader: User) -> None:
    open_lanes(reader)
    with CaptureQueriesContext(connection) as queries:
        assert claim_next(reader) is not None
    assert len([q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]) <= 3


def test_the_board_counts_by_index_and_never_past_its_limit(reader: User) -> None:
    lanes = open_lanes(reader)
    with CaptureQueriesContext(connection) as queries:
        counts = lane_counts(reader)
    assert len(queries) == 1
    assert len(counts) == len(lanes) == 12
    assert all(count.waiting == MOST_COUNTED and count.more and count.oldest for count in counts)

    plan = plan_of("count_lanes", [*lane_arguments(reader, lanes), timezone.now() + DUE_SOON, MOST_COUNTED])
    scans = [node for node in plan if node.get("Relation Name") == "moderation_case"]
    assert {node.get("Index Name") for node in scans} == {"case_lane_head", "case_lane_oldest"}
    read = sum(node["Actual Rows"] * node["Actual Loops"] for node in scans)
    assert read <= (MOST_COUNTED + 1) * len(lanes)
