"""Forgets what runs have kept."""

import shutil

from config.launcher.postgres_programs import stand_in
from config.launcher.state import State
from config.launcher.supervisor import say

# By name: the state directory may be one that holds other people's files too.
KEPT = ("postgres", "redis", "platform", "static", "log", "secret-key", "demo-api-key", "demo-webhook-secret")


def reset() -> None:
    """Remove data, secrets and logs. Raises LauncherError while a launcher runs there."""
    state = State()
    state.lock(say)
    removed = [stand_in(state.directory / "postgres"), *(state.directory / name for name in KEPT)]
    for path in removed:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    say(f"Forgot what was kept in {state.directory}.")
