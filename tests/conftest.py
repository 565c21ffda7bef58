"""Fixtures that many tests share. The servers are started in servers.py, before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.models import Platform, Scope
from config import catalogues
from moderation.eligibility import loading
from tests.factories import make_platform

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "fairlead", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("fairlead")

pytest_plugins = ["tests.browser", "tests.launching", "tests.owing", "tests.recording"]


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    """The compiled translations are not in the repository."""
    catalogues.compile_stale()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """A hash that is slow by design would take most of the time of tests that need two people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """What is kept for seconds must not outlive a test."""
    cache.clear()
    loading.forget()
    yield
    cache.clear()
    loading.forget()


@pytest.fixture
def platform(db: None) -> Platform:
    return make_platform()


@pytest.fixture
def api_key(platform: Platform) -> str:
    """A key of the platform with every scope."""
    from accounts.api_keys import create_key

    return create_key(platform, "tests", list(Scope))[1]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Some tests log what is not Unicode on purpose, and xdist cannot send that from its workers."""
    report.sections = [(title, _sendable(text)) for title, text in report.sections]
    if report.failed:
        report.longrepr = _sendable(str(report.longrepr))


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
