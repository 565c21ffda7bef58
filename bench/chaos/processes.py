"""Web, workers and timers, started again whenever one of them is killed; and whoever kills them."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from typing import Final

import django_rq

from config.launcher import commands
from tests.processes import Running

# Seconds between two killings, and between two emptyings of Redis.
KILL_EVERY: Final = (2.0, 8.0)
EMPTY_EVERY: Final = (3.0, 9.0)
WEB_SETTINGS: Final = commands.WEB_SETTINGS


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Desk:
    """The desk's processes. ``killed`` and ``emptied`` count what was done to them."""

    def __init__(self, workers: int, environment: dict[str, str], seed: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.killed: Counter[str] = Counter()
        self.emptied = 0
        self._environment = environment
        self._random = random.Random(seed)
        self._names = ["web", "cron", *(f"worker {number}" for number in range(1, workers + 1))]
        self._running = {name: self._start(name) for name in self._names}
        self._calm = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=(KILL_EVERY, self._kill_one), daemon=True),
            threading.Thread(target=self._every, args=(EMPTY_EVERY, self._empty_redis), daemon=True),
        ]

    def unleash(self) -> None:
        """Begin to kill."""
        for thread in self._threads:
            thread.start()

    def calm_down(self) -> None:
        """Kill no more. Everything that was killed runs again."""
        self._calm.set()
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        for running in self._running.values():
            running.__exit__()

    def _start(self, name: str) -> Running:
        if name == "web":
            return Running(
                commands.web("127.0.0.1", self.port, quiet=True), **self._environment, **WEB_SETTINGS
            )
        command = commands.cron() if name == "cron" else commands.worker(quiet=True)
        return Running(command, **self._environment)

    def _kill_one(self) -> None:
        name = self._random.choice(self._names)
        # What it forked goes with it, as with a machine.
        self._running[name].__exit__()
        self._running[name] = self._start(name)
        self.killed[name.split()[0]] += 1
        if name == "web":
            # Killed before it has answered anything it would only ever start.
            wait_for_web(self.url)

    def _empty_redis(self) -> None:
        django_rq.get_connection("default").flushdb()
        self.emptied += 1

    def _every(self, seconds: tuple[float, float], do: object) -> None:
        while not self._calm.wait(self._random.uniform(*seconds)):
            do()  # type: ignore[operator]  # one of the two above


def wait_for_web(url: str, seconds: float = 60) -> None:
    import httpx

    until = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(f"{url}/healthz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > until:
            raise RuntimeError(f"{url} does not answer")
        time.sleep(0.2)
