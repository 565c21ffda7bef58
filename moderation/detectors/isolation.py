"""Running detectors so that none can harm another: what one raises, how long it takes, what it answers, and whether
it brings its worker down.

Three walls, one behind the other. An alarm interrupts Python that takes too long. Behind it a watchdog that needs no
Python ends the process of a detector that hangs in C; so does the machine when memory runs out. And the screening
then remembers which detector was at work (``Screening.running``): one that took its worker down twice over the same
snapshot is passed over.
"""

from __future__ import annotations

import copy
import faulthandler
import logging
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Final

from django.conf import settings
from django.utils import timezone

from moderation.detectors.interface import Detector, Finding, check, check_version
from moderation.models import DetectorRun, Snapshot
from moderation.plugins import manager

log = logging.getLogger(__name__)

Status = DetectorRun.Status

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# Under which failures are noted of a detector that could not say its version.
NO_VERSION: Final = "unknown"
MOST_ERROR_CHARACTERS: Final = 4_000
# Seconds between alarms while a detector goes on regardless.
AGAIN: Final = 1.0
# The watchdog ends the process of a detector that has taken this many times its time, but leaves an interruption so
# many seconds to do its work: to cancel a statement takes a while on a busy machine.
OVERDUE: Final = 1.5
LEAST_GRACE: Final = 3.0


class TookTooLong(KeyboardInterrupt):
    """The deadline has passed. No Exception, so that ``except Exception`` does not swallow it; an interruption, so
    that psycopg cancels the statement that it interrupts and the connection stays usable."""


@dataclass(frozen=True)
class Outcome:
    """How one detector's look at one snapshot ended. ``finding`` is None where it failed or had nothing to look at."""

    detector: str
    version: str
    status: DetectorRun.Status
    finding: Finding | None
    error: str
    started_at: datetime


def registered() -> list[Detector]:
    """The detectors of every plugin, in order of their slugs. A plugin that fails to name its own loses only those."""
    found: dict[str, Detector] = {}
    for implementation in manager().hook.detectors.get_hookimpls():
        try:
            named: Sequence[Detector] = implementation.function()  # type: ignore[assignment]  # pluggy says object
            for detector in named:
                if not SLUG.fullmatch(detector.slug):
                    raise ValueError(f"“{detector.slug}” is no slug")
                if detector.slug in found:
                    raise ValueError(f"There are two detectors “{detector.slug}”")
                found[detector.slug] = detector
        except Exception:
            log.exception("The detectors of %s are left out", implementation.plugin_name)
    return [found[slug] for slug in sorted(found)]


def run(detector: Detector, snapshot: Snapshot, passed_over: Collection[str]) -> Outcome | None:
    """Let one detector look at its own copy of a snapshot. Raises nothing that the detector raises.

    None where its present version is among those passed over.
    """
    started_at = timezone.now()
    version = NO_VERSION

    def ended(status: DetectorRun.Status, finding: Finding | None = None, error: str = "") -> Outcome:
        return Outcome(detector.slug, version, status, finding, error, started_at)

    try:
        with deadline(settings.DETECTOR_TIMEOUT_SECONDS):
            version = check_version(detector.version())
            if version in passed_over:
                return None
            answer = detector.screen(copy.deepcopy(snapshot))
        return ended(Status.DONE, None if answer is None else check(answer))
    except TookTooLong:
        log.warning("Detector %s took too long over snapshot %s", detector.slug, snapshot.pk)
        return ended(Status.TIMED_OUT, error=f"Took longer than {settings.DETECTOR_TIMEOUT_SECONDS:g} s")
    except (Exception, SystemExit) as error:
        log.warning("Detector %s failed on snapshot %s", detector.slug, snapshot.pk, exc_info=True)
        return ended(Status.FAILED, error=_in_words(error))


def overdue(seconds: float) -> float:
    """After how many seconds a detector that may take ``seconds`` has its process ended."""
    return max(OVERDUE * seconds, seconds + LEAST_GRACE)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in what runs inside once the time is up, again and again; end the process if that fails.

    Takes the process's alarm and gives it back with the time that it had left. Only in a main thread, where workers
    run detectors: elsewhere there are no alarms, and no deadline.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    started = time.monotonic()
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TookTooLong

    handler_before = signal.signal(signal.SIGALRM, ring)
    left_before, interval_before = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    if sys.__stderr__ is not None:
        faulthandler.dump_traceback_later(overdue(seconds), exit=True, file=sys.__stderr__)
    try:
        try:
            yield
        finally:
            armed = False
    finally:
        faulthandler.cancel_dump_traceback_later()
        left = max(0.001, left_before - (time.monotonic() - started)) if left_before else 0.0
        signal.setitimer(signal.ITIMER_REAL, left, interval_before)
        signal.signal(signal.SIGALRM, handler_before)


def _in_words(error: BaseException) -> str:
    """The end of the traceback, as it can be stored."""
    text = "".join(traceback.format_exception(error)).replace("\0", "\\0")
    return text.encode("utf-8", "backslashreplace").decode()[-MOST_ERROR_CHARACTERS:]
