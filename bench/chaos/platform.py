"""A platform under stress: a real HTTP server whose endpoints fail in every way there is.

Each endpoint keeps its own record of what is in force, so that each is judged alone: by the end all must agree.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks import Webhook

from moderation.outbox.signing import new_secret

# How an endpoint that has a bad moment answers: what it says, and how often among its bad moments.
BAD: Final = {
    "500": 20,
    "404": 10,
    "429 with Retry-After": 10,
    "302": 10,
    "503 after it acted": 15,
    "dropped before it acted": 15,
    "dropped after it acted": 15,
    "slow": 5,
}
SLOW_SECONDS: Final = 2.5
LOCATION: Final = "http://127.0.0.1:9/elsewhere"


class Endpoint:
    """One address of a platform. ``share`` of its moments are bad; ``down``: it takes connections and drops them."""

    def __init__(self, name: str, share: float, seed: int) -> None:
        self.name = name
        self.secret = new_secret()
        self.share = share
        self.down = False
        self.gone_next = False
        self.bad: Counter[str] = Counter()
        self.requests = 0
        self.repeated = 0
        # What must never happen, in words.
        self.faults: list[str] = []
        self._random = random.Random(seed)
        self._seen: set[str] = set()
        self._in_force: dict[str, dict[str, Any]] = {}
        self._last_of_item: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def in_force(self) -> Counter[tuple[str, str, str]]:
        """What is in force, as (item's id, action, how)."""
        with self._lock:
            return Counter(
                (data["item"]["id"], data["action"], data["parameters"].get("how", ""))
                for data in self._in_force.values()
            )

    def catch_up(self, item: str, enforcements: list[dict[str, Any]]) -> None:
        """What the API says of an item, for an endpoint that was switched off for a while."""
        with self._lock:
            for enforcement_id in [i for i, data in self._in_force.items() if data["item"]["id"] == item]:
                del self._in_force[enforcement_id]
            self._in_force |= {each["enforcement_id"]: each for each in enforcements}

    def moment(self) -> str:
        """How this request is treated; empty: well."""
        self.requests += 1
        if self.down:
            bad = "down"
        elif self.gone_next:
            self.gone_next = False
            bad = "410"
        elif self._random.random() < self.share:
            bad = self._random.choices(list(BAD), list(BAD.values()))[0]
        else:
            return ""
        self.bad[bad] += 1
        return bad

    def act(self, webhook_id: str, message: dict[str, Any]) -> None:
        """Do what it says, once; note what no platform should ever see."""
        data = message["data"]
        with self._lock:
            if webhook_id in self._seen:
                self.repeated += 1
                return
            self._seen.add(webhook_id)
            if message["type"] == "enforcement.requested":
                if data["enforcement_id"] in self._in_force:
                    self.faults.append(f"asked twice for {data['enforcement_id']}")
                self._in_force[data["enforcement_id"]] = data
            if message["type"] == "enforcement.reversed":
                there = self._in_force.pop(data["enforcement_id"], None)
                if there is None and not self.was_off:
                    self.faults.append(f"reversed before it was asked for: {data['enforcement_id']}")

    # Set once it was switched off: what happened meanwhile it has from the API alone.
    was_off = False


class Platform:
    """The server with its endpoints."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        by_path = {f"/{endpoint.name}": endpoint for endpoint in endpoints}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                handle(self, by_path[self.path])

            def log_message(self, *_: Any) -> None:
                """Nothing: the endpoints count."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def handle(request: BaseHTTPRequestHandler, endpoint: Endpoint) -> None:
    body = request.rfile.read(int(request.headers["content-length"]))
    bad = endpoint.moment()
    if bad in ("down", "dropped before it acted"):
        request.close_connection = True
        return
    if bad == "slow":
        time.sleep(SLOW_SECONDS)
    if bad in ("", "slow", "503 after it acted", "dropped after it acted"):
        try:
            message = Webhook(endpoint.secret).verify(body, dict(request.headers.items()))
        except Exception as error:
            endpoint.faults.append(f"not signed as it should be: {error}")
        else:
            endpoint.act(request.headers["webhook-id"], message)
    if bad == "dropped after it acted":
        request.close_connection = True
        return
    status = int(bad[:3]) if bad[:3].isdigit() else 204
    try:
        request.send_response(status)
        if status == 302:
            request.send_header("Location", LOCATION)
        if status == 429:
            request.send_header("Retry-After", "1")
        request.send_header("Content-Length", "0")
        request.end_headers()
    except OSError:
        pass  # the desk had waited long enough
