"""Everything that a decision can say of itself, as a product: what each test of statements and payloads runs over.

A row is an action on a kind of item with its parameters; the other axes are the ground, who flagged it, the language
and who decided.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from django.conf import settings

from moderation.actions import ACTIONS, Place
from moderation.actions.content import Restriction as RestrictParameters
from moderation.models import Flag, Item, Policy
from tests.factories import make_item

UNTIL: Final = "2037-03-04T15:00:00+00:00"
LAW: Final = "Section 130 of the German Criminal Code"
LANGUAGES: Final = [code for code, _name in settings.LANGUAGES]
GROUNDS: Final = tuple(Policy.Ground)
# (automated, approved by a second person)
DECIDERS: Final = ((False, False), (False, True), (True, False), (True, True))
SOURCES: Final[tuple[frozenset[Flag.Source], ...]] = (
    *(frozenset({source}) for source in Flag.Source),
    frozenset(Flag.Source),
    frozenset(),
)
WAYS: Final = tuple(RestrictParameters.model_fields["how"].annotation.__args__)  # type: ignore[union-attr]


@dataclass(frozen=True)
class Row:
    """An action on a case about an item of this kind; ``on`` is a Place."""

    action: str
    kind: Item.Kind
    parameters: dict[str, Any] = field(default_factory=dict)
    territories: tuple[str, ...] = ()
    on: str = ""

    @property
    def ends_at(self) -> datetime | None:
        until = self.parameters.get("until")
        return datetime.fromisoformat(until).astimezone(UTC) if until else None

    @property
    def target(self) -> Item.Kind:
        """The kind of what it is carried out on."""
        return Item.Kind.ACCOUNT if self.on == "author" else self.kind

    def __str__(self) -> str:
        return " ".join(filter(None, (self.action, *map(str, self.parameters.values()), self.on, self.kind)))


def rows() -> list[Row]:
    """Every action that restricts somebody, on every kind of item and place, in every way, with and without an end and
    countries.
    """
    return list(chain.from_iterable(_of(slug, kind) for slug in sorted(ACTIONS) for kind in Item.Kind))


def _of(slug: str, kind: Item.Kind) -> list[Row]:
    action = ACTIONS[slug]
    if not action.restricts:
        return []
    item = Item(kind=kind, author=None if kind == Item.Kind.ACCOUNT else Item(kind=Item.Kind.ACCOUNT))
    found = []
    for place in action.places_on(item):
        if kind == Item.Kind.ACCOUNT and place == Place.AUTHOR and Place.ITEM in action.places:
            continue  # an account is its own author
        target = action.target(item, place)
        for how in WAYS if slug == "restrict" else ("",):
            given: dict[str, Any] = (
                {"how": how, "label": "Disputed" if how == "label" else None} if how else {}
            )
            for until in (None, UNTIL) if "until" in action.parameters.model_fields else (None,):
                ended = given | ({"until": until} if "until" in action.parameters.model_fields else {})
                read = action.parameters.model_validate(ended)
                if target is None or action.check(target, read):
                    continue
                stored = read.model_dump(mode="json")
                where = [(), ("DE", "FR"), ("TH",)] if action.territorial else [()]
                found += [
                    Row(slug, kind, stored, territories, place)
                    for territories in where
                    if territories or not action.needs_territories(read)
                ]
    return found


def item_of(kind: Item.Kind) -> Item:
    author = None if kind == Item.Kind.ACCOUNT else make_item(kind="account", text="")
    return make_item(kind=kind, author=author, text="" if kind == Item.Kind.ACCOUNT else "Some text")
