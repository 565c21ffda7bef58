"""The simulation: people take what the desk lets them take, in the claim's order, when they are there."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from moderation.eligibility.desk import Access, Asked, Desk, LaneKey, QueueSetup, Refusal
from moderation.eligibility.people import Hours, Moderator, Skill
from moderation.eligibility.steps import Step
from moderation.foresight import rota
from moderation.foresight.simulation import Arrival, LaneFigures, Simulated, simulate
from tests import slow_simulation

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
HOUR, DAY = 3600, 86_400
GENERAL = QueueSetup(1, "general", "General", (Step(0, 1),))
THAI = LaneKey(1, "th")


def reader(number: int, level: int = 5, *, tag: str = "th", **fields: object) -> Moderator:
    person = Moderator(number, f"person {number}", (Skill(tag, level, (tag,)),))
    return replace(person, **fields)  # type: ignore[arg-type]


def desk_of(*people: Moderator, queues: Iterable[QueueSetup] = (GENERAL,)) -> Desk:
    return Desk(MONDAY, {each.id: each for each in people}, {each.id: each for each in queues})


def arrival(at: float, *, lane: LaneKey = THAI, priority: int = 0, due: float = 10 * DAY) -> Arrival:
    return Arrival(at, lane, priority, due)


def play(
    desk: Desk, *arrivals: Arrival, handle: float = 600, seconds: float = DAY, seed: int = 1
) -> Simulated:
    return simulate(desk, arrivals, lambda lane, luck: handle, start=MONDAY, seconds=seconds, seed=seed)


def test_a_case_is_taken_at_once_by_somebody_idle_and_waits_while_everybody_is_busy() -> None:
    played = play(desk_of(reader(1)), arrival(0), arrival(100), seconds=HOUR)
    assert played.lanes == {THAI: LaneFigures(2, 2, 0, 0, 250, 250, 500)}
    assert played.busy == {1: pytest.approx(1200 / HOUR)}


def test_the_highest_priority_goes_first_then_the_earliest_due_then_the_first_come() -> None:
    lanes = [LaneKey(1, "th", digest) for digest in ("", "grave", "sooner", "later", "first")]
    desk = replace(desk_of(reader(1)), requirements={lane.requirements: Asked() for lane in lanes})
    busy, grave, sooner, later, first = lanes
    played = play(
        desk,
        arrival(0, lane=busy),
        arrival(3, lane=later, due=900),
        arrival(2, lane=first, due=900),
        arrival(4, lane=sooner, due=800),
        arrival(5, lane=grave, priority=1, due=9000),
    )
    taken = {lane: figures.mean_wait for lane, figures in played.lanes.items()}
    assert taken == {busy: 0, grave: 595, sooner: 1196, first: 1798, later: 2397}


def test_missed_are_those_taken_after_they_were_due_and_those_left_that_were_due_by_the_end() -> None:
    played = play(
        desk_of(reader(1)),
        arrival(0, due=0),
        arrival(0, due=599),
        arrival(0, due=1200),
        arrival(0, due=1201),
        arrival(0, due=DAY),
        handle=600,
        seconds=1300,
    )
    figures = played.lanes[THAI]
    assert (figures.arrived, figures.taken, figures.left, figures.missed) == (5, 3, 2, 2)


def test_nobody_takes_what_she_does_not_read_or_is_not_cleared_for_or_what_is_paused() -> None:
    cleared = QueueSetup(2, "children", "Children", (Step(0, 1),), clearances=frozenset({"child_safety"}))
    closed = QueueSetup(3, "closed", "Closed", (Step(0, 1),), paused=True)
    people = [reader(1), reader(2, tag="ar", clearances=frozenset({"child_safety"}))]
    lanes = [LaneKey(2, "th"), LaneKey(2, "ar"), LaneKey(3, "th"), LaneKey(1, "und"), LaneKey(1, "fi")]
    played = play(
        desk_of(*people, queues=[GENERAL, cleared, closed]), *(arrival(0, lane=lane) for lane in lanes)
    )
    assert [played.lanes[lane].taken for lane in lanes] == [0, 1, 0, 1, 0]
    assert played.lanes[lanes[0]].mean_wait is None


def test_a_step_lets_others_in_after_its_time_and_at_once_where_nobody_before_it_is_on_shift() -> None:
    queue = QueueSetup(1, "urgent", "Urgent", (Step(0, 5), Step(1800, 3)))
    mornings = tuple(Hours(day, time(0), time(6)) for day in range(7))
    native, learner = reader(1, 5, hours=mornings), reader(2, 3)
    desk = desk_of(native, learner, queues=[queue])
    # The native is busy until 2:00: the second case waits for the learner's step.
    played = play(desk, arrival(0), arrival(60), handle=2 * HOUR)
    assert played.lanes[THAI].p90_wait == 1800
    # After six nobody at the native's step is there.
    assert play(desk, arrival(7 * HOUR)).lanes[THAI].mean_wait == 0
    # She leaves while it waits for the learner's step: it opens then.
    played = play(desk, arrival(5.75 * HOUR), arrival(5.8 * HOUR), handle=10 * HOUR)
    assert played.lanes[THAI].p90_wait == pytest.approx(0.2 * HOUR)


def test_nobody_works_outside_her_shifts_but_a_case_begun_is_finished() -> None:
    nights = tuple(Hours(day, time(22), time(2)) for day in range(7))
    person = reader(1, hours=nights)
    played = play(desk_of(person), arrival(1.9 * HOUR), arrival(1.95 * HOUR), handle=HOUR)
    # Sunday's night shift lasts until two o'clock on Monday; the next begins at 22:00.
    assert played.lanes[THAI].p90_wait == pytest.approx((22 - 1.95) * HOUR)
    # Of four hours on shift that day she worked the last tenth of the first two, and one in the evening.
    assert played.busy == {1: pytest.approx(1.1 / 4)}


def test_who_is_away_or_may_not_sign_in_takes_nothing() -> None:
    away = reader(1, absences=((MONDAY - timedelta(days=1), MONDAY + timedelta(hours=10)),))
    played = play(desk_of(away, reader(2, active=False)), arrival(0))
    assert played.lanes[THAI].mean_wait == 10 * HOUR
    assert played.busy.keys() == {1}


def test_a_certificate_that_runs_out_on_the_way_closes_the_lane_at_midnight() -> None:
    skill = Skill("th", 5, ("th",), certified_until=MONDAY.date())
    played = play(
        desk_of(reader(1, skills=(skill,))), arrival(23 * HOUR), arrival(25 * HOUR), seconds=3 * DAY
    )
    assert (played.lanes[THAI].taken, played.lanes[THAI].left) == (1, 1)


def test_what_waited_before_the_start_has_waited_already() -> None:
    queue = QueueSetup(1, "urgent", "Urgent", (Step(0, 5), Step(1800, 3)))
    people = [reader(1, 5, tag="th"), reader(2, 3)]
    played = play(desk_of(*people, queues=[queue]), arrival(-3600), arrival(-60), handle=9000)
    # The native takes the one that waits longest, so the other waits on for the learner's step.
    assert played.lanes[THAI].mean_wait == (3600 + 1800) / 2


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    def once(seed: int) -> Simulated:
        arrivals = [arrival(each * 300) for each in range(200)]
        return simulate(
            desk_of(reader(1), reader(2)),
            arrivals,
            lambda lane, luck: luck.expovariate(1 / 500),
            start=MONDAY,
            seconds=DAY,
            seed=seed,
        )

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_a_case_takes_as_long_on_another_desk_as_on_this_one() -> None:
    def handled(desk: Desk) -> list[float]:
        drawn: list[float] = []

        def handle(lane: LaneKey, luck: random.Random) -> float:
            drawn.append(luck.random() * HOUR)
            return drawn[-1]

        arrivals = [arrival(each * 60.0) for each in range(50)]
        simulate(desk, arrivals, handle, start=MONDAY, seconds=10 * DAY, seed=4)
        return drawn

    one, three = handled(desk_of(reader(1))), handled(desk_of(reader(1), reader(2), reader(3)))
    assert one == three


def test_progress_is_told_up_to_the_end() -> None:
    told: list[float] = []
    simulate(
        desk_of(reader(1)),
        [],
        lambda lane, luck: 1.0,
        start=MONDAY,
        seconds=DAY,
        seed=1,
        progress=told.append,
    )
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) == 100


@pytest.mark.parametrize("seed", range(60))
def test_it_agrees_with_a_slow_simulation_that_asks_the_desk_at_every_moment(seed: int) -> None:
    draw = random.Random(seed)
    desk, arrivals, handle = _random_desk(draw)
    # Any microsecond, so that no shift begins at a number of seconds that floats hold exactly.
    start = MONDAY + timedelta(microseconds=draw.randrange(DAY * 10**6))
    seconds = 2.0 * DAY
    fates = slow_simulation.play(desk, arrivals, handle, start, seconds)
    played = simulate(
        desk, arrivals, lambda lane, luck: handle[lane], start=start, seconds=seconds, seed=seed
    )
    for lane, figures in played.lanes.items():
        own = [each for each in fates if each.arrival.lane == lane]
        waits = sorted(each.taken_at - each.arrival.at for each in own if each.taken_at is not None)
        assert (figures.arrived, figures.taken) == (len(own), len(waits))
        assert figures.mean_wait == (pytest.approx(sum(waits) / len(waits)) if waits else None)


def _random_desk(draw: random.Random) -> tuple[Desk, list[Arrival], dict[LaneKey, float]]:
    """Few people with many kinds of step, shift and certificate, and about as much work as they can do."""
    tags = ["th", "ar", "pt-BR", "pt-PT"]
    queues = [
        GENERAL,
        QueueSetup(2, "urgent", "Urgent", (Step(0, 4), Step(900, 3), Step(7200, 1))),
        QueueSetup(3, "slow", "Slow", (Step(600, 5), Step(3600, 2)), clearances=frozenset({"c"})),
    ]
    people = [
        reader(
            number,
            skills=tuple(
                Skill(tag, draw.randint(1, 5), (tag,), draw.choice([None, None, date(2026, 11, 16)]))
                for tag in draw.sample(tags, 2)
            ),
            clearances=frozenset(draw.sample(["c"], draw.randint(0, 1))),
            hours=_random_hours(draw) if draw.random() < 0.7 else (),
        )
        for number in range(1, draw.randint(2, 7))
    ]
    lanes = [LaneKey(queue, tag) for queue in (1, 2, 3) for tag in (*tags, "und")]
    handle = {lane: draw.uniform(300, 7200) for lane in lanes}
    arrivals = [
        Arrival(at := draw.uniform(-3600, 2 * DAY), draw.choice(lanes), draw.randint(0, 2), at + HOUR)
        for _ in range(60)
    ]
    desk = replace(desk_of(*people, queues=queues), lanes=tuple(lanes))
    return desk, arrivals, handle


def _random_hours(draw: random.Random) -> tuple[Hours, ...]:
    starts, ends = draw.sample(range(24), 2)
    return tuple(Hours(day, time(starts), time(ends)) for day in draw.sample(range(7), 5))


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", datetime(2026, 10, 24, 3, tzinfo=UTC)),  # the clocks go back on the 25th
        ("Europe/Berlin", datetime(2026, 3, 28, 3, tzinfo=UTC)),  # and forward on the 29th
        ("America/New_York", datetime(2026, 10, 31, 3, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 3, tzinfo=UTC)),  # by half an hour
        ("Asia/Kolkata", MONDAY),
    ],
)
@pytest.mark.parametrize(
    "shift", [(time(2, 30), time(10)), (time(22), time(2, 15)), (time(1, 30), time(2)), (time(0), time(0))]
)
def test_shifts_begin_and_end_when_the_wall_clock_says_so(
    zone: str, start: datetime, shift: tuple[time, time]
) -> None:
    person = reader(1, time_zone=zone, hours=tuple(Hours(day, *shift) for day in range(7)))
    end = start + timedelta(days=2)
    stretches = rota.on_shift_between(person, start, end)
    moment = start
    while moment < end:
        assert any(on <= moment < off for on, off in stretches) is person.on_shift(moment), moment
        moment += timedelta(minutes=5)


class CountingDesk(Desk):
    """Counts how often it is asked."""

    asked = 0

    def access(self, moderator: Moderator, lane: LaneKey) -> Access | Refusal:
        CountingDesk.asked += 1
        return super().access(moderator, lane)


def test_whatever_happens_the_desk_is_asked_once_for_each_person_and_lane() -> None:
    days = tuple(Hours(day, time(8), time(16)) for day in range(5))
    people = {number: reader(number, hours=days if number % 2 else ()) for number in range(1, 21)}
    lanes = [LaneKey(1, tag) for tag in ("th", "ar", "fi", "und")]
    CountingDesk.asked = 0
    played = simulate(
        CountingDesk(MONDAY, people, {1: GENERAL}),
        [arrival(each * 60.0, lane=lanes[each % 4]) for each in range(2000)],
        lambda lane, luck: 300.0,
        start=MONDAY,
        seconds=7 * DAY,
        seed=1,
    )
    assert sum(each.taken for each in played.lanes.values()) == 1000
    assert CountingDesk.asked == len(people) * len(lanes)
