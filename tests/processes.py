"""Real workers and timers, as production starts them, on the database and Redis of the test that starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from config.launcher import commands


class Running:
    """A process of ours. Leaving the ``with`` kills it and whatever it forked."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.output = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self.process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "DATABASE_URL": database_url(),
                "REDIS_URL": settings.REDIS_URL,
                "SECRET_KEY": settings.SECRET_KEY,
                "FAIRLEAD_PLUGINS": ",".join(settings.FAIRLEAD_PLUGINS),
            }
            | environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    @property
    def forked(self) -> list[int]:
        """The processes that it forked and that live."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if is_alive(int(child))]

    def kill(self) -> None:
        """``kill -9`` of this process alone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def said(self) -> str:
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            forked = self.forked
            self.kill()
            for pid in filter(is_alive, forked):
                os.kill(pid, signal.SIGKILL)
        self.output.close()


def worker(**environment: str) -> Running:
    return Running(commands.worker(), **environment)


def cron(**environment: str) -> Running:
    """The timers, ringing every second."""
    return Running(commands.cron(), SWEEP_SECONDS="1", **environment)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def database_url() -> str:
    to = connection.settings_dict
    who = quote(to["USER"]) + (f":{quote(to['PASSWORD'])}" if to["PASSWORD"] else "")
    return f"postgres://{who}@{to['HOST']}:{to['PORT']}/{to['NAME']}"


def wait_until(look: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Look again and again. The time is generous: it only runs out where something is wrong."""
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, f"waited {seconds:g} s in vain until {what}"
        time.sleep(0.05)
