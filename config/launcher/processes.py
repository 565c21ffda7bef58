"""One process of ours: what to run, started under a keeper (see `keeper.py`), and its log."""

import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.launcher import LauncherError

KEEPER = Path(__file__).with_name("keeper.py")
LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class Program:
    """What to run. `grace` is the time, in seconds, from `stop_signal` to the end by force.

    `death_signal` is what the process gets if its keeper is killed. `scratch` is a directory that the
    keeper removes when the process has ended, however it ended.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    account: pwd.struct_passwd | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    grace: float = 5.0
    scratch: Path | None = None


class Process:
    """A running program.

    Start it from the main thread: Linux takes the end of the starting thread for the end of the launcher.
    `inherit` are file descriptors that stay open in the keeper, and only there, such as a lock's.
    """

    def __init__(self, program: Program, output: int | IO[bytes], inherit: Sequence[int] = ()) -> None:
        self.program = program
        self.started = time.monotonic()
        # By its bare name, so that whoever kills "the launcher" or "the worker" by a pattern over command
        # lines does not hit the keepers as well.
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", KEEPER.name, program.name],
            cwd=KEEPER.parent,
            env=program.env,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=inherit,
            start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops the others in order
        )
        self.pid = self._keeper.pid
        self.output = self._keeper.stdout
        account = program.account
        specification = {
            "parent": os.getpid(),
            "argv": list(program.argv),
            "cwd": str(program.cwd),
            "user": account and account.pw_uid,
            "group": account and account.pw_gid,
            "stop_signal": program.stop_signal,
            "death_signal": program.death_signal,
            "grace": program.grace,
            "scratch": program.scratch and str(program.scratch),
        }
        stdin = self._keeper.stdin
        if stdin is not None:
            with stdin:
                stdin.write(json.dumps(specification).encode())

    def exit_code(self) -> int | None:
        """The code it ended with (128 + n: by signal n), or None while it runs."""
        code = self._keeper.poll()
        return 128 - code if code is not None and code < 0 else code

    def ask_to_stop(self) -> None:
        """Ask it to stop: `stop_signal`, then, after its grace, the end by force."""
        self._keeper.send_signal(signal.SIGTERM)

    def end_now(self) -> None:
        """End it by force."""
        # The keeper takes a second signal for this; two of the same kind could arrive as one.
        self._keeper.send_signal(signal.SIGTERM)
        self._keeper.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """Ask it to stop and wait for its end."""
        self.ask_to_stop()
        self._keeper.wait()


def wait_until(check: Callable[[], bool], process: Process, log: Path, seconds: float = 60.0) -> None:
    """Wait until `check` holds for a lone process. Raises LauncherError when it ends, or takes too long."""
    deadline = time.monotonic() + seconds
    while not check():
        if process.exit_code() is not None or time.monotonic() > deadline:
            raise LauncherError(f"{process.program.name} does not answer. From its log:\n{last_lines(log)}")
        time.sleep(0.05)


def open_log(path: Path) -> IO[bytes]:
    """Open a log to append to; one that has grown large is set aside first, replacing the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.rename(path.with_suffix(path.suffix + ".1"))
    return path.open("ab")


def last_lines(path: Path, count: int = 15) -> str:
    """The end of a log, for an error message."""
    with path.open("rb") as log:
        log.seek(max(path.stat().st_size - 64_000, 0))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
