"""A platform's end of the webhooks: a real HTTP server on loopback that verifies with the official library.

It takes what comes until it is told to fail, hang, redirect or drop the connection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from moderation.outbox.signing import new_secret

PATIENCE = 60.0  # seconds: how long a test waits for something before it says that it did not come


@dataclass(frozen=True)
class Received:
    """One request as it came. ``message`` is the body after it was verified."""

    webhook_id: str
    message: dict[str, Any]
    headers: dict[str, str]

    @property
    def type(self) -> str:
        return str(self.message["type"])

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.message["data"])

    @property
    def item(self) -> str:
        return str(self.data["item"]["id"])


@dataclass(frozen=True)
class Behaviour:
    """What to do with one request instead of answering 204."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False
    hang: bool = False  # until the receiver is told to let go, or stops
    drip: bytes = b""  # begin the answer so, then a byte of it now and then, for ever


FAIL = Behaviour(500)
ALREADY_GONE = Behaviour(200, body=b'{"result": "already_gone"}')
DROP = Behaviour(drop=True)
HANG = Behaviour(hang=True)
DRIP = Behaviour(drip=b"HTTP/1.1 200 OK\r\nX-Slow: ")
DRIP_BODY = Behaviour(drip=b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # more callers at once than this would wait a second each


class Receiver:
    """``received`` holds what verified, in order of arrival; ``refused`` why something did not verify."""

    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret or new_secret()
        self.received: list[Received] = []
        self.refused: list[Exception] = []
        self.connections = 0
        self.let_go = threading.Event()
        # Called with each request while it is open; raises to fail the test.
        self.while_open: Callable[[Received], None] = lambda received: None
        self._next: list[Behaviour] = []
        self._for_item: dict[str, Behaviour] = {}
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                receiver.connections += 1
                super().setup()

            def do_POST(self) -> None:
                receiver._handle(self)

            def do_GET(self) -> None:
                # Where a redirect that was followed would arrive.
                receiver.refused.append(AssertionError("a redirect was followed"))
                self.send_error(405)

            def log_message(self, *_: Any) -> None:
                """Nothing: the test reads what was received."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()

    def then(self, *behaviours: Behaviour) -> None:
        """How to treat the next requests, one each."""
        self._next.extend(behaviours)

    def on(self, item: str, behaviour: Behaviour | None) -> None:
        """How to treat what is about one item, until told otherwise."""
        if behaviour is None:
            self._for_item.pop(item, None)
        else:
            self._for_item[item] = behaviour

    def wait_for(self, count: int) -> list[Received]:
        """What was received, once it is that many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, PATIENCE), (
                f"{len(self.received)} of {count} webhooks came; refused: {self.refused}"
            )
        return self.received

    def types(self) -> list[str]:
        return [each.type for each in self.received]

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        headers = dict(request.headers.items())
        try:
            message = Webhook(self.secret).verify(body, headers)
            received = Received(request.headers["webhook-id"], message, headers)
            self.while_open(received)
        except Exception as error:
            self.refused.append(error)
            request.send_error(400)
            return
        behaviour = self._for_item.get(received.item) or (self._next.pop(0) if self._next else Behaviour())
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
        if behaviour.hang:
            self.let_go.wait()
        if behaviour.drip:
            self._drip(request, behaviour.drip)
        elif behaviour.drop or behaviour.hang:
            request.close_connection = True
        else:
            request.send_response(behaviour.status)
            for name, value in behaviour.headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(behaviour.body)))
            request.end_headers()
            request.wfile.write(behaviour.body)

    def _drip(self, request: BaseHTTPRequestHandler, start: bytes) -> None:
        request.close_connection = True
        try:
            request.wfile.write(start)
            while not self.let_go.wait(0.05):
                request.wfile.write(b".")
                request.wfile.flush()
        except OSError:
            pass  # the other side had enough, as it should


@contextmanager
def receiving(secret: str | None = None) -> Iterator[Receiver]:
    receiver = Receiver(secret)
    try:
        yield receiver
        assert receiver.refused == []
    finally:
        receiver.stop()


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Look until it is so. Fails, saying ``what`` did not happen, when patience ends."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.02)
