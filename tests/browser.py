"""A real browser at a real desk: uvicorn serves config.asgi in a thread, on the test's own database and Redis.

``page`` is a page in English, light, 1366 × 768; ``new_page(language="ar", colour_scheme="dark", viewport=(360, 740))``
makes another, in a browser context of its own (another person). At the end of each test it is checked that no page
threw an error, broke the Content-Security-Policy or asked another host for anything.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar

import pytest
import uvicorn
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from accounts.models import User

NewPage = Callable[..., Page]
Result = TypeVar("Result")
STARTING_SECONDS = 30
FINISHING_SECONDS = 10
# For a small machine without a display; and nothing but the desk is ever asked for anything.
FLAGS = [
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
    *("--disable-domain-reliability", "--disable-sync", "--metrics-recording-only", "--no-first-run"),
    *("--no-default-browser-check", "--no-pings", "--safebrowsing-disable-auto-update"),
    "--disable-features=OptimizationHints,MediaRouter,Translate,InterestFeedContentSuggestions",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
AXE = {
    "resultTypes": ["violations"],
    # WCAG 2.2 AA: not among the rules that run by default.
    "rules": {"target-size": {"enabled": True}},
}


class Answering:
    """How many requests and sockets the desk is busy with: emptying its tables under one of them would deadlock."""

    def __init__(self, application: Any) -> None:
        self.application, self.count = application, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += 1
        try:
            await self.application(scope, receive, send)
        finally:
            self.count -= 1

    def finish(self) -> None:
        until = time.monotonic() + FINISHING_SECONDS
        while self.count and time.monotonic() < until:
            time.sleep(0.02)


@pytest.fixture(scope="session")
def _answering(django_db_setup: None) -> Answering:
    from config.asgi import application

    return Answering(application)


@pytest.fixture(scope="session")
def _server(_answering: Answering) -> Iterator[str]:
    """The address of a desk that runs for the whole session. It reads whatever database the test at hand prepared."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(_answering, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + STARTING_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started, "The desk did not start"
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def _browser() -> Iterator[Browser]:
    """One browser per module: while it runs, its event loop counts as this thread's (see ``beside``)."""
    program = shutil.which("chromium")
    assert program, "Chromium is missing: run `python tests/install_browser.py`"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def beside(work: Callable[[], Result]) -> Result:
    """Do some work in a thread of its own, as a worker would: what uses ``async_to_sync`` (delivering) must, because
    the browser's event loop occupies this one."""

    def in_thread() -> Result:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(in_thread).result()


@pytest.fixture
def desk(transactional_db: None, _server: str) -> str:
    """The address of the desk, on this test's tables."""
    return _server


@pytest.fixture
def new_page(desk: str, _answering: Answering, _browser: Browser) -> Iterator[NewPage]:
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            faults.append(f"{message.text} {message.page and message.page.url} {message.location}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((desk, desk.replace("http", "ws", 1), "data:", "about:", "blob:")):
            faults.append(f"asked for {request.url}")

    def make(
        language: str = "en",
        colour_scheme: Literal["light", "dark"] = "light",
        viewport: tuple[int, int] = (1366, 768),
        **options: Any,
    ) -> Page:
        context = _browser.new_context(
            base_url=desk,
            locale=language,
            color_scheme=colour_scheme,
            viewport={"width": viewport[0], "height": viewport[1]},
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on("console", on_console)
        context.on("request", on_request)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    _answering.finish()
    assert not faults, faults


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


def sign_in(page: Page, user: User) -> None:
    """Sign in by the session that the sign-in page would have made."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": str(session.session_key),
                "domain": "127.0.0.1",
                "path": "/",
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )


# What another colour scheme can break.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# What each key would press: of two that are shown, the second could never be reached.
KEYS = """() => [...document.querySelectorAll("[data-key]")].filter((each) => each.checkVisibility())
    .flatMap((each) => each.dataset.key.split(" "))"""


def axe(page: Page, rules: dict[str, Any] = AXE) -> None:
    """Assert that axe-core finds no violation on the page as it is now, and that each key presses one thing."""
    keys = Counter(page.evaluate(KEYS))
    assert not (twice := [key for key, count in keys.items() if count > 1]), f"pressing two things: {twice}"
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async (rules) => (await axe.run(rules)).violations", rules)
    assert not found, "\n".join(
        f"{each['id']} ({each['impact']}): {each['help']}\n"
        + "\n".join(f"    {node['html'][:200]}\n    {node['failureSummary']}" for node in each["nodes"][:5])
        for each in found
    )
