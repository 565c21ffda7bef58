"""The double as a real HTTP server on loopback: Basic auth, Request-ID, XML; and faults at any step when it is told."""

from __future__ import annotations

import base64
import email
import email.policy
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from tests.cybertipline_double.documented import Answered, Documented

USER, PASSWORD = "desk", "correct horse"
STEPS: Final = ("status", "xsd", "submit", "upload", "fileinfo", "finish", "retract")


@dataclass(frozen=True)
class Fault:
    """What to do with one call. ``late``: it is carried out first, and then its answer is lost."""

    status: int = 0
    code: int = 0
    drop: bool = False
    hang: bool = False
    late: bool = False


ANSWER_500 = Fault(status=500)
ANSWER_1000 = Fault(code=1000)
DROP = Fault(drop=True)
DROP_LATE = Fault(drop=True, late=True)
HANG = Fault(hang=True)
HANG_LATE = Fault(hang=True, late=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True


class Double:
    """``ncmec`` is its state; ``calls`` are the steps in the order in which they came."""

    def __init__(self) -> None:
        self.ncmec = Documented()
        self.calls: list[str] = []
        self.let_go = threading.Event()
        self.hanging = threading.Event()
        self._faults: dict[str, list[Fault]] = {}
        self._one_at_a_time = threading.Lock()
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                double._handle(self)

            def do_POST(self) -> None:
                double._handle(self)

            def log_message(self, *_: Any) -> None:
                """Nothing: the test reads what came."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/ispws"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()

    def then(self, step: str, *faults: Fault) -> None:
        """How to treat the next calls of a step, one each."""
        self._faults.setdefault(step, []).extend(faults)

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", "0")))
        step = request.path.removeprefix("/ispws/")
        known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            _answer(request, 401, b"")
            return
        if (request.command, step) not in {
            ("GET" if each in ("status", "xsd") else "POST", each) for each in STEPS
        }:
            _answer(request, 404, b"")
            return
        with self._one_at_a_time:
            self.calls.append(step)
            waiting = self._faults.get(step)
            fault = waiting.pop(0) if waiting else None
            carried_out = fault is None or fault.late
            answer = self._carry_out(step, request, body) if carried_out else b""
        if fault is None:
            _answer(request, 200, answer)
        elif fault.hang:
            self.hanging.set()
            self.let_go.wait()
            request.close_connection = True
        elif fault.drop:
            request.close_connection = True
        elif fault.code:
            _answer(request, 200, _response(fault.code, "A server error occurred"))
        else:
            _answer(request, fault.status, b"")

    def _carry_out(self, step: str, request: BaseHTTPRequestHandler, body: bytes) -> bytes:
        try:
            if step == "xsd":
                return self.ncmec.xsd
            if step == "submit":
                return _response(0, "Success", reportId=self.ncmec.submit(body))
            if step == "fileinfo":
                return _response(0, "Success", reportId=self.ncmec.file_info(body))
            if step == "upload":
                number, name, content = _multipart(request.headers["content-type"], body)
                file_id, digest = self.ncmec.upload(number, name, content)
                return _response(0, "Success", reportId=number, fileId=file_id, hash=digest)
            if step in ("finish", "retract"):
                number = int(parse_qs(body.decode())["id"][0])
                if step == "finish":
                    return _done(number, self.ncmec.finish(number))
                self.ncmec.retract(number)
                return _response(0, "Success", reportId=number)
        except Answered as refused:
            return _response(refused.code, refused.words)
        return _response(0, "Remote User : desk")


def _multipart(content_type: str, body: bytes) -> tuple[int, str, bytes]:
    """The report's number, the file's name and its content."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
    content = parts["file"].get_payload(decode=True)
    number = parts["id"].get_payload(decode=True)
    assert isinstance(content, bytes)
    assert isinstance(number, bytes)
    return int(number), str(parts["file"].get_filename()), content


def _response(code: int, words: str, **values: object) -> bytes:
    more = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><reportResponse>'
        f"<responseCode>{code}</responseCode><responseDescription>{escape(words)}</responseDescription>"
        f"{more}</reportResponse>"
    ).encode()


def _done(number: int, files: list[str]) -> bytes:
    named = "".join(f"<fileId>{each}</fileId>" for each in files)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><reportDoneResponse>'
        f"<responseCode>0</responseCode><reportId>{number}</reportId><files>{named}</files></reportDoneResponse>"
    ).encode()


def _answer(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Request-ID", str(uuid.uuid4()))
    request.send_header("Content-Type", "application/xml")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def running() -> Iterator[Double]:
    double = Double()
    try:
        yield double
    finally:
        double.stop()
