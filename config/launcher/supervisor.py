"""Runs programs side by side in one terminal: watches them, starts them again, stops them in order."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config.launcher import LauncherError
from config.launcher.processes import Process, Program, last_lines, open_log

LINE_BYTES = 64_000
# Seconds before a crashed program is started again; each further crash takes the next, the last one stays.
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
# A program that ran this long, in seconds, is well: its next crash is its first.
STEADY_SECONDS = 60.0
CRASHES_BEFORE_READY = 3


def say(text: str) -> None:
    """Print a line at once. A terminal that has gone away is no reason to stop in disorder."""
    with suppress(OSError):
        print(text, flush=True)


@dataclass(eq=False)
class _Watched:
    """A program with its present process, its log, and where its lines go."""

    program: Program
    log: IO[bytes]
    tier: int
    quiet: bool
    process: Process | None = None
    pipe: IO[bytes] | None = None
    line: bytes = b""
    crashes: int = 0
    start_at: float = 0.0


@dataclass
class Supervisor:
    """Programs that run together. Output goes to `logs`, and prefixed with the program's name to stdout.

    `inherit` are file descriptors that stay open in each keeper, such as a lock's.
    """

    logs: Path
    inherit: Sequence[int] = ()
    _watched: list[_Watched] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _ready: bool = False

    def start(self, program: Program, *, tier: int = 0, quiet: bool = False) -> None:
        """Start a program and keep it running. Higher tiers are stopped first; a quiet one only logs."""
        watched = _Watched(program, open_log(self.logs / f"{program.name}.log"), tier, quiet)
        self._watched.append(watched)
        self._launch(watched)

    def run_to_end(self, program: Program) -> None:
        """Run a program that ends by itself. Raises LauncherError when it fails."""
        self.start(program)
        watched = self._watched[-1]
        while (code := self._exit_code(watched)) is None:
            self._read(0.1)
        self._forget(watched)
        if code:
            raise LauncherError(f"{program.name} failed (exit code {code}). Its output: {watched.log.name}")

    def wait_until(self, check: Callable[[], bool], what: str, seconds: float) -> None:
        """Keep everything running until `check` holds. Raises LauncherError when it does not in time."""
        deadline = time.monotonic() + seconds
        while not check():
            if time.monotonic() > deadline:
                raise LauncherError(f"{what} did not answer within {seconds:.0f} seconds. See {self.logs}")
            self.watch(0.05)

    def run(self) -> None:
        """Keep everything running until interrupted."""
        self._ready = True
        while True:
            self.watch(0.5)

    def watch(self, seconds: float) -> None:
        """Pass output on for up to `seconds`; start again what has crashed and has waited long enough."""
        self._read(seconds)
        for watched in self._watched:
            if watched.process is None:
                if time.monotonic() >= watched.start_at:
                    self._launch(watched)
            elif (code := self._exit_code(watched)) is not None:
                self._crashed(watched, watched.process, code)

    def stop(self) -> None:
        """Stop everything, tier by tier, each tier fully before the next. Interrupted again: by force."""
        while self._watched:
            tier = max(watched.tier for watched in self._watched)
            stopping = [watched for watched in self._watched if watched.tier == tier]
            try:
                for watched in stopping:
                    if watched.process is not None:
                        watched.process.ask_to_stop()
                while any(self._exit_code(watched) is None for watched in stopping):
                    self._read(0.05)
            except KeyboardInterrupt:
                say("Stopping at once.")
                for watched in self._watched:
                    if watched.process is not None:
                        watched.process.end_now()
                continue
            for watched in stopping:
                self._forget(watched)

    def _launch(self, watched: _Watched) -> None:
        watched.process = Process(watched.program, subprocess.PIPE, self.inherit)
        watched.pipe = watched.process.output
        if watched.pipe is not None:
            os.set_blocking(watched.pipe.fileno(), False)
            self._selector.register(watched.pipe, selectors.EVENT_READ, watched)

    def _exit_code(self, watched: _Watched) -> int | None:
        return 0 if watched.process is None else watched.process.exit_code()

    def _crashed(self, watched: _Watched, process: Process, code: int) -> None:
        self._finish(watched)
        if time.monotonic() - process.started > STEADY_SECONDS:
            watched.crashes = 0
        watched.crashes += 1
        name = watched.program.name
        how = (
            f"was ended by {signal.strsignal(code - 128)}" if 128 < code < 160 else f"ended with code {code}"
        )
        if not self._ready and watched.crashes >= CRASHES_BEFORE_READY:
            log = Path(watched.log.name)
            raise LauncherError(f"{name} {how}, {watched.crashes} times. From {log}:\n{last_lines(log)}")
        delay = BACK_OFF[min(watched.crashes, len(BACK_OFF)) - 1]
        watched.start_at = time.monotonic() + delay
        say(f"{name} {how}; it starts again in {delay:.0f} s.")

    def _read(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            self._pass_on(key.data)

    def _finish(self, watched: _Watched) -> None:
        """Pass on what an ended process had still to say, and forget the process."""
        while self._pass_on(watched):
            pass
        self._close(watched)
        watched.process = None

    def _forget(self, watched: _Watched) -> None:
        self._finish(watched)
        watched.log.close()
        self._watched.remove(watched)

    def _pass_on(self, watched: _Watched) -> bool:
        """Pass on what there is to read; whether there may be more."""
        if watched.pipe is None:
            return False
        try:
            chunk = os.read(watched.pipe.fileno(), LINE_BYTES)
        except BlockingIOError:
            return False
        watched.log.write(chunk)
        watched.log.flush()
        *lines, watched.line = (watched.line + chunk).split(b"\n")
        if watched.line and (not chunk or len(watched.line) > LINE_BYTES):
            lines.append(watched.line)
            watched.line = b""
        if not watched.quiet:
            for line in lines:
                say(f"{watched.program.name:<9}│ {line.decode(errors='replace').rstrip()}")
        if not chunk:
            self._close(watched)
        return bool(chunk)

    def _close(self, watched: _Watched) -> None:
        if watched.pipe is not None:
            self._selector.unregister(watched.pipe)
            watched.pipe.close()
            watched.pipe = None
