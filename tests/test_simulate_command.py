"""``manage.py simulate``: the check against theory, and the replay that says how far off it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Shift
from moderation.foresight import erlang, self_check
from moderation.foresight.intervals import interval, student_t
from moderation.foresight.replay import in_words, replay
from moderation.foresight.self_check import Setting
from moderation.foresight.simulation import luck
from tests.factories import make_case, make_queue, make_user
from tests.recording import NOW, Record

HOUR = 3600
DAY = timedelta(days=1)


def said(*options: str) -> str:
    out = StringIO()
    call_command("simulate", *options, stdout=out)
    return out.getvalue()


def settings_called(*names: str) -> list[Setting]:
    return [each for each in self_check.settings() if each.name.startswith(names)]


def test_erlang_c_is_the_one_of_the_tables() -> None:
    assert erlang.chance_to_wait(1, 0.6) == pytest.approx(0.6)
    assert erlang.chance_to_wait(2, 1.5) == pytest.approx(9 / 14)
    assert erlang.chance_to_wait(10, 8) == pytest.approx(0.4092, abs=5e-5)
    assert 0 < erlang.chance_to_wait(1000, 950) < 1
    assert erlang.mean_wait(0.6, 1, 1) == pytest.approx(1.5)
    assert erlang.share_waiting_longer(0.6, 1, 1, 0) == pytest.approx(0.6)
    # Fixed handle times halve the wait; one class of priority is no priority.
    assert erlang.mean_wait_of_one(0.6, 1, 1) == pytest.approx(0.75)
    assert erlang.mean_waits_by_priority([1.5], 1, 2) == [pytest.approx(erlang.mean_wait(1.5, 1, 2))]
    # Whoever goes first, the work that waits is the same.
    first, last = erlang.mean_waits_by_priority([0.5, 1.0], 1, 2)
    assert (0.5 * first + 1.0 * last) / 1.5 == pytest.approx(erlang.mean_wait(1.5, 1, 2))
    for overrun in (2.0, 2.5, 0.0):
        with pytest.raises(ValueError, match="never keep up"):
            erlang.mean_wait(overrun, 1, 2)


@pytest.mark.parametrize(
    ("freedom", "confidence", "t"),
    [
        (1, 0.95, 12.706),
        (2, 0.95, 4.303),
        (7, 0.99, 3.499),
        (10, 0.95, 2.228),
        (29, 0.998, 3.396),
        (30, 0.99, 2.750),
    ],
)
def test_students_t_is_the_one_of_the_tables(freedom: int, confidence: float, t: float) -> None:
    assert student_t(freedom, confidence) == pytest.approx(t, abs=5e-4)


def test_an_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    draw = luck(1)
    held = sum(interval([draw.gauss(3, 2) for _ in range(6)], 0.9).holds(3) for _ in range(2000))
    assert held / 2000 == pytest.approx(0.9, abs=0.02)


def test_the_self_check_prints_theory_beside_the_simulation_and_passes() -> None:
    printed = said("--self-check", "--replications", "16")
    assert "99% confidence" in printed
    lines = re.findall(
        r"^(M/\S+,.*?)  +(\S.*?)  +([\d.]+)(?: s|%) +([\d.]+)(?: s|%) +([\d.]+)", printed, re.M
    )
    assert {name.split(",")[0] for name, *_ in lines} == {
        "M/M/1",
        "M/M/3",
        "M/M/10",
        "M/D/1",
        "M/G/1",
        "M/M/2",
    }
    assert lines[0][2] == "270.0"
    assert printed.rstrip().endswith(f"All {len(lines)} figures agree with theory.")


def test_a_simulation_that_is_slightly_off_is_found_out() -> None:
    (one,) = settings_called("M/D/1")
    assert [each.passed for each in self_check.run(1, 15, [one])] == [True]
    quicker = replace(one, draw=lambda luck: 0.9 * self_check.HANDLE)
    fewer = replace(one, people=2)
    assert [each.passed for each in self_check.run(1, 15, [quicker])] == [False]
    assert [each.passed for each in self_check.run(1, 15, [fewer])] == [False]


def test_the_wrong_order_is_found_out_too() -> None:
    (two,) = [each for each in settings_called("M/M/2") if len(each.waits) == 2]
    assert all(each.simulated.holds(each.theory) for each in self_check.run(1, 10, [two]))
    swapped = replace(two, waits=two.waits[::-1])
    assert not any(each.simulated.holds(each.theory) for each in self_check.run(1, 10, [swapped]))


def test_too_few_replications_are_refused_and_too_wide_an_interval_is_no_agreement() -> None:
    with pytest.raises(CommandError, match="at least 5"):
        said("--self-check", "--replications", "4")
    with pytest.raises(CommandError, match="do not agree"):
        said("--self-check", "--replications", "5")


@pytest.mark.django_db
def test_nothing_recorded_is_nothing_to_replay() -> None:
    assert "Nothing came in these days" in said("--replay", "--days", "2")
    for days in ("0", "367"):
        with pytest.raises(CommandError, match="1 to 366 days"):
            said("--replay", "--days", days)


@pytest.mark.django_db
def test_a_replay_of_work_that_went_as_the_simulation_has_it_finds_hardly_any_error(record: Record) -> None:
    """One reader who takes each case as soon as she is done with the one before: the simulation must find the same."""
    reader = make_user(th=5)
    draw = luck(2)
    free = 0.0
    came = 0.0
    for _ in range(40):
        came += draw.expovariate(1 / 300)
        taken = max(came, free)
        free = taken + 200
        case = record.came(came, language="th", due_at=NOW + timedelta(seconds=came + 250))
        record.taken(case, reader, taken - came, decided_after=200)
    replayed = replay(1, seed=1, until=NOW + DAY)
    (lane,) = replayed.lanes.values()
    assert lane == replayed.overall
    assert lane.cases == lane.taken == lane.simulated_taken == 40
    assert lane.wait is not None
    assert lane.wait > 60
    assert lane.simulated_wait == pytest.approx(lane.wait, abs=0.001)
    assert lane.missed == lane.simulated_missed > 0
    assert replayed == replay(1, seed=1, until=NOW + DAY)


@pytest.mark.django_db
def test_a_replay_says_by_how_much_it_was_wrong_in_each_lane_and_overall(record: Record) -> None:
    """Nobody was really there for two hours, which no rota says: simulated waits are too short by that."""
    reader = make_user(th=5, ar=5)
    queue = make_queue("scams")
    for language, wait in (("th", 2 * HOUR), ("ar", 0)):
        for number in range(6):
            case = record.came(number * 2000, language=language, queue=queue)
            record.taken(case, reader, wait + 1, decided_after=60)
    replayed = replay(1, seed=1, until=NOW + DAY)
    by_language = {lane.language: compared for lane, compared in replayed.lanes.items()}
    thai, arabic = by_language["th"], by_language["ar"]
    assert thai.wait_error == pytest.approx(-2 * HOUR, abs=120)
    assert arabic.wait_error == pytest.approx(0, abs=120)
    assert (thai.missed, thai.simulated_missed) == (6, 0)
    assert replayed.lane_error == pytest.approx(HOUR, abs=120)
    words = " ".join(in_words(replayed))
    assert re.search(r"60\.\d min really, \d+\.\d s simulated, which is \d+\.\d min, \d+% too short", words)
    assert "Missed, of 12 cases: 6 really (50.0%), 0.0 simulated" in words
    assert "1 of 1 people keep no rota" in words


@pytest.mark.django_db
def test_a_replay_says_when_people_worked_off_shift_and_its_means_cannot_be_compared(record: Record) -> None:
    reader = make_user(th=5)
    Shift.objects.create(moderator=reader, weekday=NOW.weekday(), starts=time(0), ends=time(1))
    for hour in range(6):
        record.taken(record.came(hour * HOUR, language="th"), reader, 60, decided_after=60)
    replayed = replay(1, seed=1, until=NOW + DAY)
    assert replayed.off_shift == 5
    words = " ".join(in_words(replayed))
    assert "Taken: 6 really, 1.0 simulated." in words
    assert "say little: look at the lanes where the simulation takes fewer." in words
    assert "5 of 6 cases were taken by people who were off shift by their rota" in words
    assert "no rota" not in words


@pytest.mark.django_db
def test_the_replay_prints_a_line_for_each_lane_and_one_for_all() -> None:
    make_case(language="th", queue=make_queue("scams"), queued_at=timezone.now() - timedelta(hours=5))
    make_user(th=5)
    printed = said("--replay", "--days", "1", "--seed", "7")
    assert re.search(r"^Scams · Thai +1 +0 +1\.0 +– +0\.0 s +–", printed, re.M)
    assert re.search(r"^all +1 ", printed, re.M)
    assert "Nothing was taken, really" in printed
    assert "Only 0 handle times are recorded: each case is taken to need 2.0 min." in printed
