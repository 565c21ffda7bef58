"""The launcher, on real processes: servers, keepers, supervision, one launcher at a time."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.launcher import LauncherError
from config.launcher import postgres_programs as programs
from config.launcher.keeper import descendants
from config.launcher.postgres import EmbeddedPostgres
from config.launcher.processes import Process, Program, wait_until
from config.launcher.redis import EmbeddedRedis
from config.launcher.state import CHECKOUT, State, free_port
from config.launcher.supervisor import Supervisor

SECONDS = 30.0

# A launcher's process, its DATABASE_URL, and what it said until it was ready.
Started = tuple[subprocess.Popen[str], str, str]

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
LAUNCHER = """
import os, sys
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


def running(mark: str) -> list[int]:
    """The living processes whose environment, arguments or working directory hold the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            traces = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if mark.encode() in traces or mark in str((entry / "cwd").readlink()):
                found.append(int(entry.name))
        except OSError:
            continue  # it ended meanwhile, is a zombie, or another user's
    return found


def eventually(check: Callable[[], bool]) -> bool:
    """Whether the check comes to hold within the time that a slow machine may need."""
    deadline = time.monotonic() + SECONDS
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def cmdline(pid: int) -> bytes:
    """A process's arguments."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


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


def launch(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start a launcher as a person would, without the servers of these tests."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
    }
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], word: str) -> str:
    """What a process prints up to a word."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if word in line:
            return text
    raise AssertionError(f"ended without {word!r}: {text}")


@contextmanager
def postgres(directory: Path, *, forgetful: bool = False) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that runs over a directory's data."""
    server = EmbeddedPostgres(directory, forgetful=forgetful)
    log = directory.with_name(f"{directory.name}.log")
    with log.open("ab") as output:
        process = Process(server.program(), output)
    try:
        wait_until(server.answers, process, log)
        yield server
    finally:
        process.stop()


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory of our own, without the long way that pytest's own lie at."""
    directory = Path(f"/tmp/fairlead test {uuid.uuid4().hex[:12]}")
    directory.mkdir(mode=0o711)
    yield directory
    shutil.rmtree(directory)


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
    assert eventually(lambda: not running(str(home)))


@pytest.mark.parametrize("word", ["สวัสดี", "नमस्ते", "বাংলা", "Привет", "你好世界", "مرحبا"])
def test_the_database_finds_trigrams_in_every_script(word: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE SCHEMA for_trigrams; SET LOCAL search_path = for_trigrams")
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        row = connection.execute("SELECT cardinality(show_trgm(%s))", [word]).fetchone()
        connection.rollback()
    assert row is not None
    assert row[0] > 0


def test_a_restart_keeps_the_data_and_the_role_is_no_superuser(home: Path) -> None:
    with postgres(home / "data") as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'kept' AS word")
    with postgres(home / "data") as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("kept",)
        rights = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(rights).fetchone() == (False, True)
        wait = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
        assert wait == ("1min",)


def test_the_database_wants_its_password(home: Path) -> None:
    with postgres(home / "data") as server:
        wrong = server.url.replace(":", ":x", 2).replace("postgres:x", "postgres:", 1)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        secret = server.directory / "password"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text() in server.url


@pytest.mark.parametrize("command", [["/bin/sleep", "600"], ["/bin/true"]], ids=["a stranger", "a zombie"])
def test_a_stale_note_of_a_process_does_not_stop_the_database(home: Path, command: list[str]) -> None:
    with postgres(home / "data") as server:
        note = server.data / "postmaster.pid"
        lines = note.read_text().split("\n")
    # Of the same user: PostgreSQL disregards other users' processes by itself.
    account = server.account
    other = subprocess.Popen(command, user=account and account.pw_uid)
    if command == ["/bin/true"]:
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # ended, and kept as a zombie
    try:
        note.write_text("\n".join([str(other.pid), *lines[1:]]))
        with postgres(home / "data") as server, psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert other.poll() in (None, 0)
    finally:
        other.kill()
        other.wait()


def test_the_database_works_from_a_directory_that_only_its_owner_can_enter(home: Path) -> None:
    home.chmod(0o700)
    with postgres(home / "data", forgetful=True) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server.directory.exists()
    assert not server.directory.exists()


def test_programs_that_only_their_owner_can_reach_are_run_all_the_same(home: Path) -> None:
    found = programs.find_installation()
    account = programs.choose_account()
    root = found.parts[0].parent.parent
    for part in found.parts:
        shutil.copytree(part, home / part.relative_to(root))
    home.chmod(0o700)
    hidden = programs.Installation(
        home / found.binaries.relative_to(root),
        found.major,
        tuple(home / part.relative_to(root) for part in found.parts),
    )
    reachable = programs.reachable_installation(hidden, account)
    try:
        answer = programs.run_as(account, [str(reachable.binaries / "initdb"), "--version"])
        assert answer.returncode == 0, answer.stdout
        assert programs.can(account, "-r", reachable.binaries.parent / "share" / "postgres.bki")
        assert programs.reachable_installation(hidden, account) == reachable
    finally:
        for copy in programs.REACHABLE.glob(f"programs-{programs.name_for(hidden.binaries)}-*"):
            shutil.rmtree(copy)


def test_a_user_that_the_system_does_not_list_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(LauncherError, match=r"54321.*DATABASE_URL"):
        programs.choose_account()


def test_redis_wants_its_password_and_has_a_database_for_each_test_worker(home: Path) -> None:
    server = EmbeddedRedis(home / "redis")
    log = home / "log"
    with log.open("ab") as output:
        process = Process(server.program(), output)
    try:
        wait_until(server.answers, process, log)
        stranger = redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0))
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        with redis.Redis.from_url(server.url.replace("/0", "/40")) as client:
            assert client.set("key", "value")
        assert stat.S_IMODE((home / "redis" / "redis.conf").stat().st_mode) == 0o600
    finally:
        process.stop()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_no_grandchild_outlives_the_launcher(home: Path, end: signal.Signals) -> None:
    mark = uuid.uuid4().hex
    launcher = launch("-c", LAUNCHER, str(home), FAMILY, FAMILY_MARK=mark)
    read_until(launcher, "family of")
    assert len(running(mark)) == 5  # launcher, keeper, worker, horse and stray
    launcher.send_signal(end)
    launcher.communicate()
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
