"""The first start: Harbour's people and posts, and what Fairlead is told of them. Each thing is sent once.

What was sent is remembered under a key (``Store.sent``), so a start after a crash goes on where the last one stopped.
Whatever was sent and not remembered is sent again, and changes nothing: see fairlead_client.py.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from demo import wire
from demo.fairlead_client import Fairlead, Refused, Unreachable
from demo.store import Account, Post, Store, account, add_account, add_post, note_sent, post

Json = dict[str, Any]
log = logging.getLogger(__name__)

SAMPLE: Final = Path(__file__).parent / "sample"
DETECTOR: Final = ("harbour-classifier", "2026-11-01")
RETRY_SECONDS: Final = 5


def sample(name: str) -> list[Json]:
    """One of the files in demo/sample: accounts, posts, senders."""
    entries: list[Json] = json.loads((SAMPLE / f"{name}.json").read_text(encoding="utf-8"))
    return entries


def settle(store: Store) -> None:
    """Fill the tables with the sample people and posts. Those that are there already stay as they are."""
    start = datetime.now(UTC)

    def ago(**distance: float) -> str:
        return (start - timedelta(**distance)).isoformat(timespec="seconds")

    with store.changing() as db:
        for each in sample("accounts"):
            it = Account(
                each["id"],
                each["name"],
                each["language"],
                each["country"],
                each["bio"],
                ago(days=each["days"]),
                None,
            )
            add_account(db, replace(it, contact=contact_of(it.id)))
        for each in sample("senders"):
            signals = each["signals"]
            created = ago(minutes=signals["account_age_minutes"])
            add_account(
                db,
                Account(
                    each["id"],
                    each["name"],
                    each["language"],
                    each["country"],
                    each["about"],
                    created,
                    signals,
                ),
            )
        for each in sorted(sample("posts"), key=lambda entry: -float(entry["hours"])):
            author = account(db, each["by"])
            add_post(
                db,
                Post(
                    each["id"],
                    each["by"],
                    each["text"],
                    each.get("language", ""),
                    author.country if author else "",
                    each["reach"],
                    ago(hours=each["hours"]),
                ),
            )


def contact_of(account_id: str) -> str:
    """An address that nobody has: the domain is reserved for examples (RFC 2606)."""
    return f"{account_id.removeprefix('acct-')}@harbour.example"


def sample_items(store: Store, own_url: str) -> Iterator[tuple[Json, Json]]:
    """Each sample post as it stands in its file, with the item that Fairlead is sent."""
    with store.reading() as db:
        for entry in sample("posts"):
            it = post(db, entry["id"])
            if it:
                yield entry, wire.content_item(it, account(db, it.author), own_url)


def items(store: Store, own_url: str) -> Iterator[tuple[str, Json]]:
    """Every sample post and bulk sender as an item, under the key that it is remembered by."""
    for _, item in sample_items(store, own_url):
        yield f"item:{item['id']}", item
    with store.reading() as db:
        for entry in sample("senders"):
            sender = account(db, entry["id"])
            if sender:
                yield f"item:{sender.id}", wire.sender_item(sender, own_url)


def detections(store: Store, own_url: str) -> Iterator[tuple[str, Json]]:
    """What Harbour's own detector saw in the sample posts, as flags."""
    instance = store.fact("instance")
    for entry, item in sample_items(store, own_url):
        for number, found in enumerate(entry.get("detections", [])):
            key = f"{instance}:detection:{item['id']}:{number}"
            yield key, wire.detection(item, found["policy"], found["score"], found["terms"], *DETECTOR, key)


def notices(store: Store, own_url: str) -> Iterator[tuple[str, Json]]:
    """What people on Harbour reported, as flags."""
    instance = store.fact("instance")
    with store.reading() as db:
        people = {row["id"]: Account.read(row) for row in db.execute("SELECT * FROM accounts")}
    for entry, item in sample_items(store, own_url):
        for number, found in enumerate(entry.get("notices", [])):
            key = f"{instance}:notice:{item['id']}:{number}"
            yield (
                key,
                wire.notice(item, found["policy"], found["says"], found["by"], key, people.get(found["by"])),
            )


def send_all(store: Store, fairlead: Fairlead, own_url: str) -> None:
    """Send whatever was not sent yet. Raises Unreachable; what was answered until then is remembered."""
    _send_batch(store, "sample item", items(store, own_url), fairlead.send_items)
    _send_batch(store, "detection", detections(store, own_url), fairlead.send_flags)
    # One at a time, as they would come in by the day.
    for key, flag in _unsent(store, notices(store, own_url)):
        try:
            answer, accepted = fairlead.send_flag(flag), True
        except Refused as refused:
            answer, accepted = {"error": refused.problem}, False
        with store.changing() as db:
            note_sent(db, key, f"user notice on {flag['item']['id']}", answer, accepted)


def send_in_background(store: Store, fairlead: Fairlead, own_url: str) -> threading.Thread:
    """``send_all`` in a thread, again and again until Fairlead has answered everything."""

    def keep_trying() -> None:
        while True:
            try:
                send_all(store, fairlead, own_url)
            except (Unreachable, Refused) as trouble:
                log.warning("Fairlead does not take the samples yet (%s); trying again", trouble)
                time.sleep(RETRY_SECONDS)
            else:
                log.info("Fairlead has all samples")
                return

    thread = threading.Thread(target=keep_trying, name="opening", daemon=True)
    thread.start()
    return thread


def _unsent(store: Store, things: Iterable[tuple[str, Json]]) -> list[tuple[str, Json]]:
    with store.reading() as db:
        sent = {row["key"] for row in db.execute("SELECT key FROM sent WHERE accepted")}
    return [(key, thing) for key, thing in things if key not in sent]


def _send_batch(
    store: Store,
    what: str,
    things: Iterable[tuple[str, Json]],
    send: Callable[[list[Json]], Iterator[Json]],
) -> None:
    waiting = _unsent(store, things)
    answers = send([thing for _, thing in waiting])
    for (key, thing), answer in zip(waiting, answers, strict=True):
        item_id = thing.get("item", thing)["id"]
        with store.changing() as db:
            note_sent(db, key, f"{what} {item_id}", answer, "error" not in answer)
