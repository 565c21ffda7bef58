"""The servers that the launcher brings along, as root and as a plain user."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.launcher import LauncherError
from config.launcher import postgres_programs as programs
from config.launcher.postgres import EmbeddedPostgres
from config.launcher.processes import Process, wait_until
from config.launcher.redis import EmbeddedRedis


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
