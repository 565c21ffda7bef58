"""Makes sure of the browser that the tests drive, and of fonts for the scripts that they show.

Installs Debian's packages where it may (as root, or by sudo without a password); else it says the one line
to run. Run by `make test`; needs the standard library only.
"""

# ruff: noqa: T201 (it talks to a terminal)

import os
import shutil
import subprocess
import sys

BROWSER = "chromium"
FONTS = ["fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"]


def runs(*command: str) -> bool:
    """Whether a command is there and ends well."""
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def installed(package: str) -> bool:
    """Whether Debian's package is there; one that was removed leaves a status behind, too."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True).stdout == "installed"


def missing() -> list[str]:
    """The packages that are not there. Fonts can only be looked up where there is dpkg."""
    packages = [] if shutil.which(BROWSER) else [BROWSER]
    if shutil.which("dpkg-query"):
        packages += [font for font in FONTS if not installed(font)]
    return packages


def install(packages: list[str]) -> None:
    """Install the packages if this user may; otherwise change nothing."""
    if not shutil.which("apt-get"):
        return
    if os.geteuid() == 0:
        prefix = []
    elif runs("sudo", "-n", "true"):
        prefix = ["sudo", "-n"]
    else:
        return
    print("Installing", *packages, "…", flush=True)
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    subprocess.run([*command, "-q", "update"], stdout=subprocess.DEVNULL)
    subprocess.run(
        [*command, "-q", "-y", "install", "--no-install-recommends", *packages], stdout=subprocess.DEVNULL
    )


def main() -> None:
    """Install what is missing. Ends the run when there is no browser; missing fonts are only told."""
    packages = missing()
    if packages:
        install(packages)
        packages = missing()
    if packages:
        print("The browser tests need packages that are missing. Run this, as root or with sudo:")
        print("    apt-get install -y --no-install-recommends", *packages)
        if BROWSER in packages:
            sys.exit(1)


if __name__ == "__main__":
    main()
