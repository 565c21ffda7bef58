"""The launcher as a person meets it: one at a time, from a terminal, over real servers."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.launcher.keeper import descendants
from config.launcher.state import State, free_port
from tests.launching import SECONDS, cmdline, eventually, launch, read_until, running

# A launcher's process, its DATABASE_URL, and what it said until it was ready.
Started = tuple[subprocess.Popen[str], str, str]


@pytest.fixture
def services(home: Path) -> Iterator[Callable[[], Started]]:
    """Starts `services` over one state directory: its process, DATABASE_URL, and all that it said."""
    started = []

    def start() -> Started:
        process = launch("-m", "config.launcher", "services", FAIRLEAD_STATE_DIR=str(home / "state"))
        started.append(process)
        said = read_until(process, "Ready")
        url = re.search(r"DATABASE_URL='(.*)'", said)
        assert url is not None
        return process, url[1], said

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_the_launcher_of_a_background_script_hears_an_interruption(home: Path) -> None:
    ignoring = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, sys.argv[1:])
"""
    command = [sys.executable, "-m", "config.launcher", "services"]
    launcher = launch("-c", ignoring, *command, FAIRLEAD_STATE_DIR=str(home / "state"))
    read_until(launcher, "Ready")
    launcher.send_signal(signal.SIGINT)
    output, _ = launcher.communicate(timeout=SECONDS)
    assert "Stopped." in output
    assert not running(str(home))


def test_ctrl_c_stops_the_servers_cleanly(services: Callable[[], Started], home: Path) -> None:
    process, url, _ = services()
    psycopg.connect(url).close()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert "Stopped." in output
    assert not running(str(home))
    assert "database system is shut down" in (home / "state" / "log" / "postgres.log").read_text()


def test_a_launcher_killed_outright_leaves_nothing_and_the_next_start_recovers(
    services: Callable[[], Started], home: Path
) -> None:
    process, url, _ = services()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'kept' AS word")
    process.kill()
    # At once: the second start itself waits for what the first has left behind.
    _, url, _ = services()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("kept",)
    assert len([pid for pid in running(str(home)) if b"config.launcher" in cmdline(pid)]) == 1


def test_a_server_whose_keeper_was_killed_too_ends_and_does_not_stop_the_next_start(
    services: Callable[[], Started], home: Path
) -> None:
    process, _, _ = services()
    keepers = [pid for pid in descendants(process.pid) if b"keeper.py" in cmdline(pid)]
    assert len(keepers) == 2
    for pid in keepers:
        os.kill(pid, signal.SIGSTOP)  # so that they cannot do their work when the launcher dies
    process.kill()
    for pid in keepers:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not running(str(home)))
    _, url, _ = services()
    psycopg.connect(url).close()


def test_a_second_launcher_is_refused_and_told_why(services: Callable[[], Started], home: Path) -> None:
    process, _, _ = services()
    second = launch("-m", "config.launcher", "services", FAIRLEAD_STATE_DIR=str(home / "state"))
    output, _ = second.communicate(timeout=SECONDS)
    assert second.returncode == 1
    assert f"already runs from {home / 'state'}: process {process.pid}" in output
    assert process.poll() is None


def test_given_servers_are_used_and_none_is_started(services: Callable[[], Started], home: Path) -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    launcher = launch("-m", "config.launcher", "services", FAIRLEAD_STATE_DIR=str(home / "state"), **given)
    said = read_until(launcher, "Ready")
    assert all(url in said for url in given.values())
    assert running(str(home)) == [launcher.pid]
    launcher.terminate()
    launcher.communicate()
    assert launcher.returncode == 0


def test_an_address_that_leads_nowhere_is_named(home: Path) -> None:
    nowhere = {"DATABASE_URL": f"postgres://x:y@127.0.0.1:{free_port()}/z", "FAIRLEAD_STATE_DIR": str(home)}
    launcher = launch("-m", "config.launcher", "services", **nowhere)
    output, _ = launcher.communicate(timeout=SECONDS)
    assert launcher.returncode == 1
    assert "DATABASE_URL does not lead to a PostgreSQL" in output
    assert "Traceback" not in output


def test_one_process_alone_needs_its_servers_named() -> None:
    launcher = launch("-m", "config.launcher", "worker", SECRET_KEY="known")
    output, _ = launcher.communicate(timeout=SECONDS)
    assert launcher.returncode == 1
    assert "Set DATABASE_URL, REDIS_URL first" in output


def test_secrets_are_made_once_and_are_their_owners_alone(home: Path) -> None:
    state = State(home)
    made = state.secret("some-key", lambda: uuid.uuid4().hex)
    assert state.secret("some-key", lambda: uuid.uuid4().hex) == made
    assert stat.S_IMODE((home / "some-key").stat().st_mode) == 0o600


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        assert free_port("127.0.0.1", taken) > taken


def test_reset_forgets_what_a_run_kept_and_nothing_else(services: Callable[[], Started], home: Path) -> None:
    process, _, _ = services()
    (home / "state" / "of somebody else").touch()
    refused = launch("-m", "config.launcher", "reset", FAIRLEAD_STATE_DIR=str(home / "state"))
    assert "already runs" in refused.communicate(timeout=SECONDS)[0]
    process.terminate()
    process.communicate()
    allowed = launch("-m", "config.launcher", "reset", FAIRLEAD_STATE_DIR=str(home / "state"))
    allowed.communicate(timeout=SECONDS)
    left = {path.name for path in (home / "state").iterdir()}
    assert left == {"of somebody else", "launcher.lock", "keepers.lock"}


def test_the_demo_says_ready_survives_its_worker_and_its_own_end(home: Path) -> None:
    environment = {"FAIRLEAD_STATE_DIR": str(home / "state")}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        demo = launch("-m", "config.launcher", "demo", "--port", str(taken), **environment)
        said = read_until(demo, "Ready")
    try:
        assert f"Port {taken} is taken. Fairlead takes " in said
        assert "Sign in with the password" in said
        addresses = re.findall(r"^(?:Fairlead|The sample platform) +(http://\S+)$", said, re.MULTILINE)
        assert [urllib.request.urlopen(url).status for url in addresses] == [200, 200]

        worker = next(pid for pid in descendants(demo.pid) if b"rqworker" in cmdline(pid))
        os.kill(worker, signal.SIGKILL)
        assert "worker was ended by Killed" in read_until(demo, "starts again")
        assert eventually(lambda: any(b"rqworker" in cmdline(pid) for pid in running(str(home))))
    finally:
        demo.kill()
        demo.wait()
    assert eventually(lambda: not running(str(home)))

    again = launch("-m", "config.launcher", "demo", **environment)
    try:
        assert "Making the database server" not in read_until(again, "Ready")
    finally:
        again.send_signal(signal.SIGINT)
        rest, _ = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, rest
    assert not running(str(home))


@pytest.mark.parametrize(
    ("kind", "program", "says"),
    [
        ("web", b"uvicorn", "Uvicorn running"),
        ("worker", b"rqworker", "Listening on"),
        ("cron", b"manage.py", "starting..."),
    ],
)
def test_each_process_starts_alone_in_the_place_of_the_launcher(kind: str, program: bytes, says: str) -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    options = ["--port", str(free_port())] if kind == "web" else []
    process = launch("-m", "config.launcher", kind, *options, **given)
    try:
        read_until(process, says)
        assert program in cmdline(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)
    assert process.returncode in (0, -signal.SIGTERM)
