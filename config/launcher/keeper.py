"""Stands between the launcher and one process that it started, so that nothing outlives the launcher.

Linux ends only a process's direct children by a parent-death signal. Work horses, schedulers and server
workers are grandchildren, and some of them leave their process group. The keeper therefore is a
subreaper: whatever its process starts, and later orphans, becomes a child of the keeper, which ends them
all when the process ends, when it is asked to stop (SIGTERM; a second one at once), or when the launcher
dies in any way, `kill -9` included.

It runs on its own (`python -I -S keeper.py <name>`), imports the standard library only, and reads what to
run as one JSON object from stdin: see `processes.Program`. It exits with its process's code, or with
128 + the signal that ended the process.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

HEARD = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
LAST_RESORT_SECONDS = 5.0

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    """Call prctl(2). Raises OSError."""
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(of: int) -> list[int]:
    """The ids of all living processes below `of`, nearest first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The second field, the command's name, may hold spaces and brackets: count from its end.
            state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            children.setdefault(int(parent), []).append(int(entry.name))
    found = list(children.get(of, []))
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def end_descendants() -> None:
    """Kill everything below this process, until nothing is left."""
    deadline = time.monotonic() + LAST_RESORT_SECONDS
    while (left := descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        reap()
        time.sleep(0.01)


def reap() -> dict[int, int]:
    """Collect the children that have ended: their ids with their exit codes (negative: a signal)."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def run(program: dict[str, Any]) -> int:
    """Start `program`, keep it until it ends or a stop is asked for; its exit code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != program["parent"]:
        return 1  # the launcher was gone before it could be watched

    def in_child() -> None:
        # After the change of user, which would clear it.
        prctl(PR_SET_PDEATHSIG, program["death_signal"])
        signal.pthread_sigmask(signal.SIG_SETMASK, [])

    child = subprocess.Popen(
        program["argv"],
        cwd=program["cwd"],
        stdin=subprocess.DEVNULL,
        user=program["user"],
        group=program["group"],
        extra_groups=None if program["user"] is None else [],
        preexec_fn=in_child,
    )
    deadline: float | None = None
    while True:
        heard = signal.sigtimedwait(HEARD, 60 if deadline is None else max(deadline - time.monotonic(), 0))
        asked = heard is not None and heard.si_signo != signal.SIGCHLD
        code = reap().get(child.pid)
        if code is not None:
            end_descendants()
            return code if code >= 0 else 128 - code
        if asked and deadline is None:
            deadline = time.monotonic() + program["grace"]
            os.kill(child.pid, program["stop_signal"])
        elif deadline is not None and (asked or time.monotonic() >= deadline):
            end_descendants()
            return 128 + signal.SIGKILL


def main() -> int:
    """Read the program from stdin, run it, and remove its scratch directory, if it has one."""
    program = json.load(sys.stdin)
    try:
        return run(program)
    finally:
        if program["scratch"] is not None:
            shutil.rmtree(program["scratch"], ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
