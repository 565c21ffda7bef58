"""Killing the worker in the middle of a screening, or emptying Redis at any moment, loses nothing and doubles nothing.

Real workers and timers, killed with ``kill -9``.
"""

from __future__ import annotations

import pickle
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django_rq
import pytest
from django.conf import settings as fairlead
from pytest_django import Settings
from rq import Queue as RqQueue
from rq.job import JobStatus

from accounts.models import Platform
from config.cron import TIMERS
from config.launcher import commands
from moderation import audit
from moderation.ingest.items import ingest_item
from moderation.ingest.schemas import ItemIn
from moderation.models import Case, DetectorRun, Event, Flag, Screening
from tests.factories import make_policy, make_queue
from tests.processes import Running, cron, is_alive, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)

# Long enough to be caught at work, short enough to wait for the lease (1 + 1.5 × 3 seconds) of whoever was killed.
CAUGHT = {"SCREENING_LEASE_SECONDS": "1", "DETECTOR_TIMEOUT_SECONDS": "3"}
SHORT = {"SCREENING_LEASE_SECONDS": "1", "DETECTOR_TIMEOUT_SECONDS": "0.4"}


@pytest.fixture(autouse=True)
def desk(platform: Platform, settings: Settings) -> Iterator[Platform]:
    settings.FAIRLEAD_PLUGINS = ["tests.detectors_for_tests"]
    make_queue("general")
    make_policy("spam")
    empty_redis()
    yield platform
    empty_redis()


def empty_redis() -> None:
    """FLUSHALL, as far as it is ours: other tests may run on other databases of the same server."""
    django_rq.get_connection("default").flushdb()


def send(platform: Platform, external_id: str = "post", **metadata: Any) -> None:
    text = "Nobody knows what this is about, and that is that."
    item = ItemIn(kind="content", id=external_id, text=text, metadata={"policy": "spam"} | metadata)
    ingest_item(platform, item, audit.platform(platform))


def at_work_on(slug: str) -> bool:
    return Screening.objects.filter(running=slug).exists()


def all_screened() -> bool:
    return not Screening.objects.exclude(status=Screening.Status.DONE).exists()


def in_their_lanes(count: int) -> None:
    """Each item became one case with one flag of the witness, and everything was written once."""
    assert Case.objects.filter(status=Case.Status.QUEUED, language="en").count() == count
    assert Flag.objects.filter(detector="witness").count() == Flag.objects.count() == count
    cases = Case.objects.values_list("pk", flat=True)
    assert Event.objects.filter(kind="case.queued", case_id__in=cases).count() == count


def test_a_worker_killed_in_the_middle_of_a_screening_loses_nothing(desk: Platform) -> None:
    with worker(**CAUGHT) as first, cron():
        send(desk, seconds=2)
        wait_until(lambda: at_work_on("stubborn"), "the worker sits over the snapshot")
        forked = first.forked
        assert forked
        first.kill()
        wait_until(lambda: not any(map(is_alive, forked)), "what it forked has died with it")
        send(desk, "another")
        assert not all_screened()
        with worker(**CAUGHT):
            wait_until(all_screened, "the timers have rung and the second worker has seen to it")
    in_their_lanes(2)
    noted = DetectorRun.objects.get(detector="stubborn")
    assert (noted.status, noted.attempts) == (DetectorRun.Status.FAILED, 1)


def test_a_detector_that_takes_its_worker_down_twice_is_passed_over_and_the_rest_count(
    desk: Platform,
) -> None:
    send(desk, "kills its process", fault="dies")
    send(desk, "hangs where no alarm reaches it", fault="hangs in C")
    send(desk, "harmless")
    with worker(**SHORT), cron():
        wait_until(all_screened, "everything is screened")
    in_their_lanes(3)
    crashed = DetectorRun.objects.filter(detector="faulty")
    assert list(crashed.values_list("status", "attempts")) == [(DetectorRun.Status.CRASHED, 2)] * 2


def test_a_redis_emptied_at_any_moment_loses_nothing(desk: Platform) -> None:
    send(desk, "its bell is lost before anybody hears it")
    assert django_rq.get_queue("default").count == 1
    empty_redis()
    with worker(**CAUGHT) as it, cron():
        wait_until(all_screened, "the timers have rung")
        send(desk, "all is lost while a worker sits over it", seconds=2)
        wait_until(lambda: at_work_on("stubborn"), "the worker sits over the snapshot")
        empty_redis()
        wait_until(all_screened, "the worker has finished")
        send(desk, "the same worker hears again")
        empty_redis()
        wait_until(all_screened, "the timers have rung again")
        assert it.process.poll() is None
    in_their_lanes(3)


def test_the_timers_ring_on_whatever_happens_to_redis(desk: Platform) -> None:
    def rung() -> set[str]:
        return {
            job.args[0].rpartition(".")[2]
            for name in fairlead.RQ_QUEUES
            for job in django_rq.get_queue(name).jobs
        }

    with cron() as it:
        wait_until(lambda: rung() == {timer.function.__name__ for timer in TIMERS}, "every timer has rung")
        empty_redis()
        wait_until(
            lambda: rung() >= {"screen_pending", "sweep_deliveries", "release_expired"}, "they ring again"
        )
        it.process.send_signal(signal.SIGTERM)
        assert it.process.wait(30) == 0


def test_the_timers_outlast_a_redis_that_is_away(desk: Platform) -> None:
    with cron(REDIS_URL="redis://127.0.0.1:1/0") as it:
        wait_until(lambda: it.said().count("Redis cannot be reached") > 1, "it has tried more than once")
        assert it.process.poll() is None


class Harmful:
    """What somebody would send who can write to Redis and wants to run code here."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_worker_reads_no_pickle(desk: Platform, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    pickle.loads(pickle.dumps(Harmful(touched)))
    assert touched.exists()
    touched.unlink()

    queue = RqQueue("default", connection=django_rq.get_connection("default"))
    job = queue.enqueue("moderation.bells.answer", Harmful(touched))
    burst = Running([*commands.worker(), "--burst", "--serializer", "rq.serializers.PickleSerializer"])
    with burst as it:
        assert it.process.wait(60) == 0
    assert job.get_status(refresh=True) == JobStatus.FAILED
    assert not touched.exists()
