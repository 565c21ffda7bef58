"""Shapes that several answers share."""

from __future__ import annotations

from pydantic import BaseModel

from moderation.models import Item


class ItemName(BaseModel):
    """How the platform knows an item."""

    kind: str
    id: str


def name_of(item: Item) -> ItemName:
    return ItemName(kind=item.kind, id=item.external_id)
