"""What Harbour is told by its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


class MissingSettings(Exception):
    """Harbour cannot start: its text says what to set."""


@dataclass(frozen=True)
class Settings:
    """Where Fairlead is, what to show it, and where Harbour keeps its own things."""

    fairlead_url: str
    api_key: str  # as Fairlead showed it once: "fl_…"
    webhook_secret: str  # of this platform's webhook endpoint: "whsec_…"
    host: str = "127.0.0.1"  # to listen on
    port: int = 8100
    state_dir: Path = Path("var/platform")

    @property
    def own_url(self) -> str:
        """Where Harbour is read on this machine: the links that it sends to Fairlead begin with it."""
        return f"http://{'127.0.0.1' if self.is_open else self.host}:{self.port}"

    @property
    def is_open(self) -> bool:
        """Whether it listens on every address of the machine, and so may be called by any name."""
        return self.host in ("0.0.0.0", "::")  # noqa: S104

    @classmethod
    def from_environment(cls) -> Self:
        """Raises MissingSettings with the names of what is not set."""
        needed = ("FAIRLEAD_URL", "FAIRLEAD_API_KEY", "FAIRLEAD_WEBHOOK_SECRET")
        missing = [name for name in needed if not os.environ.get(name)]
        if missing:
            raise MissingSettings(f"Please set {', '.join(missing)} (docs/sample-platform.md).")
        return cls(
            fairlead_url=os.environ["FAIRLEAD_URL"].rstrip("/"),
            api_key=os.environ["FAIRLEAD_API_KEY"],
            webhook_secret=os.environ["FAIRLEAD_WEBHOOK_SECRET"],
            port=int(os.environ.get("PLATFORM_PORT", "8100")),
            state_dir=Path(os.environ.get("PLATFORM_STATE_DIR", "var/platform")),
        )
