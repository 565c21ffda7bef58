"""The real PostgreSQL and Redis that the tests run on: brought up here, before Django reads its settings.

DATABASE_URL and REDIS_URL, where given, are taken instead: the role then needs CREATEDB, and the tests may
empty any of that server's numbered Redis databases. With xdist only the controller starts servers; each
worker has its own PostgreSQL database (pytest-django sees to it) and its own Redis database (here).

Loaded by `-p tests.servers` (pyproject.toml), as a conftest.py would come too late.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from config.launcher import LauncherError
from config.launcher.postgres import EmbeddedPostgres
from config.launcher.processes import Process, open_log, wait_until
from config.launcher.redis import EmbeddedRedis

_started: list[Process] = []
_made: list[Path] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Set the environment, ahead of pytest-django, which loads the settings in this same hook."""
    os.environ.setdefault("SECRET_KEY", "only-the-tests-use-this-key")
    # The receivers of the tests are on loopback, and hardly a test waits for the time to undo to be over.
    os.environ.setdefault("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8,::1/128")
    os.environ.setdefault("UNDO_SECONDS", "0")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    try:
        if worker is None:
            atexit.register(stop)
            start()
            os.environ.setdefault("STATIC_ROOT", str(new_directory("static")))
        else:
            os.environ["REDIS_URL"] = numbered(os.environ["REDIS_URL"], int(worker.removeprefix("gw")) + 1)
    except LauncherError as error:
        raise pytest.UsageError(str(error)) from error
    return (yield)


def pytest_unconfigure() -> None:
    """Stop what was started, also after an interruption."""
    stop()


def start() -> None:
    """Start the servers that the environment does not name."""
    if url := os.environ.get("DATABASE_URL"):
        check_role(url)
    else:
        os.environ["DATABASE_URL"] = start_postgres()
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = start_redis()


def stop() -> None:
    """Stop the servers and remove what they kept."""
    while _started:
        _started.pop().stop()
    while _made:
        shutil.rmtree(_made.pop(), ignore_errors=True)


def start_postgres() -> str:
    """Start a PostgreSQL that forgets; its URL."""
    home = new_directory("postgres")
    server = EmbeddedPostgres(home, forgetful=True)
    log = home / "log"
    with open_log(log) as output:
        process = Process(server.program(), output)
    _started.append(process)
    wait_until(server.answers, process, log)
    return server.url


def start_redis() -> str:
    """Start a Redis; its URL."""
    home = new_directory("redis")
    server = EmbeddedRedis(home)
    log = home / "log"
    with open_log(log) as output:
        process = Process(server.program(scratch=home), output)
    _started.append(process)
    wait_until(server.answers, process, log)
    return server.url


def new_directory(name: str) -> Path:
    """A directory that lasts until the end of the tests."""
    directory = Path(tempfile.mkdtemp(prefix=f"fairlead-test-{name}-"))
    _made.append(directory)
    return directory


def numbered(url: str, number: int) -> str:
    """The Redis URL with another database's number."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def check_role(url: str) -> None:
    """Make sure that the given role can make test databases. Raises LauncherError."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        raise LauncherError(f"DATABASE_URL does not lead to a PostgreSQL: {error}") from error
    if row is None or not row[0]:
        raise LauncherError(
            "The role in DATABASE_URL may not create databases, which the tests need: ALTER ROLE … CREATEDB."
        )
