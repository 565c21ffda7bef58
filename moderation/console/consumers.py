"""The boards' websocket: tells an open board which of its lanes changed. It carries ids only, never content."""

from __future__ import annotations

import time
from typing import Any, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts.models import Role, User
from moderation.access import lanes_of
from moderation.bells import BOARD_GROUP
from moderation.eligibility import loading
from moderation.eligibility.loading import DESK_SECONDS

# Closing codes that the board's script understands: it then says so instead of trying again.
SIGNED_OUT = 4401
NOT_ALLOWED = 4403


class BoardConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """Forwards ``lane.changed`` for the lanes of the person who is connected, and ``configuration.changed``.

    It takes no messages. What it says is a hint to ask again; a board that hears nothing still asks now and then.
    """

    lanes: frozenset[tuple[int, str]] = frozenset()
    lanes_known_at = 0.0

    async def connect(self) -> None:
        user = self.scope["user"]
        await self.accept()
        if not user.is_authenticated:
            await self.close(SIGNED_OUT)
        elif user.role not in (Role.MODERATOR, Role.ADMIN):
            await self.close(NOT_ALLOWED)
        else:
            await self.channel_layer.group_add(BOARD_GROUP, self.channel_name)
            await self.send_json({"type": "ready"})

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(BOARD_GROUP, self.channel_name)

    async def lane_changed(self, message: dict[str, Any]) -> None:
        if (message["queue"], message["language"]) in await self.her_lanes():
            await self.send_json(
                {"type": "lane.changed", "queue": message["queue"], "language": message["language"]}
            )

    async def configuration_changed(self, message: dict[str, Any]) -> None:
        """Her lanes may be others now. What this process keeps of the configuration is stale, for everybody."""
        loading.forget()
        self.lanes_known_at = 0.0
        await self.send_json({"type": "configuration.changed"})

    async def her_lanes(self) -> frozenset[tuple[int, str]]:
        """Asked again only every DESK_SECONDS: a thousand changes a second must not become a thousand queries."""
        now = time.monotonic()
        if not self.lanes_known_at or now - self.lanes_known_at > DESK_SECONDS:
            lanes = await database_sync_to_async(lanes_of)(cast(User, self.scope["user"]))
            self.lanes = frozenset((lane.queue, lane.language) for lane in lanes)
            self.lanes_known_at = now
        return self.lanes
