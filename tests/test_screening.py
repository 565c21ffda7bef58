"""Screening: every detector alone behind its walls, each turn finished once, and the case on its way to a lane."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.db import connection, connections
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Platform
from moderation import audit, bells
from moderation.detectors import isolation, screening
from moderation.detectors.interface import Detector
from moderation.detectors.isolation import TookTooLong, deadline
from moderation.detectors.screening import screen_pending
from moderation.hookspecs import hookimpl
from moderation.identification import Identified
from moderation.ingest.flags import ingest_flag
from moderation.ingest.items import ingest_item
from moderation.ingest.schemas import FlagIn, ItemIn
from moderation.models import Case, DetectorRun, Event, Flag, Item, Policy, Queue, Screening
from moderation.plugins import manager
from tests import detectors_for_tests
from tests.detectors_for_tests import FAULTS
from tests.factories import make_policy, make_queue

pytestmark = pytest.mark.django_db
# Where the transaction that a test would otherwise run in changes what is tested.
committed = pytest.mark.django_db(transaction=True)

Status = DetectorRun.Status


@pytest.fixture(autouse=True)
def _plugin(settings: Settings) -> Iterator[None]:
    settings.DETECTOR_TIMEOUT_SECONDS = 0.5
    manager().register(detectors_for_tests)
    yield
    manager().unregister(detectors_for_tests)
    django_rq.get_connection("default").flushdb()


@pytest.fixture(autouse=True)
def desk(platform: Platform) -> Platform:
    make_queue("general")
    make_policy("hate-speech")
    make_policy("spam", severity=2)
    return platform


def send(
    platform: Platform, text: str = "Nobody knows what this is about, and that is that.", **metadata: Any
) -> Screening:
    """A raw item on its way through the API's stage; its screening, pending."""
    external_id = metadata.pop("id", "post-1")
    item = ItemIn(kind="content", id=external_id, text=text, metadata=metadata)
    taken = ingest_item(platform, item, audit.platform(platform))
    return Screening.objects.get(snapshot=taken.snapshot_id)


def runs_of(screened: Screening) -> dict[str, str]:
    return dict(DetectorRun.objects.filter(snapshot=screened.snapshot).values_list("detector", "status"))


def test_a_raw_item_that_nobody_flags_is_screened_and_becomes_no_case(desk: Platform) -> None:
    screened = send(desk)
    assert screen_pending() == 1
    screened.refresh_from_db()
    assert (screened.status, screened.language) == (Screening.Status.DONE, "en")
    assert screened.confidence is not None
    assert screened.finished_at is not None
    assert not Case.objects.exists()


def test_a_raw_item_that_a_detector_flags_becomes_a_case_in_its_lane(desk: Platform) -> None:
    send(desk, policy="spam")
    screen_pending()
    case = Case.objects.get()
    assert (case.status, case.language, case.policy.slug) == (Case.Status.QUEUED, "en", "spam")
    assert case.language_source == Case.LanguageSource.IDENTIFIED
    flag = Flag.objects.get()
    assert (flag.source, flag.detector, flag.detector_version) == ("detector", "witness", "1")
    assert (flag.score, flag.evidence) == (0.5, {"because": "told to"})
    kinds = list(Event.objects.filter(case_id=case.pk).order_by("id").values_list("kind", flat=True))
    assert kinds == ["case.opened", "flag.received", "case.queued"]


def test_a_flagged_item_comes_into_its_lane_also_where_no_detector_sees_anything(desk: Platform) -> None:
    flag = FlagIn(
        item=ItemIn(kind="content", id="p", text="ฉันไม่รู้ว่าทำไมข้อความของฉันถึงถูกลบ"),
        source="user_notice",
        policy="spam",
    )
    ingested = ingest_flag(desk, flag, audit.platform(desk))
    screen_pending()
    case = Case.objects.get(pk=ingested.case_id)
    assert (case.status, case.language) == (Case.Status.QUEUED, "th")


def test_an_account_without_text_has_no_language(desk: Platform) -> None:
    flag = FlagIn(item=ItemIn(kind="account", id="a"), source="user_notice", policy="spam")
    ingested = ingest_flag(desk, flag, audit.platform(desk))
    screen_pending()
    assert Case.objects.get(pk=ingested.case_id).language == "zxx"


@pytest.mark.parametrize(
    "fault", sorted(set(FAULTS) - {"hangs in C", "dies", "changes the snapshot", "hangs in the database"})
)
def test_a_detector_that_fails_is_noted_and_the_rest_count(desk: Platform, fault: str) -> None:
    screened = send(desk, fault=fault, policy="hate-speech")
    screen_pending()
    screened.refresh_from_db()
    assert screened.status == Screening.Status.DONE
    assert runs_of(screened) == {"faulty": Status.FAILED, "witness": Status.DONE, "nameless": Status.FAILED}
    run = DetectorRun.objects.get(detector="faulty")
    assert run.error
    assert run.finished_at is not None
    assert Flag.objects.get().detector == "witness"


@committed
@pytest.mark.parametrize(
    "stubbornness",
    [{"seconds": 30}, {"seconds": 30, "winding_up": 0.6}, {"fault": "hangs in the database"}],
)
def test_a_detector_that_hangs_is_interrupted_and_the_rest_count(
    desk: Platform, stubbornness: dict[str, Any]
) -> None:
    screened = send(desk, policy="spam", **stubbornness)
    screen_pending()
    runs = runs_of(screened)
    assert Status.TIMED_OUT in (runs.get("stubborn"), runs.get("faulty"))
    assert runs["witness"] == Status.DONE
    assert Flag.objects.count() == 1


@committed
def test_no_detector_can_change_what_another_sees(desk: Platform) -> None:
    send(desk, "the text as it came", fault="changes the snapshot", policy="spam")
    screen_pending()
    saw = DetectorRun.objects.get(detector="witness").saw
    assert saw == {"in_transaction": False, "text": "the text as it came"}


def test_a_detector_looks_once_at_a_snapshot_however_often_it_is_screened(desk: Platform) -> None:
    screened = send(desk, policy="spam")
    screen_pending()
    Screening.objects.filter(pk=screened.pk).update(status=Screening.Status.PENDING)
    assert screen_pending() == 1
    assert Flag.objects.count() == 1


def test_a_turn_that_somebody_has_is_nobody_elses_until_its_lease_runs_out(desk: Platform) -> None:
    screened = send(desk)
    first = screening._take()
    assert first is not None
    assert screening._take() is None
    Screening.objects.filter(pk=screened.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = screening._take()
    assert second is not None
    assert (first.number, second.number) == (1, 2)


def test_a_worker_that_lost_its_turn_writes_nothing(desk: Platform) -> None:
    screened = send(desk, policy="spam")
    slow = screening._take()
    assert slow is not None
    Screening.objects.filter(pk=screened.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert screen_pending() == 1
    with pytest.raises(screening.TurnLost):
        screening._mark(slow, screening.Language())
    with pytest.raises(screening.TurnLost):
        screening._screen(slow, isolation.registered())
    # Nor where it was lost after the last detector had looked.
    with pytest.raises(screening.TurnLost):
        screening._finish(slow, screened.snapshot, Identified("th", 1.0), [])
    assert Flag.objects.count() == 1
    screened.refresh_from_db()
    assert screened.language == "en"


def test_what_cannot_be_finished_is_tried_again_later_and_holds_nobody_up(desk: Platform) -> None:
    Queue.objects.all().delete()
    stuck = send(desk, policy="spam", id="flagged")
    send(desk, id="harmless")
    assert screen_pending() == 2
    stuck.refresh_from_db()
    assert stuck.status == Screening.Status.PENDING
    assert stuck.lease_until is not None
    assert not Flag.objects.exists()
    assert Screening.objects.filter(status=Screening.Status.DONE).count() == 1
    assert screen_pending() == 0

    make_queue("general")
    Screening.objects.filter(pk=stuck.pk).update(lease_until=timezone.now())
    assert screen_pending() == 1
    assert Case.objects.get().status == Case.Status.QUEUED


def test_a_turn_is_one_screening_whatever_the_planner_believes(desk: Platform) -> None:
    """Believing that there is one row, it would look for the next one again for each: and lease them all."""
    send(desk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE moderation_screening")
    for number in range(2, 6):
        send(desk, id=f"post-{number}")
    assert screening._take() is not None
    assert Screening.objects.exclude(lease_until=None).count() == 1


def test_the_wait_after_a_failure_grows_to_an_hour(settings: Settings) -> None:
    settings.SCREENING_LEASE_SECONDS = 60
    minutes = [screening._wait_after(attempts).total_seconds() / 60 for attempts in (1, 2, 4, 7, 30_000)]
    assert minutes == [1, 2, 8, 60, 60]


@committed
def test_several_workers_share_what_waits_and_each_snapshot_is_screened_once(desk: Platform) -> None:
    for number in range(40):
        send(desk, policy="spam", id=f"post-{number}")

    def work(_: int) -> int:
        try:
            return screen_pending()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 40
    assert Flag.objects.count() == 40
    assert Case.objects.filter(status=Case.Status.QUEUED).count() == 40


def test_screening_a_snapshot_takes_a_constant_number_of_statements(
    desk: Platform, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    counts = []
    for number in (1, 2):
        send(desk, "word " * number * 50, id=f"post-{number}")
        turn = screening._take()
        assert turn is not None
        with django_assert_num_queries(17) as captured:
            screening._screen(turn, [screening.Language(), *isolation.registered()])
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_case_waits_for_the_turn_of_its_own_snapshot(desk: Platform) -> None:
    def flag(text: str) -> FlagIn:
        return FlagIn(item=ItemIn(kind="content", id="p", text=text), source="user_notice", policy="spam")

    first = ingest_flag(desk, flag("Ich weiß nicht, was das soll, und du weißt es auch nicht."), audit.SYSTEM)
    ingest_flag(desk, flag("And now it is something else, in another language."), audit.SYSTEM)
    Screening.objects.order_by("pk")[:1].get()
    own = Screening.objects.get(snapshot__cases=first.case_id)
    Screening.objects.filter(pk=own.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    assert screen_pending() == 1
    assert Case.objects.get().status == Case.Status.SCREENING
    Screening.objects.filter(pk=own.pk).update(lease_until=None)
    assert screen_pending() == 1
    assert (Case.objects.get().status, Case.objects.get().language) == (Case.Status.QUEUED, "de")


class BrokenPlugin:
    @hookimpl
    def detectors(self) -> list[Detector]:
        raise RuntimeError


def test_a_plugin_that_cannot_name_its_detectors_loses_only_those() -> None:
    broken = BrokenPlugin()
    manager().register(broken)
    try:
        assert [detector.slug for detector in isolation.registered()] == [
            "bulk-messaging",
            "faulty",
            "keywords",
            "nameless",
            "stubborn",
            "witness",
        ]
    finally:
        manager().unregister(broken)


def test_a_deadline_gives_the_alarm_back_with_the_time_it_had_left() -> None:
    rang: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rang.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(TookTooLong), deadline(0.05):
            time.sleep(5)
        assert not rang
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.25
        time.sleep(0.4)
        assert rang == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@committed
def test_many_bells_make_one_job_until_a_worker_looks(desk: Platform) -> None:
    queue = django_rq.get_queue("default")
    for number in range(5):
        send(desk, id=f"post-{number}")
    assert queue.count == 1
    job = queue.jobs[0]
    assert (job.func_name, list(job.args)) == ("moderation.bells.answer", [screening.BELL])
    queue.empty()  # type: ignore[no-untyped-call]

    bells.answer(screening.BELL)
    assert not Screening.objects.filter(status=Screening.Status.PENDING).exists()
    send(desk, id="one more")
    assert queue.count == 1


@committed
def test_work_that_arrives_while_a_worker_looks_rings_again(desk: Platform) -> None:
    queue = django_rq.get_queue("default")
    send(desk)
    queue.empty()  # type: ignore[no-untyped-call]
    # What the job does first: from then on, a bell is a new one.
    bells._redis().delete(bells._bell(screening.BELL))
    send(desk, id="arrives now")
    assert queue.count == 1


@committed
def test_without_redis_nothing_fails_and_the_work_waits(desk: Platform, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bells._redis.cache_clear()
    try:
        send(desk)
        assert Screening.objects.get().status == Screening.Status.PENDING
    finally:
        bells._redis.cache_clear()
    assert screen_pending() == 1


def test_metadata_only_snapshots_have_no_text_to_identify(desk: Platform) -> None:
    taken = ingest_item(desk, ItemIn(kind="account", id="a", metadata={"emulator": True}), audit.SYSTEM)
    screen_pending()
    assert Screening.objects.get(snapshot=taken.snapshot_id).language == "zxx"


@committed
def test_the_connection_is_whole_after_a_statement_was_interrupted(desk: Platform) -> None:
    send(desk, fault="hangs in the database")
    screen_pending()
    assert connection.is_usable()
    assert Item.objects.count() == 1
    assert Policy.objects.count() == 2
