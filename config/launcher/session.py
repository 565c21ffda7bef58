"""A run: the state directory held, the servers up, and everything stopped again at its end."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import redis

from config.launcher import LauncherError
from config.launcher.keeper import PR_SET_PDEATHSIG, prctl
from config.launcher.postgres import EmbeddedPostgres
from config.launcher.redis import EmbeddedRedis
from config.launcher.state import State, new_token
from config.launcher.supervisor import Supervisor, say

SERVER_SECONDS = 120.0


@dataclass
class Session:
    """What a run has: its state directory, its supervisor, and the environment that leads to its servers."""

    state: State
    supervisor: Supervisor
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))


def run_session(body: Callable[[Session], None]) -> None:
    """Run `body` in a session. Interrupting it (Ctrl-C, SIGTERM, SIGHUP) is the way to end, not an error."""
    # SIGINT too: a shell script's background processes begin by ignoring it, and Python would leave that so.
    for interruption in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if interruption != signal.SIGHUP or signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup(1)
            signal.signal(interruption, signal.default_int_handler)
    if "MAKELEVEL" in os.environ:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # make started this: end with it
    state = State()
    state.lock(say)
    session = Session(state, Supervisor(state.logs, inherit=[state.keepers_lock]))
    try:
        session.environment["PYTHONUNBUFFERED"] = "1"
        session.environment.setdefault("SECRET_KEY", state.secret("secret-key", new_token))
        start_servers(session)
        body(session)
    except KeyboardInterrupt:
        say("\nStopping …")
    finally:
        session.supervisor.stop()
        say("Stopped.")


def start_servers(session: Session) -> None:
    """Start the servers that the environment does not name, and check those that it does."""
    directory, supervisor = session.state.directory, session.supervisor
    if url := os.environ.get("DATABASE_URL"):
        check_database(url)
    else:
        postgres = EmbeddedPostgres(directory / "postgres")
        say(f"{'Making' if postgres.is_new else 'Starting'} the database server …")
        if others := postgres.other_versions():
            say(f"It starts afresh: the data in {', '.join(map(str, others))} is another version's.")
        if postgres.directory != directory / "postgres":
            say(f"Its data is in {postgres.directory}: only there can root run it as another user.")
        supervisor.start(postgres.program(), quiet=True)
        supervisor.wait_until(postgres.answers, "PostgreSQL", SERVER_SECONDS)
        session.environment["DATABASE_URL"] = postgres.url
    if url := os.environ.get("REDIS_URL"):
        check_redis(url)
    else:
        server = EmbeddedRedis(directory / "redis")
        supervisor.start(server.program(), quiet=True)
        supervisor.wait_until(server.answers, "Redis", SERVER_SECONDS)
        session.environment["REDIS_URL"] = server.url


def check_database(url: str) -> None:
    """Raises LauncherError when the given DATABASE_URL leads nowhere."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as error:
        raise LauncherError(f"DATABASE_URL does not lead to a PostgreSQL: {error}") from error


def check_redis(url: str) -> None:
    """Raises LauncherError when the given REDIS_URL leads nowhere."""
    try:
        with redis.Redis.from_url(url, socket_timeout=10) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise LauncherError(f"REDIS_URL does not lead to a Redis: {error}") from error
