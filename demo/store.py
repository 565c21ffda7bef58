"""Harbour's own tables, in one SQLite file.

What Fairlead asked for is kept beside the posts and accounts, never written over them: an enforcement is a row, and
what people see follows from the rows in force (standing.py). So taking one back restores exactly what was there.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, language TEXT NOT NULL, country TEXT NOT NULL, bio TEXT NOT NULL,
    created_at TEXT NOT NULL,
    signals TEXT, -- of a bulk sender: what was measured about its sending, as JSON. No message is kept anywhere.
    contact TEXT NOT NULL DEFAULT ''  -- e-mail address or phone number
);
CREATE TABLE IF NOT EXISTS posts (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, author TEXT REFERENCES accounts (id),
    text TEXT NOT NULL, language TEXT NOT NULL, country TEXT NOT NULL, reach INTEGER, created_at TEXT NOT NULL,
    batch INTEGER, kind TEXT NOT NULL DEFAULT 'content',
    deleted_at TEXT  -- by its author; its words are gone then
);
CREATE INDEX IF NOT EXISTS posts_by_author ON posts (author, created_at);  -- an account's page
CREATE INDEX IF NOT EXISTS posts_by_time ON posts (batch, created_at);  -- the feed
-- Webhooks received: the id is what makes a second delivery harmless.
CREATE TABLE IF NOT EXISTS webhooks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, received_at TEXT NOT NULL,
    body TEXT NOT NULL, effect TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, result TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS webhooks_by_item ON webhooks (kind, item);  -- what an author is told
-- One row per enforcement that Fairlead asked for; reversed_at ends it.
CREATE TABLE IF NOT EXISTS enforcements (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, item TEXT NOT NULL, data TEXT NOT NULL,
    requested_at TEXT, reversed_at TEXT
);
CREATE INDEX IF NOT EXISTS enforcements_by_item ON enforcements (kind, item);  -- standing.of
-- What came of somebody's report: the latest answer, to be shown to her and to nobody else.
CREATE TABLE IF NOT EXISTS answers (
    flag_id TEXT PRIMARY KEY, account TEXT NOT NULL, decision TEXT NOT NULL, answer TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_account ON answers (account, at);  -- an account's page
-- What was sent to Fairlead, under a key of ours, and what it answered.
CREATE TABLE IF NOT EXISTS sent (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at TEXT NOT NULL, what TEXT NOT NULL,
    answer TEXT NOT NULL, accepted INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL, lines INTEGER NOT NULL, trouble TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS batch_lines (
    batch INTEGER NOT NULL REFERENCES batches (id), line INTEGER NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL,
    excerpt TEXT NOT NULL, answer TEXT, known TEXT,
    PRIMARY KEY (batch, line)
);
"""


# Columns that files of earlier Harbours lack.
LATER_COLUMNS = {
    "accounts": "contact TEXT NOT NULL DEFAULT ''",
    "posts": "deleted_at TEXT",
    "webhooks": "result TEXT NOT NULL DEFAULT ''",
}


def now() -> str:
    """This moment as the API writes it (RFC 3339, UTC)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Account:
    """Somebody on Harbour. One with ``signals`` sends messages, which are encrypted: Harbour knows only figures."""

    id: str
    name: str
    language: str  # of the interface that the person chose
    country: str
    bio: str
    created_at: str
    signals: dict[str, Any] | None
    contact: str = ""  # an e-mail address or a phone number

    @classmethod
    def read(cls, row: sqlite3.Row) -> Self:
        fields = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"signals": row["signals"] and json.loads(row["signals"])})


@dataclass(frozen=True)
class Post:
    """Something that somebody wrote. ``language`` is empty unless the author chose one.

    ``deleted_at`` says since when it is gone by its author's own hand, and its words with it.
    """

    id: str
    author: str | None
    text: str
    language: str
    country: str
    reach: int | None
    created_at: str
    kind: str = "content"
    deleted_at: str | None = None

    @classmethod
    def read(cls, row: sqlite3.Row) -> Self:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


class Store:
    """The file. ``reading()`` and ``changing()`` open it for one piece of work, safe in any thread."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "harbour.sqlite3"
        with self.reading() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)
            for table, column in LATER_COLUMNS.items():
                known = {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}
                if column.split()[0] not in known:
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
            db.execute("INSERT OR IGNORE INTO facts VALUES ('version', '0')")
            db.execute("INSERT OR IGNORE INTO facts VALUES ('instance', ?)", [uuid.uuid4().hex[:8]])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees what is committed."""
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        db.row_factory = sqlite3.Row
        # Safe with a write-ahead log; a power cut may cost the last moments, which Fairlead delivers again.
        db.execute("PRAGMA synchronous = NORMAL")
        try:
            yield db
        finally:
            db.close()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, or nothing when an exception leaves the block."""
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                # Open pages ask for this number and fetch themselves anew when it has grown.
                db.execute("UPDATE facts SET value = value + 1 WHERE name = 'version'")
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise

    def fact(self, name: str) -> str:
        with self.reading() as db:
            return str(db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()["value"])


def account(db: sqlite3.Connection, account_id: str | None) -> Account | None:
    row = db.execute("SELECT * FROM accounts WHERE id = ?", [account_id]).fetchone()
    return Account.read(row) if row else None


def post(db: sqlite3.Connection, post_id: str) -> Post | None:
    row = db.execute("SELECT * FROM posts WHERE id = ?", [post_id]).fetchone()
    return Post.read(row) if row else None


def add_account(db: sqlite3.Connection, it: Account) -> None:
    """Keeps the one that is there already."""
    db.execute(
        "INSERT OR IGNORE INTO accounts (id, name, language, country, bio, created_at, signals, contact) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            it.id,
            it.name,
            it.language,
            it.country,
            it.bio,
            it.created_at,
            it.signals and json.dumps(it.signals),
            it.contact,
        ],
    )


def add_post(db: sqlite3.Connection, it: Post, batch: int | None = None) -> None:
    """Keeps the one that is there already."""
    db.execute(
        "INSERT OR IGNORE INTO posts (id, author, text, language, country, reach, created_at, batch, kind) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [it.id, it.author, it.text, it.language, it.country, it.reach, it.created_at, batch, it.kind],
    )


def delete_post(db: sqlite3.Connection, post_id: str) -> None:
    """Its author does not want it any more: its words go, its place stays. Deleting it again changes nothing."""
    db.execute(
        "UPDATE posts SET text = '', deleted_at = ? WHERE id = ? AND deleted_at IS NULL", [now(), post_id]
    )


def keep_answers(db: sqlite3.Connection, decision: str, answers: list[dict[str, Any]]) -> None:
    """Keep what people who reported something are answered; a later answer takes the place of the one before."""
    db.executemany(
        "INSERT INTO answers (flag_id, account, decision, answer, at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (flag_id) DO UPDATE SET decision = excluded.decision, answer = excluded.answer, at = excluded.at",
        [
            (each["flag_id"], each["notifier"], decision, json.dumps(each, ensure_ascii=False), now())
            for each in answers
        ],
    )


def note_sent(db: sqlite3.Connection, key: str, what: str, answer: dict[str, Any], accepted: bool) -> None:
    """Remember what was sent under a key of ours; the latest answer counts."""
    db.execute(
        "INSERT INTO sent (key, at, what, answer, accepted) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET at = excluded.at, answer = excluded.answer, accepted = excluded.accepted",
        [key, now(), what, json.dumps(answer, ensure_ascii=False), accepted],
    )
