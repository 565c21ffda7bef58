"""The boards' websocket: who may listen, and that she hears of her own lanes only."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from accounts.models import LanguageSkill, User
from config.asgi import application
from moderation import audit, bells, configuration
from moderation.console.consumers import NOT_ALLOWED, SIGNED_OUT
from moderation.eligibility.desk import LaneKey
from moderation.queueing.lanes import open_lanes
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = b"http://127.0.0.1"


# asgiref ships no types for it.
Communicator: Any = ApplicationCommunicator


class Board(Communicator):  # type: ignore[misc]
    """A board's end of the websocket."""

    def __init__(self, user: User | None, origin: bytes = ORIGIN) -> None:
        headers = [(b"origin", origin), (b"host", b"127.0.0.1")]
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        scope = {
            "type": "websocket",
            "path": "/ws/board/",
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        super().__init__(application, scope)

    async def connect(self) -> str:
        """The kind of the desk's first answer."""
        await self.send_input({"type": "websocket.connect"})
        return str((await self.receive_output(5))["type"])

    async def hear(self) -> Any:
        message = await self.receive_output(5)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def listen(self) -> None:
        assert await self.connect() == "websocket.accept"
        assert await self.hear() == {"type": "ready"}

    async def closed_with(self) -> int:
        assert await self.connect() == "websocket.accept"
        message = await self.receive_output(5)
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)


def run(story: Callable[[], Awaitable[None]]) -> None:
    async_to_sync(story)()


def test_she_hears_of_her_lanes_by_ids_and_of_no_others() -> None:
    hers, other = make_case(language="th"), make_case(language="ar")
    board = Board(make_user(th=5))

    async def story() -> None:
        await board.listen()
        await sync_to_async(bells.lane_changed)(other.queue_id, "ar")
        await sync_to_async(bells.lane_changed)(hers.queue_id, "th")
        assert await board.hear() == {"type": "lane.changed", "queue": hers.queue_id, "language": "th"}
        assert await board.receive_nothing(0.2)
        await board.leave()

    run(story)


def test_every_board_hears_it() -> None:
    case = make_case(language="th")
    boards = [Board(make_user(th=5)) for _ in range(3)]

    async def story() -> None:
        for board in boards:
            await board.listen()
        await sync_to_async(bells.lane_changed)(case.queue_id, "th")
        heard = await asyncio.gather(*(board.hear() for board in boards))
        assert [each["queue"] for each in heard] == [case.queue_id] * 3
        for board in boards:
            await board.leave()

    run(story)


def test_a_lane_that_is_new_to_her_is_heard_of_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.console.consumers.DESK_SECONDS", 0)
    monkeypatch.setattr("moderation.eligibility.loading.DESK_SECONDS", 0)
    board = Board(make_user(th=5))

    async def story() -> None:
        await board.listen()
        case = await sync_to_async(make_case)(language="th")
        await sync_to_async(bells.lane_changed)(case.queue_id, "th")
        assert (await board.hear())["queue"] == case.queue_id
        await board.leave()

    run(story)


def test_another_desk_on_the_same_redis_is_not_heard() -> None:
    case = make_case(language="th")
    board = Board(make_user(th=5))

    def ring_there() -> None:
        other = urlsplit(settings.REDIS_URL)._replace(path="/15")  # which no other worker of the tests has
        program = "import django; django.setup(); from moderation import bells; bells.lane_changed(%d, 'th')"
        environment = os.environ | {"REDIS_URL": urlunsplit(other)}
        subprocess.run([sys.executable, "-c", program % (case.queue_id or 0)], env=environment, check=True)

    async def story() -> None:
        await board.listen()
        await asyncio.to_thread(ring_there)
        assert await board.receive_nothing(0.2)
        await board.leave()

    run(story)


def test_a_change_of_configuration_reaches_every_board_and_her_new_lane_is_open_at_once() -> None:
    reader = make_user(fi=5)
    board = Board(reader)

    def learn_thai() -> int:
        case = make_case(language="th")
        assert [lane.language for lane in open_lanes(reader)] == []
        LanguageSkill.objects.create(moderator=reader, tag="th", level=5)
        configuration.changed("person.changed", audit.SYSTEM)
        return case.queue_id or 0

    async def story() -> None:
        await board.listen()
        queue_id = await sync_to_async(learn_thai)()
        assert (await board.hear())["type"] == "configuration.changed"
        lanes = await sync_to_async(open_lanes)(reader)
        assert [lane.key for lane in lanes] == [LaneKey(queue_id, "th")]
        await board.leave()

    run(story)


def test_nobody_listens_without_signing_in() -> None:
    board = Board(None)

    async def story() -> None:
        assert await board.closed_with() == SIGNED_OUT

    run(story)


def test_a_role_without_a_board_does_not_listen() -> None:
    user = make_user(th=5)
    User.objects.filter(pk=user.pk).update(role="visitor")
    board = Board(user)

    async def story() -> None:
        assert await board.closed_with() == NOT_ALLOWED

    run(story)


def test_another_site_cannot_open_it_with_her_session() -> None:
    board = Board(make_user(th=5), origin=b"https://elsewhere.example")

    async def story() -> None:
        assert await board.connect() == "websocket.close"

    run(story)
