"""8 queues × 60 languages and 200 moderators: what a claim and a change of configuration cost.

Counted in statements and rows, never in seconds.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Clearance, LanguageSkill, User
from moderation.eligibility import desk as desk_module
from moderation.eligibility import loading
from moderation.eligibility.desk import LaneKey
from moderation.eligibility.people import reads_itself
from moderation.models import Case
from moderation.queueing.claim import FEW, claim_next
from moderation.queueing.lanes import OpenLane, open_lanes
from tests.large_desk import CLEARANCES, MODERATORS, TAGS, LargeDesk, make_large_desk
from tests.test_claim_plan import lane_arguments, plan_of
from tests.test_eligibility_loading import STATEMENTS

LANES = 8 * 60


@pytest.fixture
def large(db: None) -> LargeDesk:
    """With 30 cases in each lane."""
    return make_large_desk(30)


@pytest.fixture
def polyglot(large: LargeDesk) -> User:
    """Somebody for every lane there is: the longest claim that can be."""
    user = User.objects.create(username="polyglot")
    LanguageSkill.objects.bulk_create(LanguageSkill(moderator=user, tag=tag, level=5) for tag in TAGS)
    user.clearances.set(Clearance.objects.filter(slug__in=CLEARANCES))
    large.queues[7].members.add(user)
    assert len(open_lanes(user)) == LANES
    return user


def statements_of_a_claim(reader: User) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert claim_next(reader) is not None
    return [each["sql"] for each in queries if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def test_a_claim_is_three_statements_for_everybody(large: LargeDesk, polyglot: User) -> None:
    with_lanes = [each for each in large.moderators if open_lanes(each)]
    assert len(with_lanes) > MODERATORS // 2
    for reader in (*with_lanes[:10], polyglot):
        assert len(statements_of_a_claim(reader)) <= 3


@pytest.mark.parametrize("who", ["somebody", "polyglot"])
def test_a_claim_reads_only_the_heads_of_her_lanes_by_their_index(
    large: LargeDesk, polyglot: User, who: str
) -> None:
    reader = polyglot if who == "polyglot" else large.moderators[1]
    lanes: list[OpenLane] = open_lanes(reader)
    assert len(lanes) > 5
    plan = plan_of("lock_next_case", [*lane_arguments(reader, lanes), *FEW])
    scans = [node for node in plan if node.get("Relation Name") == "moderation_case"]
    heads = [node for node in scans if node["Alias"] == "c"]
    locked = [node for node in scans if node["Alias"] == "free"]
    assert [node.get("Index Name") for node in heads] == ["case_lane_head"]
    assert heads[0]["Actual Rows"] * heads[0]["Actual Loops"] <= FEW[0] * len(lanes)
    assert [node.get("Index Name") for node in locked] == ["moderation_case_pkey"]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in locked) <= FEW[1]


def test_after_a_change_everybodys_lanes_are_worked_out_in_one_pass(
    large: LargeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eleven statements for all of it, none for a case; each person and language compared once, not once a lane."""
    compared: Counter[tuple[int, str]] = Counter()

    def counting(moderator: Any, language: str, day: Any) -> Any:
        compared[moderator.id, language] += 1
        return reads_itself(moderator, language, day)

    monkeypatch.setattr(desk_module, "reads_itself", counting)
    loading.current()
    loading.forget()
    with CaptureQueriesContext(connection) as queries:
        desk = loading.current()
        open_to = {each.pk: desk.open_lanes(each.pk) for each in large.moderators}
    assert len(queries) == STATEMENTS
    assert not any(Case._meta.db_table in each["sql"] for each in queries)
    assert len(open_to) == MODERATORS
    assert len(desk.lanes) == LANES
    assert max(compared.values()) == 1
    assert len(compared) <= MODERATORS * len(TAGS)
    # It is worked out once, and everybody who asks afterwards is answered from that.
    with CaptureQueriesContext(connection) as queries:
        for each in large.moderators:
            assert desk.open_lanes(each.pk) is open_to[each.pk]
    assert not queries
    assert sum(compared.values()) == len(compared)


def test_a_change_costs_the_next_claim_its_reading_and_no_more(large: LargeDesk) -> None:
    reader = large.moderators[0]
    loading.forget()
    assert len(statements_of_a_claim(reader)) <= STATEMENTS + 3
    assert len(statements_of_a_claim(reader)) <= 3


def test_a_change_holds_for_all_that_waits_without_touching_a_case(large: LargeDesk) -> None:
    """However much waits in a lane, opening it writes and reads nothing of it."""
    somebody, queue = User.objects.create(username="newcomer"), large.queues[0]
    assert open_lanes(somebody, fresh=True) == []
    LanguageSkill.objects.create(moderator=somebody, tag="bn", level=5)
    with CaptureQueriesContext(connection) as queries:
        opened = {lane.key for lane in open_lanes(somebody, fresh=True)}
    assert len(queries) == STATEMENTS
    assert LaneKey(queue.pk, "bn") in opened
    assert {key.language for key in opened} == {"bn"}
    waiting = Case.objects.filter(language="bn", queue=queue, queued_at__lte=timezone.now())
    assert waiting.count() == 30
    assert (case := claim_next(somebody)) is not None
    assert case.language == "bn"
