"""No body is written to disk beyond the largest that any call takes.

Django under ASGI takes in a whole body, spooled to a file, before any view can look at the key that came with it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from moderation.api.problems import CONTENT_TYPE, TOO_LARGE, Problem

Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

LENGTH: Final = b"content-length"
# Of a form that is too large so many times the limit is read and thrown away: a browser that is still sending hears no
# answer.
PATIENCE: Final = 16


class _TooLarge(Exception):
    pass


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body says, or turns out, to be larger than ``most`` bytes.

    Below the path ``forms`` people send what they wrote, perhaps with files that are too large. There the beginning of
    the body goes on, with ``scope["cut"]`` set, so that the page can keep the words and answer in words.
    """

    def __init__(self, application: Application, most: int, forms: str = "/nowhere/") -> None:
        self.application = application
        self.most = most
        self.forms = forms

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif scope["path"].startswith(self.forms):
            await self.application(scope, self._cut(scope, receive), send)
        else:
            await self._refusing(scope, receive, send)

    def _cut(self, scope: dict[str, Any], receive: Receive) -> Receive:
        taken = 0

        async def cut() -> Event:
            nonlocal taken
            event = await receive()
            taken += len(event.get("body", b""))
            if taken <= self.most or "cut" in scope:
                return event
            scope["cut"] = True
            while event.get("more_body") and taken <= self.most * PATIENCE:
                event = await receive()
                taken += len(event.get("body", b""))
            return {"type": "http.request", "body": b"", "more_body": False}

        return cut

    async def _refusing(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        taken = 0

        async def counted() -> Event:
            nonlocal taken
            event = await receive()
            if event["type"] == "http.request":
                taken += len(event.get("body", b""))
                if taken > self.most:
                    raise _TooLarge
            return event

        try:
            if _announced(scope) > self.most:
                raise _TooLarge
            # Django has read the body before it answers anything, so an answer has never begun here.
            await self.application(scope, counted, send)
        except _TooLarge:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        problem = Problem(TOO_LARGE, f"At most {self.most} bytes")
        body = json.dumps(problem.as_json()).encode()
        headers = [
            (b"content-type", CONTENT_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        start = {"type": "http.response.start", "status": TOO_LARGE.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _announced(scope: dict[str, Any]) -> int:
    """The Content-Length; 0 where there is none that is a number."""
    length = next((value for name, value in scope["headers"] if name == LENGTH), b"")
    return int(length[:20]) if length.isdigit() else 0
