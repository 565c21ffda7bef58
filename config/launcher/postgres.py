"""The embedded PostgreSQL: makes its data directory, says how to start it, and makes role and database.

The application's role is no superuser, so that what works here works on a server that somebody else runs.
"""

import os
import shutil
import signal
import time
from pathlib import Path

import psycopg
from psycopg import sql

from config.launcher import LauncherError
from config.launcher.postgres_programs import (
    ENVIRONMENT,
    choose_account,
    find_installation,
    reachable_directory,
    reachable_installation,
    run_as,
)
from config.launcher.processes import Program
from config.launcher.state import free_port, kept_secret, new_token, write_private

ROLE = "fairlead"
DATABASE = "fairlead"
SUPERUSER = "postgres"
# Seconds that a shutdown with its checkpoint may take.
STOP_SECONDS = 20.0

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # No socket file: its path may not be longer than 107 bytes, and a checkout may lie deep.
    "unix_socket_directories": "",
    "max_connections": "200",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A forgotten transaction keeps dead index entries at the head of the queue, and claims crawl.
    "idle_in_transaction_session_timeout": "60s",
}
# For tests: nothing of theirs has to survive a power cut.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def shared_buffers() -> str:
    """An eighth of the memory, within what a small desk and a small machine bear."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    return f"{min(max(megabytes // 8, 32), 256)}MB"


class EmbeddedPostgres:
    """A server over the data in a directory. Start `program()`; once `answers()`, `url` leads to it."""

    def __init__(self, directory: Path, *, forgetful: bool = False) -> None:
        """Find the programs, and a place for the data. A forgetful one leaves nothing behind."""
        self.account = choose_account()
        self.installation = reachable_installation(find_installation(), self.account)
        self.directory = reachable_directory(directory.absolute(), self.account)
        self.data = self.directory / str(self.installation.major)
        self.forgetful = forgetful
        self.port = free_port()
        if self.data.exists() and not (self.directory / "superuser-password").exists():
            raise LauncherError(
                f"The password to the data in {self.data} is missing. "
                "Restore superuser-password beside it, or remove the directory to start afresh."
            )
        self._superuser_password = kept_secret(self.directory / "superuser-password", new_token)
        self._password = kept_secret(self.directory / "password", new_token)
        self.url = f"postgres://{ROLE}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def is_new(self) -> bool:
        """Whether there is no data yet."""
        return not self.data.exists()

    def other_versions(self) -> list[Path]:
        """Data that other versions have made, where this one finds none of its own."""
        return [path for path in self.directory.glob("[0-9][0-9]") if self.is_new]

    def program(self) -> Program:
        """Make the data directory where it is missing, clear the way; the program to start."""
        if self.is_new:
            self._make_data()
        clear_leftovers(self.data)
        settings = SETTINGS | {"shared_buffers": shared_buffers(), "port": str(self.port)}
        if self.forgetful:
            settings |= FORGETFUL
        return Program(
            name="postgres",
            argv=[
                str(self.installation.binaries / "postgres"),
                *("-D", str(self.data)),
                *(argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")),
            ],
            env=ENVIRONMENT,
            cwd=Path("/"),
            account=self.account,
            # SIGTERM would wait for every client to leave; SIGINT sends them away.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            grace=STOP_SECONDS,
            scratch=self.directory if self.forgetful else None,
        )

    def answers(self) -> bool:
        """Whether the server takes connections; if so, role and database are there."""
        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=self.port,
                user=SUPERUSER,
                password=self._superuser_password,
                dbname="postgres",
                connect_timeout=5,
                autocommit=True,
            ) as connection:
                self._make_database(connection)
        except psycopg.OperationalError:
            return False
        return True

    def _make_data(self) -> None:
        # Under another name until it is whole: an interrupted start must not leave half a directory.
        fresh = self.data.with_name(f"{self.data.name}.part")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.directory / "superuser-password.initial"
        write_private(password, self._superuser_password)
        if self.account is not None:
            for path in (fresh, password):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        made = run_as(
            self.account,
            [
                str(self.installation.binaries / "initdb"),
                *("-D", str(fresh)),
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # With C alone, pg_trgm finds no trigrams in any script but Latin.
                "--locale=C.UTF-8",
                *(["--no-sync"] if self.forgetful else []),
            ],
        )
        password.unlink()
        if made.returncode != 0:
            raise LauncherError(f"PostgreSQL could not make its data directory:\n{made.stdout}")
        fresh.rename(self.data)

    def _make_database(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(self._password)),
        )
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))


def clear_leftovers(data: Path) -> None:
    """Stop a server that still runs over the data, and drop a `postmaster.pid` that means nothing.

    PostgreSQL itself takes any process with the noted id for its own, be it a zombie or, after the machine
    or container has started anew, a stranger. Raises LauncherError when a server does not stop.
    """
    note = data / "postmaster.pid"
    deadline = time.monotonic() + STOP_SECONDS
    asked = False
    while True:
        try:
            pid = int(note.read_text().split("\n", 1)[0])
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return  # either the note or the process is gone, which PostgreSQL sees for itself
        except ValueError:
            arguments = []
        if str(data).encode() not in arguments:  # a zombie has no arguments
            note.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise LauncherError(f"The PostgreSQL of an earlier run (process {pid}) does not stop.")
        if not asked:
            os.kill(pid, signal.SIGINT)
            asked = True
        time.sleep(0.1)
