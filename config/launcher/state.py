"""The directory that a run keeps its data, secrets and logs in: `var/` of the checkout by default."""

import fcntl
import os
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

from config.launcher import LauncherError

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# Keepers of a launcher that was killed need this long, in seconds, at most: PostgreSQL's grace and a bit.
LEFTOVERS_SECONDS = 30.0


class State:
    """A state directory, held by one launcher at a time."""

    def __init__(self, directory: Path | None = None) -> None:
        """Make the directory where it is missing. Without one: FAIRLEAD_STATE_DIR, else `var/`."""
        chosen = directory or Path(os.environ.get("FAIRLEAD_STATE_DIR") or CHECKOUT / "var")
        self.directory = chosen.absolute()
        self.logs = self.directory / "log"
        self.keepers_lock = -1
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            # PostgreSQL may have to run as another user, and walks through here to its own directory.
            self.directory.chmod(0o711)
            self.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LauncherError(
                f"{self.directory} cannot be written ({error.strerror}). It may have been made by "
                "another user, for example by root; choose another directory with FAIRLEAD_STATE_DIR."
            ) from error

    def lock(self, say: Callable[[str], None]) -> None:
        """Hold the directory until this process ends, whichever way.

        Waits for what a launcher that was killed has left behind: each keeper holds the second lock.
        Raises LauncherError when another launcher holds the directory.
        """
        holder = self.directory / "launcher.lock"
        self._launcher_lock = os.open(holder, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._launcher_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            where = holder.read_text().strip() or "it is starting"
            raise LauncherError(
                f"Fairlead already runs from {self.directory}: {where}. "
                "Stop it with Ctrl-C in its window, or choose another directory with FAIRLEAD_STATE_DIR."
            ) from error
        self.tell(f"process {os.getpid()}")
        self.keepers_lock = os.open(self.directory / "keepers.lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + LEFTOVERS_SECONDS
        told = False
        while True:
            try:
                fcntl.flock(self.keepers_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise LauncherError("Processes of the previous run do not end.") from error
                if not told:
                    say("Waiting for the processes of the previous run to end …")
                    told = True
                time.sleep(0.1)
            else:
                return

    def tell(self, text: str) -> None:
        """Note where this run can be found, for whoever tries to start a second."""
        os.truncate(self._launcher_lock, 0)
        os.pwrite(self._launcher_lock, text.encode(), 0)

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """The secret of that name, made once and kept in a file that only its owner reads."""
        return kept_secret(self.directory / name, make)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, all of it or nothing."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as file:  # noqa: PTH123 (a descriptor, not a path)
        file.write(text)
    part.rename(path)


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in that file, which is made at the first call."""
    if not path.exists():
        write_private(path, make())
    return path.read_text()


def new_token() -> str:
    """A random string of 256 bits that stands in URLs and files as it is."""
    return secrets.token_urlsafe(32)


def free_port(host: str = "127.0.0.1", preferred: int = 0) -> int:
    """The preferred TCP port, or the next free one after it; without a preference, any free one."""
    if preferred == 0:
        with socket.create_server((host, 0)) as listener:
            return int(listener.getsockname()[1])
    for port in range(preferred, min(preferred + 100, 65_536)):
        try:
            with socket.create_server((host, port)):
                return port
        except PermissionError as error:
            raise LauncherError(
                f"Port {port} may not be used by this user; choose one above 1023."
            ) from error
        except OSError:
            continue
    raise LauncherError(f"No free port between {preferred} and {preferred + 99} on {host}.")
