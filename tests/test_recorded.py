"""What really happened, as the simulation reads it: who came when, was taken when, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation.eligibility.desk import LaneKey
from moderation.foresight.recorded import (
    ENOUGH,
    STATED_SECONDS,
    HandleTimes,
    Recorded,
    arrivals,
    handle_times,
)
from moderation.foresight.simulation import Arrival, luck
from tests.factories import make_queue, make_user
from tests.recording import NOW, Record

pytestmark = pytest.mark.django_db
HOUR = 3600
DAY = timedelta(days=1)


def test_a_case_is_recorded_with_its_lane_and_when_it_came_and_was_taken_and_decided(record: Record) -> None:
    queue = make_queue("scams")
    case = record.came(60, language="th", queue=queue, priority=400)
    reader = make_user(th=5)
    record.taken(case, reader, 300, decided_after=90)
    (found,) = arrivals(1, NOW + DAY)
    assert found == Recorded(
        case.pk,
        LaneKey(queue.pk, "th"),
        400,
        NOW + timedelta(seconds=60),
        NOW + timedelta(seconds=60 + HOUR),
        NOW + timedelta(seconds=360),
        90.0,
        reader.pk,
    )
    assert found.wait == 300
    assert found.as_arrival(NOW) == Arrival(60, LaneKey(queue.pk, "th"), 400, 60 + HOUR)


def test_a_wait_ends_with_the_first_claim_and_a_handle_time_begins_with_the_last(record: Record) -> None:
    reader = make_user(en=5)
    case = record.came(0)
    record.released(record.taken(case, reader, 100), reader, 150)
    record.taken(case, reader, 500, decided_after=30)
    (found,) = arrivals(1, NOW + DAY)
    assert (found.wait, found.handled) == (100, 30)


def test_what_waits_or_is_held_still_has_no_end_yet(record: Record) -> None:
    record.taken(record.came(0), make_user(en=5), 100)
    record.came(10)
    held, waiting = arrivals(1, NOW + DAY)
    assert (held.wait, held.handled) == (100, None)
    assert (waiting.wait, waiting.handled) == (None, None)


def test_nothing_later_than_the_end_of_the_days_is_known(record: Record) -> None:
    reader = make_user(en=5)
    record.taken(record.came(-2 * HOUR), reader, HOUR, decided_after=2 * HOUR)
    record.taken(record.came(-HOUR), reader, 2 * HOUR, decided_after=60)
    record.came(10)
    decided_later, taken_later = arrivals(1, NOW)
    assert (decided_later.wait, decided_later.handled) == (HOUR, None)
    assert (taken_later.wait, taken_later.handled) == (None, None)


def test_what_waited_when_the_days_began_is_there_and_what_was_taken_before_is_not(record: Record) -> None:
    reader = make_user(en=5)
    record.taken(record.came(-HOUR), reader, 60, decided_after=HOUR * 2)
    waited = record.came(-HOUR)
    record.taken(waited, reader, 2 * HOUR, decided_after=60)
    old = record.came(-40 * 24 * HOUR)
    assert [each.case for each in arrivals(1, NOW + DAY)] == [old.pk, waited.pk]
    assert arrivals(1, NOW + DAY)[1].as_arrival(NOW).at == -HOUR


def test_however_much_came_it_is_read_with_one_statement(record: Record) -> None:
    reader = make_user(en=5)
    for number in range(8):
        record.taken(record.came(number), reader, 60, decided_after=10)
    with CaptureQueriesContext(connection) as queries:
        assert len(arrivals(1, NOW + DAY)) == 8
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert handle_times(1, NOW + DAY).overall == [10] * 8
    assert len(queries) == 1


def _handled(lane: LaneKey, *seconds: float) -> list[Recorded]:
    return [Recorded(1, lane, 0, NOW, NOW, NOW, each) for each in seconds]


def test_a_lane_with_few_handle_times_draws_from_its_queue_and_then_from_all() -> None:
    full, few, other = LaneKey(1, "th"), LaneKey(1, "ar"), LaneKey(2, "th")
    times = HandleTimes.of([*_handled(full, *[60.0] * ENOUGH), *_handled(few, 10), *_handled(other, 20)])
    assert set(times.known_for(full)) == {60}
    assert set(times.known_for(few)) == {10, 60}
    assert set(times.known_for(other)) == {10, 20, 60}
    assert times.known_for(LaneKey(3, "fi")) == times.overall
    nearly_none = HandleTimes.of(_handled(full, *[60.0] * (ENOUGH - 1)))
    assert nearly_none(full, luck(1)) == STATED_SECONDS


def test_every_recorded_handle_time_is_drawn_and_more_luck_is_never_quicker() -> None:
    lane, slower = LaneKey(1, "th"), LaneKey(2, "th")
    times = HandleTimes.of([*_handled(lane, 5, 1, 4, 2, 3), *_handled(slower, 500, 300, 200, 400, 100)])
    assert {times(lane, luck(seed)) for seed in range(100)} == {1, 2, 3, 4, 5}
    assert all(times(slower, luck(seed)) == 100 * times(lane, luck(seed)) for seed in range(100))
