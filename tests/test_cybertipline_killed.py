"""Real workers that file a report are killed with ``kill -9`` at every step: the report is filed, and filed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import django_rq
import pytest
from pytest_django import Settings

from moderation import bells
from moderation.models import CyberTip
from moderation.referrals.cybertipline.confirming import BELL, QUEUE
from tests.cybertipline_double.server import HANG, HANG_LATE, PASSWORD, USER, Double, Fault, running
from tests.processes import wait_until, worker
from tests.tips import confirmed

pytestmark = pytest.mark.django_db(transaction=True)

# Where each worker in turn is killed: before the call is carried out, or after it, before its answer comes.
KILLED_AT: tuple[tuple[str, Fault], ...] = (
    ("submit", HANG_LATE),
    ("upload", HANG_LATE),
    ("retract", HANG_LATE),
    ("fileinfo", HANG),
    ("finish", HANG),
    ("finish", HANG_LATE),
)


@pytest.fixture
def double(settings: Settings) -> Iterator[Double]:
    django_rq.get_connection(QUEUE).flushdb()
    with running() as it:
        settings.CYBERTIPLINE_URL, settings.CYBERTIPLINE_USER = it.url, USER
        yield it
    django_rq.get_connection(QUEUE).flushdb()


def ringing(until: Callable[[], bool]) -> Callable[[], bool]:
    """``until``, with what the timer does before each look."""

    def look() -> bool:
        bells.ring(BELL, QUEUE)
        return until()

    return look


def test_workers_killed_at_every_step_file_a_report_once(double: Double) -> None:
    environment = {
        "CYBERTIPLINE_URL": double.url,
        "CYBERTIPLINE_USER": USER,
        "CYBERTIPLINE_PASSWORD": PASSWORD,
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "FILING_LEASE_SECONDS": "1",
        "SWEEP_SECONDS": "1",
    }
    tip = confirmed()
    for step, fault in KILLED_AT:
        double.hanging.clear()
        double.then(step, fault)
        with worker(**environment) as it:
            wait_until(ringing(double.hanging.is_set), f"the worker is at {step}")
            it.kill()
    with worker(**environment):
        wait_until(
            ringing(lambda: CyberTip.objects.get(pk=tip.pk).status == CyberTip.Status.FILED),
            "the last worker finds that it was filed",
        )
    (filed,) = double.ncmec.filed()
    assert double.ncmec.most_filed() == 1
    assert double.ncmec.reports[CyberTip.objects.get(pk=tip.pk).report_id or 0] is filed
    assert all(file.details for file in filed.files.values())
    # What the first one opened and could not tell anybody of is left unfinished, and was retracted wherever known.
    assert [each.state for each in double.ncmec.reports.values()].count("open") == 1
