"""Every timer of the desk. ``manage.py cron`` runs them: one process, wherever, however many workers there are.

A timer only rings a bell (moderation/bells.py), so one too many does no harm. What it rings for finds its work in the
tables. Together the timers are what makes a lost bell, an emptied Redis or a killed worker cost seconds and no work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, NoReturn

from django.conf import settings
from django_rq.cron import DjangoCronScheduler
from rq.cron import CronJob
from rq.utils import now

from appeals.drafting import forget_old
from appeals.letters.sending import QUEUE as LETTERS
from appeals.letters.sending import sweep_letters
from appeals.questions import lapse_due
from moderation import bells
from moderation.coverage.gaps import watch
from moderation.detectors.screening import screen_pending
from moderation.enforcement import expire_due
from moderation.foresight.running import QUEUE, run_pending
from moderation.holds.lifting import expire_due as expire_holds
from moderation.holds.owing import QUEUE as PRESERVING
from moderation.holds.preserving import fetch_due
from moderation.outbox.delivery import sweep_deliveries
from moderation.partitions import make_partitions
from moderation.queueing.lease import release_expired
from moderation.referrals.cybertipline.confirming import QUEUE as FILING
from moderation.referrals.cybertipline.filing import file_due
from moderation.retention.erasure import erase_pending
from moderation.retention.purging import purge_due
from moderation.routing.rerouting import reroute_waiting
from moderation.sealing.sealer import seal_events

HOUR: Final = 3_600
DAY: Final = 86_400
MINUTE: Final = 60


@dataclass(frozen=True)
class Timer:
    """A function without arguments that is called every so many seconds, and once at the start."""

    function: Callable[[], Any]
    seconds: int
    queue: str = "default"


TIMERS: Final = (
    # Snapshots that no bell rang for, or whose worker died: their lease has run out.
    Timer(screen_pending, settings.SWEEP_SECONDS),
    # Webhooks that are due: retries, and what a killed worker had in hand.
    Timer(sweep_deliveries, settings.SWEEP_SECONDS, queue="delivery"),
    # Actions whose time is over.
    Timer(expire_due, settings.SWEEP_SECONDS),
    # Cases whose moderator went away.
    Timer(release_expired, settings.SWEEP_SECONDS),
    # Lanes that have work for nobody: time alone opens some, as certificates run out.
    Timer(watch, settings.SWEEP_SECONDS),
    # Waiting cases that older rules placed: what no bell rang for, and what somebody held meanwhile.
    Timer(reroute_waiting, settings.SWEEP_SECONDS),
    # Simulations: what no bell rang for, or whose worker died.
    Timer(run_pending, settings.SWEEP_SECONDS, queue=QUEUE),
    # Reports to the CyberTipline: retries, and what a killed worker had in hand.
    Timer(file_due, settings.SWEEP_SECONDS, queue=FILING),
    # What was recorded since the last seal.
    Timer(seal_events, MINUTE),
    # Copies of held media: attempts that are due again, and what a killed worker had in hand.
    Timer(fetch_due, settings.SWEEP_SECONDS, queue=PRESERVING),
    # Legal holds whose time is over.
    Timer(expire_holds, HOUR),
    # Questions to people who appeal that were not answered in time.
    Timer(lapse_due, MINUTE),
    # Letters to them: retries, and what a killed worker had in hand.
    Timer(sweep_letters, settings.SWEEP_SECONDS, queue=LETTERS),
    # Next month's partitions of the tables that grow for ever.
    Timer(make_partitions, DAY),
    # People who asked to have their data erased: what no bell rang for, and what had to stay until now.
    Timer(erase_pending, settings.SWEEP_SECONDS),
    # What has been kept for as long as it must be.
    Timer(purge_due, DAY),
    # What was written in an appeal and never sent, when the time for it is well over.
    Timer(forget_old, DAY),
)


class Cron(DjangoCronScheduler):
    """rq's scheduler, ringing bells.

    rq's own way of enqueueing writes pickle, which our workers refuse, and would pile up a job per tick while all of
    them are busy.
    """

    def __init__(self) -> None:
        super().__init__()
        for timer in TIMERS:
            self.register(timer.function, timer.queue, interval=timer.seconds)

    def _request_stop(self, signum: int, frame: FrameType | None) -> NoReturn:
        """What SIGTERM and SIGINT call. Not rq's StopRequested: that is an Exception, and a library that catches
        every Exception, as the Redis client does while it connects, would swallow the wish to stop."""
        raise KeyboardInterrupt

    def enqueue_jobs(self) -> list[CronJob]:
        due = [job for job in self.get_jobs() if job.should_run()]
        for job in due:
            bells.ring(job.func_name, job.queue_name)
            job.set_enqueue_time(now())
        return due
