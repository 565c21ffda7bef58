"""The command lines of Fairlead's processes: the same ones alone, in production, and together, in the demo."""

import os
import sys

from config.launcher.state import CHECKOUT

# The web process uses threads, which share a pool of connections. Workers fork: they must not.
WEB_SETTINGS = {"DATABASE_POOLED": "true"}
# Deliveries wait for nobody's screening, and neither for a simulation.
QUEUES = ("delivery", "default", "letters", "filing", "foresight")
# Seconds that open connections, such as websockets, get to end.
WEB_GRACE = 3


def manage(*arguments: str) -> list[str]:
    """A management command."""
    return [sys.executable, "manage.py", *arguments]


def prepare() -> list[str]:
    """The tables and the sample data."""
    return [sys.executable, "-m", "config.launcher.prepare"]


def web(host: str, port: int, *, quiet: bool = False) -> list[str]:
    """HTTP and websockets. A quiet one does not tell of its start."""
    return [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application"),
        *("--host", host, "--port", str(port)),
        *("--timeout-graceful-shutdown", str(WEB_GRACE)),
        *("--log-level", "warning" if quiet else "info", "--no-access-log"),
    ]


def worker(*, quiet: bool = False) -> list[str]:
    """A worker of every queue. A quiet one does not tell of jobs that went well."""
    return manage("rqworker", *QUEUES, *(("--verbosity", "0") if quiet else ()))


def cron() -> list[str]:
    """The timers."""
    return manage("cron")


def platform() -> list[str]:
    """The sample platform. It listens on the loopback address, and has its settings from the environment."""
    return [sys.executable, "-m", "demo"]


def become(command: list[str], **settings: str) -> None:
    """Replace this process by the command, as a service manager expects. Never returns."""
    os.chdir(CHECKOUT)
    os.execve(command[0], command, os.environ | settings)  # noqa: S606 (our own command)
