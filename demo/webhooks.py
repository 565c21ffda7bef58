"""Webhooks from Fairlead: verified, taken once, obeyed.

They are signed after Standard Webhooks, and delivered at least once, in order for each item. An answer outside 2xx
means "please try again later", so it is given only where trying again can help.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from standardwebhooks import Webhook, WebhookVerificationError

from demo.standing import ACTIONS, RESTRICTIONS, ends
from demo.store import Store, keep_answers, now, post

Json = dict[str, Any]

# Answered with 200 where there was nothing left to act on: nothing is held against anybody for it then.
ALREADY_GONE: Final = "already_gone"
# What is done to a post itself, and so cannot be done to one that is gone. A warning reaches its author all the same.
NEEDS_THE_POST: Final = ("remove", "restrict", "demonetise")
# On which kinds of item, where that is not all of them.
ON: Final = {
    "remove": ("content", "ad"),
    "lock_account": ("account",),
    "terminate_account": ("account",),
    "limit_visibility": ("account",),
}
# Why Fairlead takes something back. A reason that is not known here is as good as none.
REVERSED_BECAUSE: Final = {
    "overridden": "another decision took its place",
    "appeal": "the appeal was won",
    "expired": "its time is over",
}


class NotGenuine(Exception):
    """Not signed with our secret, too old, or not what was signed. Nothing of it may be believed."""


class CannotObey(Exception):
    """Genuine, but not something that Harbour can do. Fairlead keeps it, and shows it to its operators."""


@dataclass(frozen=True)
class Done:
    """What was done, in words, and for Fairlead where it makes a difference there: ALREADY_GONE or empty."""

    effect: str
    result: str = ""


@dataclass(frozen=True)
class Received(Done):
    """What became of a webhook. ``again`` is true of one that had come before: nothing happened this time."""

    again: bool = False


def receive(store: Store, secret: str, headers: Mapping[str, str], body: bytes) -> Received:
    """Verify a webhook and do what it says, once. Raises NotGenuine, CannotObey."""
    try:
        # Over the bytes as they came: parsed and written anew they would not match the signature.
        message = Webhook(secret).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError) as error:
        # The library answers a signature of the wrong shape with a plain ValueError.
        raise NotGenuine(str(error)) from error
    webhook_id = next(value for name, value in headers.items() if name.lower() == "webhook-id")
    # The id and the effect in one transaction: a crash in between leaves neither, and the next delivery does both.
    with store.changing() as db:
        before = db.execute("SELECT effect, result FROM webhooks WHERE id = ?", [webhook_id]).fetchone()
        if before:
            # The same answer as the first time: that one may never have arrived.
            return Received(before["effect"], before["result"], again=True)
        done = _obey(db, message)
        item = (message.get("data") or {}).get("item") or {}
        db.execute(
            "INSERT INTO webhooks (id, type, received_at, body, effect, result, kind, item) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                webhook_id,
                str(message.get("type", "")),
                now(),
                body.decode(),
                done.effect,
                done.result,
                str(item.get("kind", "")),
                str(item.get("id", "")),
            ],
        )
    return Received(done.effect, done.result)


def _obey(db: sqlite3.Connection, message: Json) -> Done:
    """Do it. A type that is not known is fine: newer Fairleads may have more to tell."""
    handler = HANDLERS.get(message.get("type", ""))
    if handler is None:
        return Done("not known here: noted")
    try:
        return handler(db, message["data"])
    except (KeyError, TypeError, ValueError) as error:
        raise CannotObey(f"The message is not as documented: {error!r}") from error


def _enforce(db: sqlite3.Connection, data: Json) -> Done:
    action, item, parameters = data["action"], data["item"], data.get("parameters") or {}
    how = parameters.get("how")
    ends(parameters)
    if action not in ACTIONS or (action == "restrict" and how not in RESTRICTIONS):
        raise CannotObey(f"Harbour cannot {action}" + (f" by {how}" if how else ""))
    if item["kind"] not in ON.get(how or action, (item["kind"],)):
        raise CannotObey(f"Harbour cannot {action}" + (f" by {how}" if how else "") + f" on {item['kind']}")
    if action in NEEDS_THE_POST and _deleted(db, item):
        return Done("nothing to do: its author has deleted it", ALREADY_GONE)
    db.execute(
        # A row that is there came with the reversal: taken back before it arrived, it has no effect.
        "INSERT INTO enforcements (id, kind, item, data, requested_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO NOTHING",
        [data["enforcement_id"], item["kind"], item["id"], json.dumps(data), now()],
    )
    return Done(RESTRICTIONS.get(how or "", ACTIONS[action]))


def _deleted(db: sqlite3.Connection, item: Json) -> bool:
    it = post(db, item["id"]) if item["kind"] != "account" else None
    return it is not None and it.deleted_at is not None


def _reverse(db: sqlite3.Connection, data: Json) -> Done:
    action, item = data["action"], data["item"]
    db.execute(
        "INSERT INTO enforcements (id, kind, item, data, reversed_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET reversed_at = coalesce(reversed_at, excluded.reversed_at)",
        [data["enforcement_id"], item["kind"], item["id"], json.dumps(data), now()],
    )
    how = (data.get("parameters") or {}).get("how", "")
    why = REVERSED_BECAUSE.get(data.get("reason", ""), "")
    return Done(f"no longer {RESTRICTIONS.get(how, ACTIONS.get(action, action))}" + (why and f": {why}"))


def _closed(db: sqlite3.Connection, data: Json) -> Done:
    """How the desk decided, whether for the first time, and what waits there for a second person."""
    words = "case decided anew" if data.get("overrides") else "case closed"
    outcome = str(data.get("outcome", "")).replace("_", " ")
    keep_answers(db, str(data.get("decision_id", "")), data.get("notices") or [])
    waits = ", ".join(ACTIONS.get(each, each) for each in data.get("awaiting_approval") or [])
    return Done(f"{words}: {outcome}" + (waits and f"; waits for a second person: {waits}"))


def _answered(db: sqlite3.Connection, data: Json) -> Done:
    """People who reported something hear what came of it."""
    keep_answers(db, str(data["decision_id"]), data["notices"])
    return Done(f"{len(data['notices'])} told what came of their report")


def _appeal_decided(db: sqlite3.Connection, data: Json) -> Done:
    keep_answers(db, str(data.get("new_decision_id") or ""), data.get("notices") or [])
    return Done(f"appeal decided: {str(data['outcome']).replace('_', ' ')}")


def _note(words: str) -> Callable[[sqlite3.Connection, Json], Done]:
    """A handler for news that only have to be shown."""

    def handler(_: sqlite3.Connection, __: Json) -> Done:
        return Done(words)

    return handler


HANDLERS: Final[dict[str, Callable[[sqlite3.Connection, Json], Done]]] = {
    "enforcement.requested": _enforce,
    "enforcement.reversed": _reverse,
    "case.closed": _closed,
    "notice.answered": _answered,
    "appeal.received": _note("appeal received"),
    "appeal.question": _note("a question about the appeal"),
    "appeal.answered": _note("the question was answered"),
    "appeal.withdrawn": _note("appeal taken back"),
    "appeal.decided": _appeal_decided,
}
