"""What is in force on a post or an account, and so what people see of it.

Nothing here is stored: it is read from the enforcements that Fairlead asked for and has not taken back.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

# What Harbour can do, and how it says so. ``restrict`` comes in several ways (its parameter ``how``).
ACTIONS: Final = {
    "remove": "removed",
    "restrict": "restricted",
    "warn": "author warned",
    "demonetise": "earns nothing",
    "lock_account": "account locked",
    "terminate_account": "account closed",
}
RESTRICTIONS: Final = {
    "demote": "shown further down",
    "age_gate": "shown to adults only",
    "geo_block": "not shown in some countries",
    "label": "labelled",
    "disable_interaction": "replies and reactions off",
    "limit_visibility": "seen by followers only",
}
# Of an account: what shuts its owner out, the gravest first.
SHUT_OUT: Final = ("terminate_account", "lock_account")
# What an author's account adds to each of her posts.
PASSED_ON: Final = ("restrict", "demonetise", "terminate_account")


@dataclass(frozen=True)
class Statement:
    """What the person affected is told, in her language, and how she can complain."""

    language: str
    direction: str  # "ltr" or "rtl"
    text: str
    appeal_url: str
    appeal_code: str
    appeal_until: str


@dataclass(frozen=True)
class Enforcement:
    """One thing that Fairlead asked for and that is in force now."""

    id: str
    action: str
    parameters: dict[str, Any]
    territories: list[str]
    decision_id: str
    policy: str
    statement: Statement | None

    @property
    def how(self) -> str:
        """Of a restriction: in which way."""
        return str(self.parameters.get("how", ""))

    @property
    def words(self) -> str:
        words = RESTRICTIONS.get(self.how, ACTIONS[self.action])
        where = f" in {', '.join(self.territories)}" if self.territories and self.how != "geo_block" else ""
        return words + where

    def applies_in(self, country: str) -> bool:
        """Whether it holds for somebody in this country. Without territories it holds everywhere."""
        return not self.territories or country in self.territories

    @property
    def until(self) -> datetime | None:
        return ends(self.parameters)

    @property
    def has_ended(self) -> bool:
        """Whether the time that it was asked for is over."""
        return self.until is not None and self.until <= datetime.now(UTC)


@dataclass(frozen=True)
class Standing:
    """All that is in force on one item. An empty one changes nothing."""

    in_force: tuple[Enforcement, ...] = ()

    def first(self, action: str) -> Enforcement | None:
        return next((each for each in self.in_force if each.action == action), None)

    def every(self, action: str) -> list[Enforcement]:
        return [each for each in self.in_force if each.action == action]

    def restricted(self, how: str, country: str = "") -> Enforcement | None:
        """The restriction of this kind that holds for a reader in this country, if any."""
        return next((r for r in self.every("restrict") if r.how == how and r.applies_in(country)), None)

    def hidden_from(self, country: str) -> bool:
        """Whether a reader in this country, who follows nobody, does not get to see it at all."""
        removed = any(each.applies_in(country) for each in self.every("remove"))
        ways = (self.restricted(how, country) for how in ("geo_block", "limit_visibility"))
        return removed or any(ways) or self.first("terminate_account") is not None

    @property
    def shut_out(self) -> Enforcement | None:
        """Of an account: what keeps its owner out of Harbour, if anything does."""
        return next((found for action in SHUT_OUT if (found := self.first(action))), None)

    def with_restrictions_of(self, author: Standing) -> Standing:
        """Of a post: what is in force on itself, and what its author's account adds."""
        return Standing((*self.in_force, *(each for action in PASSED_ON for each in author.every(action))))


NOTHING: Final = Standing()


def ends(parameters: dict[str, Any]) -> datetime | None:
    """When an enforcement ends by itself; None: not before it is taken back. Raises ValueError."""
    until = parameters.get("until")
    if not until:
        return None
    moment = datetime.fromisoformat(until)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def of_all(db: sqlite3.Connection, kind: str, items: Iterable[str]) -> dict[str, Standing]:
    """What is in force on these items, in one statement. Items with nothing in force map to NOTHING."""
    rows = db.execute(
        "SELECT * FROM enforcements WHERE kind = ? AND reversed_at IS NULL "
        "AND item IN (SELECT value FROM json_each(?)) ORDER BY requested_at, rowid",
        [kind, json.dumps(list(items))],
    )
    found: dict[str, list[Enforcement]] = defaultdict(list)
    for row in rows:
        enforcement = _read(row)
        if not enforcement.has_ended:
            found[row["item"]].append(enforcement)
    return defaultdict(lambda: NOTHING, {item: Standing(tuple(each)) for item, each in found.items()})


def of(db: sqlite3.Connection, kind: str, item: str) -> Standing:
    return of_all(db, kind, [item])[item]


def _read(row: sqlite3.Row) -> Enforcement:
    data = json.loads(row["data"])
    statement = data.get("statement")
    return Enforcement(
        id=row["id"],
        action=data["action"],
        parameters=data.get("parameters") or {},
        territories=data.get("territories") or [],
        decision_id=str(data.get("decision_id", "")),
        policy=data.get("policy") or "",
        statement=statement
        and Statement(**{name: statement.get(name) or "" for name in Statement.__dataclass_fields__}),
    )
