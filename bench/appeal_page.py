"""What the pages of an appeal weigh, and when a person on a slow phone can use them: in a real browser, on a real desk.

    python -m bench.appeal_page [--languages en,ar,th] [--heaviest 2]

A form that was filled in, with five files, and the status of an appeal, in the heaviest languages of all (by a quick
look at each) and in those that are named. The browser keeps nothing and starts anew for each page. Bytes are those
that came over the wire, heads included. Times are of a phone four times slower than this machine on slow 3G (400
kbit/s each way, 400 ms there and back), and as a ratio to the same page without that, in the same run. Ends with 1
where a page weighs more than 60,000 bytes.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from bench.database import on_a_database

PHONE: Final = {"width": 360, "height": 740}
KBIT: Final = 1000 / 8
SLOW_3G: Final = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400 * KBIT,
    "uploadThroughput": 400 * KBIT,
}
SLOWER: Final = 4
TIMES: Final = 3
STARTING_SECONDS: Final = 60
OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# When something is seen first, and when the page's scripts have run: from then on its buttons do all they can.
MOMENTS: Final = """() => ({
  painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
  usable: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
})"""


@dataclass
class Load:
    """One load of a page: bytes by address, and milliseconds from the moment its address was opened."""

    weights: dict[str, int]
    painted: float
    usable: float
    answered: float

    @property
    def weight(self) -> int:
        return sum(self.weights.values())


def load(browser: Browser, url: str, *, slow: bool, press: str = "") -> Load:
    """Open it in a new browser context. ``press``: a button whose answer is waited for as well."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        if slow:
            devtools.send("Network.emulateNetworkConditions", SLOW_3G)
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        addresses: dict[str, str] = {}
        weights: dict[str, int] = {}

        def asked(event: dict[str, Any]) -> None:
            addresses[event["requestId"]] = event["request"]["url"]

        def came(event: dict[str, Any]) -> None:
            weights[addresses[event["requestId"]]] = int(event["encodedDataLength"])

        devtools.on("Network.requestWillBeSent", asked)
        devtools.on("Network.loadingFinished", came)
        page.goto(url, wait_until="load")
        # Some pieces come after what counts as loaded.
        page.wait_for_load_state("networkidle")
        moments = page.evaluate(MOMENTS)
        loaded, answered = dict(weights), 0.0
        if press:
            start = time.perf_counter()
            page.locator(press).tap()
            page.locator("#kept").wait_for()
            answered = (time.perf_counter() - start) * 1000
        return Load(loaded, moments["painted"], moments["usable"], answered)
    finally:
        context.close()


@contextmanager
def a_desk() -> Iterator[str]:
    """The web process as production starts it, on this benchmark's database; its address."""
    import httpx
    from django.db import connection

    from bench.chaos.processes import free_port
    from config.launcher import commands
    from tests.processes import Running

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Running(commands.web("127.0.0.1", port, quiet=True), **commands.WEB_SETTINGS) as web:
        until = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                httpx.get(f"{url}/healthz", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < until, web.said()
                assert web.process.poll() is None, web.said()
                time.sleep(0.1)
        try:
            yield url
        finally:
            web.kill()
            # The database is dropped next, once nobody is connected to it.
            with connection.cursor() as cursor:
                cursor.execute(OTHERS)
                while cursor.fetchone() != (0,):
                    time.sleep(0.1)
                    cursor.execute(OTHERS)


def by_weight(url: str, path: str) -> list[str]:
    """All languages, the one whose page is heaviest first."""
    import httpx
    from django.conf import settings

    weights = {}
    for code, _name in settings.LANGUAGES:
        with httpx.stream(
            "GET", f"{url}{path}?language={code}", headers={"Accept-Encoding": "gzip"}
        ) as answer:
            weights[code] = sum(map(len, answer.iter_raw()))
    return sorted(weights, key=lambda code: -weights[code])


def choice_of_language(url: str, path: str) -> tuple[int, int]:
    """How much of a page is the list of languages: bytes of it as it is, and packed."""
    import gzip
    import re

    import httpx

    page = httpx.get(f"{url}{path}").text
    without = re.sub(r"<option.*</option>", "", page, flags=re.DOTALL)
    assert without != page
    sizes = [(len(each.encode()), len(gzip.compress(each.encode(), 6))) for each in (page, without)]
    return sizes[0][0] - sizes[1][0], sizes[0][1] - sizes[1][1]


def tell(name: str, slow: list[Load], fast: list[Load]) -> None:
    from tests.page_weight import MOST_BYTES

    one = slow[0]
    print(f"{name}: {one.weight:,} bytes of {MOST_BYTES:,} ({100 * one.weight / MOST_BYTES:.0f} %)")
    for address, weight in sorted(one.weights.items(), key=lambda each: -each[1]):
        print(f"  {weight:8,}  {urlsplit(address).path if '/static/' in address else 'the page itself'}")
    for what, words in (
        ("painted", "something is seen"),
        ("usable", "buttons answer"),
        ("answered", "a pressed button is answered"),
    ):
        times, bare = ([getattr(each, what) for each in loads] for loads in (slow, fast))
        if any(times):
            middle, limit = statistics.median(times), statistics.median(bare)
            print(
                f"  {words:30} {middle:6,.0f} ms on slow 3G, {middle / limit:5.1f} times {limit:,.0f} ms without"
            )


def measure(named: list[str], heaviest: int) -> bool:
    from tests.page_weight import MOST_BYTES, full_form, sent

    program = shutil.which("chromium")
    assert program, "Chromium is missing: run `make browser`"
    from tests.browser import FLAGS

    light = True
    with a_desk() as url:
        form = full_form("ta").path
        order = by_weight(url, form)
        plain, packed = choice_of_language(url, form)
        print(f"heaviest first: {', '.join(order[:10])}, …, {order[-1]}")
        print(f"the list of {len(order)} languages: {plain:,} bytes, {packed:,} when compressed", flush=True)
        # All of them before the browser starts: its event loop is this thread's then.
        chosen = dict.fromkeys([*order[:heaviest], *named])
        forms = {code: (full_form(code), full_form(code)) for code in chosen}
        pages = {code: (waiting.path, sent(gone)) for code, (waiting, gone) in forms.items()}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            for language, paths in pages.items():
                for what, path in zip(("form", "status"), paths, strict=True):
                    address = f"{url}{path}?language={language}"
                    press = "#appeal-form [name=save]" if what == "form" else ""
                    load(browser, address, slow=False)
                    runs = [
                        [load(browser, address, slow=slow, press=press) for _ in range(TIMES)]
                        for slow in (True, False)
                    ]
                    tell(f"{what} in {language}", *runs)
                    light &= max(each.weight for loads in runs for each in loads) <= MOST_BYTES
            browser.close()
    return light


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--languages", default="en", help="besides the heaviest: en,ar")
    parser.add_argument("--heaviest", type=int, default=2)
    wanted = parser.parse_args()
    with on_a_database():
        light = measure(wanted.languages.split(","), wanted.heaviest)
    sys.exit(0 if light else 1)


if __name__ == "__main__":
    main()
