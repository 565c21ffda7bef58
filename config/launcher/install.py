"""Makes `.venv` and installs a lock file into it: `python3 config/launcher/install.py requirements.lock`.

The system's own Python runs this before anything is there, so it imports the standard library only, and a
Python that is too old must still be able to read it, to be told so.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"


def suitable_python() -> str:
    """The Python to make the environment with: this one, or a newer one beside it."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            return newer
    sys.exit(f"Fairlead needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")


def runs(command: "list[str]") -> bool:
    """Whether a command ends well."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def make_environment() -> None:
    """Make `.venv`, unless one is there that runs here: a copied checkout brings one that does not."""
    if runs([str(PYTHON), "-c", f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"]):
        return
    python = suitable_python()
    if not runs([python, "-c", "import ensurepip, venv"]):
        sys.exit(
            f"{python} has no venv module. On Debian and Ubuntu:\n"
            "    apt-get install python3-venv\n"
            "(as root, or with sudo), then try again."
        )
    print("Making the environment in .venv …", flush=True)
    if VENV.exists():
        shutil.rmtree(str(VENV))
    subprocess.run([python, "-m", "venv", str(VENV)], check=True)


def install(lock: Path) -> None:
    """Install exactly what the lock names, unless that was done. Shows how far it is."""
    content = lock.read_bytes()
    stamp = VENV / f"{lock.name}.sha256"
    digest = hashlib.sha256(content).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    total = len(re.findall(rb"^[A-Za-z0-9][^\s=]*==", content, re.MULTILINE))
    print(f"Installing {total} packages from {lock} (a minute or two, the first time) …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--progress-bar", "off", "-r", str(lock)]
    lines = []
    count = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied", "Ignoring ")):
                count += 1
                show(count, total, re.split(r"[\s=;]", line.partition(": ")[2] or line.split()[1])[0])
            elif line.startswith("Installing collected packages"):
                print("\n  unpacking …", flush=True)
    if pip.returncode != 0:
        sys.exit("".join(["\n", *lines[-20:], "\nThe packages could not be installed."]))
    stamp.write_text(digest)


def show(count: int, total: int, name: str) -> None:
    """Tell how far it is: in place on a terminal, now and then elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {count} of {total}  {name}", end="", flush=True)
    elif count % 20 == 0 or count == total:
        print(f"  {count} of {total}", flush=True)


if __name__ == "__main__":
    if sys.platform != "linux":
        print("Fairlead's launcher is made for Linux; elsewhere this may not work.", flush=True)
    make_environment()
    install(Path(sys.argv[1]))
