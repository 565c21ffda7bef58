"""Many items at once: a file that somebody uploads, or a thousand made up here.

Sent as NDJSON, and answered line by line.
"""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from demo import wire
from demo.fairlead_client import Fairlead, Refused, Unreachable
from demo.opening import sample
from demo.store import Account, Post, Store, add_post, now

Json = dict[str, Any]

EXCERPT_CHARACTERS: Final = 90
ANSWERS_PER_WRITE: Final = 50
LOOK_UPS: Final = 40
# The fields of an item in the API. Whatever else a line holds goes along as metadata.
ITEM_FIELDS: Final = {
    *("kind", "id", "type", "text", "language", "url", "created_at", "media", "author", "disclosure"),
    *("display_name", "country", "reach", "parent", "metadata"),
}


@dataclass(frozen=True)
class Line:
    """One line of a batch, and what became of it."""

    number: int
    kind: str
    item: str
    excerpt: str
    answer: Json | None  # None: not answered yet
    known: Json | None  # None: not asked yet, or Fairlead is still looking

    @property
    def accepted(self) -> bool:
        return self.answer is not None and "error" not in self.answer

    @property
    def trouble(self) -> str:
        """Why it was refused, in Fairlead's words; empty where it was not."""
        return wire.problem_in_words(self.answer["error"]) if self.answer and "error" in self.answer else ""

    @property
    def language(self) -> str:
        """The language that it was taken for; empty until Fairlead has looked."""
        return wire.language_of(self.known) if self.known else ""

    @property
    def lane(self) -> str:
        """Where it waits, or waited, for a person; in words where nothing flagged it."""
        return wire.lane_of(self.known) if self.known else ""


class NotNdjson(Exception):
    """The file is not one JSON object per line; the text says where."""


def items_of(file: Iterable[bytes], own_url: str) -> list[Json]:
    """The items of an NDJSON file. A line is an item of the API, or ``{"external_id", "kind", "text"}``.

    Raises NotNdjson.
    """
    items = []
    for number, raw in enumerate(file, start=1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw)
        except ValueError as error:
            raise NotNdjson(f"Line {number} is not JSON: {error}") from error
        if not isinstance(line, dict):
            raise NotNdjson(f"Line {number} is not an object")
        items.append(_item(line, own_url))
    return items


def _item(line: Json, own_url: str) -> Json:
    line = dict(line)
    if "external_id" in line and "id" not in line:
        line["id"] = line.pop("external_id")
    item = {name: value for name, value in line.items() if name in ITEM_FIELDS}
    extra = {name: value for name, value in line.items() if name not in ITEM_FIELDS}
    if extra:
        item["metadata"] = {**extra, **(item.get("metadata") or {})}
    item.setdefault("kind", "content")
    if item.get("disclosure") != "metadata_only":
        item.setdefault("url", f"{own_url}/posts/{item.get('id')}")
    return item


def open_batch(store: Store, name: str, items: list[Json]) -> int:
    """Keep the items here and note them as a batch that is about to be sent. Answers its number."""
    with store.changing() as db:
        batch = int(
            db.execute(
                "INSERT INTO batches (name, at, lines, trouble) VALUES (?, ?, ?, '')",
                [name, now(), len(items)],
            ).lastrowid
            or 0
        )
        for number, item in enumerate(items, start=1):
            text, item_id, kind = str(item.get("text") or ""), str(item.get("id")), str(item["kind"])
            db.execute(
                "INSERT INTO batch_lines (batch, line, kind, item, excerpt) VALUES (?, ?, ?, ?, ?)",
                [batch, number, kind, item_id, text[:EXCERPT_CHARACTERS]],
            )
            if kind != "account":
                author = (item.get("author") or {}).get("id")
                add_post(db, Post(item_id, author, text, "", "", None, now(), kind), batch)
    return batch


def send(store: Store, fairlead: Fairlead, batch: int, items: list[Json], policy: str = "") -> None:
    """Send a batch and note each answer: as raw items, or with ``policy`` as flags of Harbour's own."""
    if policy:
        flags = [
            {"item": item, "source": "own_initiative", "policy": policy, "flag_id": f"batch-{uuid.uuid4()}"}
            for item in items
        ]
        answers = enumerate(fairlead.send_flags(flags), start=1)
    else:
        answers = enumerate(fairlead.send_items(items), start=1)
    try:
        while some := list(islice(answers, ANSWERS_PER_WRITE)):
            with store.changing() as db:
                db.executemany(
                    "UPDATE batch_lines SET answer = ? WHERE batch = ? AND line = ?",
                    [(json.dumps(answer, ensure_ascii=False), batch, line) for line, answer in some],
                )
    except (Refused, Unreachable) as trouble:
        with store.changing() as db:
            db.execute("UPDATE batches SET trouble = ? WHERE id = ?", [str(trouble), batch])


def send_in_background(
    store: Store, fairlead: Fairlead, batch: int, items: list[Json], policy: str = ""
) -> None:
    """``send`` in a thread; the batch's page shows how far it is."""
    threading.Thread(target=send, args=(store, fairlead, batch, items, policy), daemon=True).start()


def look_up(store: Store, fairlead: Fairlead, batch: int, most: int = LOOK_UPS) -> int:
    """Ask Fairlead what became of accepted lines whose language is not known yet. How many are still open.

    Screening takes a moment after an item was taken, so this is asked again while somebody looks.
    """
    with store.reading() as db:
        waiting = db.execute(
            "SELECT line, kind, item FROM batch_lines WHERE batch = ? AND known IS NULL "
            "AND answer IS NOT NULL AND json_extract(answer, '$.error') IS NULL ORDER BY line",
            [batch],
        ).fetchall()
    found = []
    for row in waiting[:most]:
        try:
            known = fairlead.know(row["kind"], row["item"])
        except (Refused, Unreachable):
            break
        if known and wire.has_arrived(known):
            found.append((json.dumps(known, ensure_ascii=False), batch, row["line"]))
    if found:
        with store.changing() as db:
            db.executemany("UPDATE batch_lines SET known = ? WHERE batch = ? AND line = ?", found)
    return len(waiting) - len(found)


def lines_of(store: Store, batch: int) -> list[Line]:
    """The lines of a batch, in order."""
    with store.reading() as db:
        return [
            Line(
                row["line"],
                row["kind"],
                row["item"],
                row["excerpt"],
                _parsed(row["answer"]),
                _parsed(row["known"]),
            )
            for row in db.execute("SELECT * FROM batch_lines WHERE batch = ? ORDER BY line", [batch])
        ]


def a_thousand(accounts: list[Account], own_url: str, count: int = 1000) -> list[Json]:
    """Posts made up from the sample's sentences, each one different: most are harmless."""
    entries = sample("posts")
    weights = [1 if "detections" in entry or "notices" in entry else 8 for entry in entries]
    people = {each.id: each for each in accounts}
    run = uuid.uuid4().hex[:6]
    chosen = random.Random(run).choices(entries, weights, k=count)  # noqa: S311 - made-up posts
    items = []
    for number, entry in enumerate(chosen, start=1):
        text = f"{entry['text']} · {number}"
        it = Post(f"load-{run}-{number:04}", entry["by"], text, "", "", entry["reach"], now())
        items.append(wire.content_item(it, people.get(entry["by"]), own_url))
    return items


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)
