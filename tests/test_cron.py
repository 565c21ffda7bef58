"""The timers' process: that it ends when it is told to, whatever it is doing at that moment."""

import os
import signal
from collections.abc import Iterator

import pytest

from config.cron import Cron


@pytest.fixture
def cron() -> Iterator[None]:
    """The timers, with the handlers of their signals installed in this process."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    timers = Cron()
    timers._install_signal_handlers()  # type: ignore[no-untyped-call]
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def stopped_amid_a_library_that_catches_everything() -> None:
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except Exception:
        pytest.fail("caught as if it were an error")


@pytest.mark.usefixtures("cron")
def test_a_wish_to_stop_is_not_swallowed_by_code_that_catches_every_exception() -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped_amid_a_library_that_catches_everything()
