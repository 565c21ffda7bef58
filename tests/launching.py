"""What the launcher's tests have in common: starting real processes, and looking for what is left of them."""

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.launcher.state import CHECKOUT

SECONDS = 60.0


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
    """A process's arguments; none when it has ended since it was seen, as servers that are stopping do."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


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


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory of our own, with a space in its name. Nothing may run in it any more when the test is done."""
    directory = Path(f"/tmp/fairlead test {uuid.uuid4().hex[:12]}")
    directory.mkdir(mode=0o711)
    yield directory
    assert eventually(lambda: not running(str(directory)))
    shutil.rmtree(directory)
