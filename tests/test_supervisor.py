"""Keepers and their supervisor, on small real programs."""

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.launcher import LauncherError
from config.launcher.processes import Program
from config.launcher.supervisor import Supervisor
from tests.launching import SECONDS, eventually, launch, read_until, running

# A worker that has a horse in its own process group, and a stray in its own session, orphaned at once.
FAMILY = """
import os, signal, sys, time
if os.fork() == 0:
    os.setpgrp()
    time.sleep(600)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.wait()
print("family of", os.getpid(), flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("stubborn", flush=True)
time.sleep(600)
"""
# It hears SIGINT even where these tests run in the background of a shell that has it ignored.
LAUNCHER = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from config.launcher.processes import Program
from config.launcher.supervisor import Supervisor
supervisor = Supervisor(Path(sys.argv[1]))
supervisor.start(Program("family", [sys.executable, "-c", sys.argv[2]], dict(os.environ), Path("/")))
try:
    supervisor.run()
except KeyboardInterrupt:
    supervisor.stop()
"""


def program(name: str, code: str, *, mark: str = "", grace: float = 5.0) -> Program:
    """A program of a few lines of Python, whose processes all carry the mark."""
    return Program(name, [sys.executable, "-c", code], os.environ | {"MARK": mark}, Path("/"), grace=grace)


@contextmanager
def supervised(logs: Path) -> Iterator[Supervisor]:
    """A supervisor that stops what it runs."""
    supervisor = Supervisor(logs)
    try:
        yield supervisor
    finally:
        supervisor.stop()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_no_grandchild_outlives_the_launcher(home: Path, end: signal.Signals) -> None:
    mark = uuid.uuid4().hex
    launcher = launch("-c", LAUNCHER, str(home), FAMILY, FAMILY_MARK=mark)
    read_until(launcher, "family of")
    assert len(running(mark)) == 5  # launcher, keeper, worker, horse and stray
    launcher.send_signal(end)
    launcher.communicate(timeout=SECONDS)
    assert eventually(lambda: not running(mark))


def test_no_grandchild_outlives_its_own_parent(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mark = uuid.uuid4().hex
    log = home / "family.log"
    with supervised(home) as supervisor:
        supervisor.start(program("family", FAMILY, mark=mark))
        supervisor.wait_until(lambda: log.read_bytes().endswith(b"\n"), "the family", SECONDS)
        assert len(running(mark)) == 4  # keeper, worker, horse and stray
        os.kill(int(log.read_text().split()[-1]), signal.SIGKILL)
        assert eventually(lambda: not running(mark))
    assert "family   │ family of" in capfd.readouterr().out


def test_a_program_that_crashed_is_started_again(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = """
import os, sys, time
print("run", flush=True)
try:
    os.mkdir("{once}")
except FileExistsError:
    time.sleep(600)
sys.exit(3)
""".replace("{once}", str(home / "once"))
    log = home / "shaky.log"
    with supervised(home) as supervisor:
        supervisor.start(program("shaky", code))
        supervisor.wait_until(lambda: log.read_bytes().count(b"run") == 2, "the second run", SECONDS)
    assert "shaky ended with code 3; it starts again in 1 s." in capfd.readouterr().out


def test_a_program_that_never_gets_up_is_given_up_with_its_last_words(home: Path) -> None:
    with supervised(home) as supervisor:
        supervisor.start(program("hopeless", "raise SystemExit('no such luck')"))
        with pytest.raises(LauncherError, match=r"hopeless ended with code 1, 3 times(?s:.*)no such luck"):
            supervisor.wait_until(lambda: False, "never", SECONDS)


def test_a_step_that_fails_ends_the_start(home: Path) -> None:
    with supervised(home) as supervisor:
        supervisor.run_to_end(program("fine", "pass"))
        with pytest.raises(LauncherError, match="broken failed \\(exit code 2\\)"):
            supervisor.run_to_end(program("broken", "raise SystemExit(2)"))


def test_a_program_that_ignores_the_request_to_stop_is_ended_by_force(home: Path) -> None:
    mark = uuid.uuid4().hex
    log = home / "stubborn.log"
    with supervised(home) as supervisor:
        supervisor.start(program("stubborn", STUBBORN, mark=mark, grace=0.5))
        supervisor.wait_until(lambda: b"stubborn" in log.read_bytes(), "it", SECONDS)
    assert not running(mark)


def test_upper_tiers_are_stopped_before_the_servers_that_they_use(home: Path) -> None:
    order = home / "order"
    last_words = """
import signal, sys, time
def leave(*_):
    time.sleep({delay})
    open({path!r}, "a").write({name!r} + " ")
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print("up", flush=True)
time.sleep(600)
"""
    with supervised(home) as supervisor:
        for name, tier, delay in (("server", 0, 0.0), ("web", 1, 0.5)):
            code = last_words.format(name=name, path=str(order), delay=delay)
            supervisor.start(program(name, code), tier=tier)
        logs = [home / "server.log", home / "web.log"]
        supervisor.wait_until(lambda: all(b"up" in log.read_bytes() for log in logs), "both", SECONDS)
    assert order.read_text() == "web server "
