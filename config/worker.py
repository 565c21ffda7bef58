"""The worker: rq's, which forks a process per job, with what a job needs kept warm and no job outliving its worker."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
import time
from typing import Any, Final

import rq
from django.db import DatabaseError, connections
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue

# What jobs call is imported here, once, and not in every forked process again: the timers know all of it.
from config import cron  # noqa: F401
from moderation import languages
from moderation.detectors import keywords
from moderation.identification import identify
from moderation.plugins import manager

log = logging.getLogger(__name__)

SERIALIZER: Final = "rq.serializers.JSONSerializer"
# Keyword lists change while a worker runs; its forks check versions themselves, so this only saves them the work.
WARM_SECONDS: Final = 60.0
PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>


class Worker(rq.Worker):
    """Reads JSON jobs only, whatever it is told: pickle would let whoever writes to Redis run code here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"serializer": SERIALIZER})
        self.warmed_at = float("-inf")

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        if time.monotonic() - self.warmed_at > WARM_SECONDS:
            warm()
            self.warmed_at = time.monotonic()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        if sys.platform == "linux" and self.pid is not None:
            die_with(self.pid)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        try:
            return bool(super().perform_job(job, queue, execution))
        finally:
            connections.close_all()


def warm() -> None:
    """Fill the caches that forked processes share: CLDR's tables (most of a second), CLD2, the keyword automata."""
    manager()
    languages.readable("en", "de")
    for text in ("This warms the tables of the statistics up.", "这会预热汉字表。"):
        identify(text)
    try:
        keywords.warm()
    except DatabaseError:
        log.warning("The keyword lists cannot be read now; each job reads them itself")
    finally:
        # A connection must not be shared with a forked process.
        connections.close_all()
    # What is here now stays: the collector need not touch, and so copy, its pages in every fork.
    gc.freeze()


def die_with(worker: int) -> None:
    """Have the kernel kill this process when its worker dies, ``kill -9`` included: its lease then simply runs out.

    Without it a job whose worker was killed would go on beside the one that takes over. Linux only; elsewhere the
    turn's number keeps the two from both writing.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != worker:
        os._exit(1)  # it died before the kernel was told
