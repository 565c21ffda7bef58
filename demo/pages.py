"""What people see: the one page with everything, a person's own view, a post, a batch."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

import flask

from demo import batches, standing
from demo.fairlead_client import Fairlead, Refused, Unreachable
from demo.settings import Settings
from demo.standing import Standing
from demo.store import Account, Post, Store, account, post
from demo.words import words_for

pages = flask.Blueprint("pages", __name__)

# What somebody can report a post for, and the policy that it is sent under.
REASONS: Final = {
    "hate-speech": "It attacks people for who they are",
    "harassment": "It insults or pursues somebody",
    "violence": "It threatens",
    "scams": "It is a scam",
    "spam": "It is spam",
    "child-safety": "A child may be in danger",
}
FEED_LENGTH: Final = 80
LOG_LENGTH: Final = 12


@dataclass(frozen=True)
class Shown:
    """A post with its author and with what is in force on it."""

    post: Post
    author: Account | None
    standing: Standing


@dataclass(frozen=True)
class Answer:
    """What somebody who reported something was told came of it, in her language."""

    flag_id: str
    decision: str
    at: str
    language: str
    direction: str
    text: str
    appeal_url: str  # empty where we acted: there is nothing to complain about then
    appeal_code: str


def harbour() -> tuple[Settings, Store, Fairlead]:
    """The settings, the store and the line to Fairlead of this program."""
    parts: tuple[Settings, Store, Fairlead] = flask.current_app.extensions["harbour"]
    return parts


@pages.get("/healthz")
def healthz() -> str:
    harbour()[1].fact("version")
    return "ok"


@pages.get("/version")
def version() -> dict[str, int]:
    """A number that grows with every change here: open pages ask for it, and fetch themselves anew when it has."""
    return {"version": int(harbour()[1].fact("version"))}


@pages.get("/")
def everything() -> str:
    """The one page. ``?country=`` reads it from there; ``?said=`` says how the last thing sent was answered."""
    settings, store, _ = harbour()
    country = flask.request.args.get("country", "")
    with store.reading() as db:
        people = [Account.read(row) for row in db.execute("SELECT * FROM accounts ORDER BY rowid")]
        standings = standing.of_all(db, "account", [each.id for each in people])
        return flask.render_template(
            "everything.html",
            country=country,
            countries=sorted({each.country for each in people if each.country}),
            feed=feed(db, country, people, standings),
            people=[each for each in people if each.signals is None],
            senders=[each for each in reversed(people) if each.signals is not None],
            standings=standings,
            reasons=REASONS,
            fairlead_url=settings.fairlead_url,
            said=_said(db),
            webhooks=_last(db, "webhooks"),
            sent=_last(db, "sent"),
            batches=db.execute("SELECT * FROM batches ORDER BY id DESC LIMIT 5").fetchall(),
            version=store.fact("version"),
        )


def feed(
    db: sqlite3.Connection, country: str, people: list[Account], standings: dict[str, Standing]
) -> list[Shown]:
    """The newest posts for a reader in a country (empty: nowhere special). Demoted ones come last."""
    rows = db.execute(
        "SELECT * FROM posts WHERE batch IS NULL AND deleted_at IS NULL "
        "ORDER BY created_at DESC, number DESC LIMIT ?",
        [FEED_LENGTH],
    )
    posts = [Post.read(row) for row in rows]
    authors = {each.id: each for each in people}
    own = standing.of_all(db, "content", [each.id for each in posts])
    shown = [
        Shown(
            each,
            authors.get(each.author or ""),
            own[each.id].with_restrictions_of(standings[each.author or ""]),
        )
        for each in posts
    ]
    visible = [each for each in shown if not each.standing.hidden_from(country)]
    return sorted(visible, key=lambda each: each.standing.restricted("demote", country) is not None)


@pages.get("/accounts/<account_id>")
def one_account(account_id: str) -> str:
    """Harbour as this person sees it. One that is shut out sees why, and how to complain, and nothing else."""
    _, store, _ = harbour()
    with store.reading() as db:
        it = account(db, account_id) or flask.abort(404)
        posts = posts_of(db, it)
        own = standing.of(db, "account", it.id)
        of_posts = standing.of_all(db, "content", [each.id for each in posts])
        news = _news(db, it, posts)
        answers = answers_to(db, it)
        lock = own.shut_out
        language, words = words_for(it.language)
        return flask.render_template(
            "locked.html" if lock else "account.html",
            account=it,
            standing=own,
            lock=lock,
            warnings=[*own.every("warn"), *(w for each in posts for w in of_posts[each.id].every("warn"))],
            posts=[Shown(each, it, of_posts[each.id]) for each in posts],
            said=_said(db),
            news=news,
            answers=answers,
            language=language,
            words=words,
            version=store.fact("version"),
        )


def posts_of(db: sqlite3.Connection, author: Account) -> list[Post]:
    """Her latest posts, newest first."""
    rows = db.execute(
        "SELECT * FROM posts WHERE author = ? AND deleted_at IS NULL ORDER BY created_at DESC, number DESC LIMIT ?",
        [author.id, FEED_LENGTH],
    )
    return [Post.read(row) for row in rows]


@pages.get("/posts/<post_id>")
def one_post(post_id: str) -> str:
    """One post, and what Fairlead knows of it."""
    _, store, fairlead = harbour()
    with store.reading() as db:
        it = post(db, post_id) or flask.abort(404)
        author = account(db, it.author)
        own = standing.of(db, it.kind, it.id)
        author_standing = standing.of(db, "account", it.author or "")
    known, trouble = _ask(fairlead, it.kind, it.id)
    return flask.render_template(
        "post.html",
        shown=Shown(it, author, own.with_restrictions_of(author_standing)),
        known=known,
        trouble=trouble,
        reasons=REASONS,
        country="",
        version=store.fact("version"),
    )


@pages.get("/batches/<int:batch>")
def one_batch(batch: int) -> str:
    """Each line of a batch with its answer, the language that it was taken for, and the lane that it reached."""
    _, store, fairlead = harbour()
    open_lines = batches.look_up(store, fairlead, batch)
    with store.reading() as db:
        head = _one(db, "SELECT * FROM batches WHERE id = ?", batch) or flask.abort(404)
    lines = batches.lines_of(store, batch)
    return flask.render_template(
        "batch.html",
        batch=head,
        lines=lines,
        answered=sum(line.answer is not None for line in lines),
        unfinished=open_lines > 0,
        version=store.fact("version"),
    )


def answers_to(db: sqlite3.Connection, it: Account) -> list[Answer]:
    """What came of the reports that this person sent, newest first."""
    rows = db.execute("SELECT * FROM answers WHERE account = ? ORDER BY at DESC, rowid DESC", [it.id])
    return [_answer(row, json.loads(row["answer"])) for row in rows]


def _answer(row: sqlite3.Row, told: dict[str, Any]) -> Answer:
    names = ("language", "direction", "text", "appeal_url", "appeal_code")
    return Answer(
        row["flag_id"], row["decision"], row["at"], **{name: told.get(name) or "" for name in names}
    )


def _news(db: sqlite3.Connection, it: Account, posts: list[Post]) -> list[dict[str, Any]]:
    """What became of appeals by this person, oldest first.

    Appeals by whoever reported her are none of hers: the address in them is a key of somebody else.
    """
    rows = db.execute(
        "SELECT * FROM webhooks WHERE type LIKE 'appeal.%' AND json_extract(body, '$.data.flag_id') IS NULL AND "
        "(kind = 'account' AND item = ? OR kind <> 'account' AND item IN (SELECT value FROM json_each(?))) "
        "OR type LIKE 'appeal.%' AND json_extract(body, '$.data.flag_id') IN "
        "(SELECT flag_id FROM answers WHERE account = ?) ORDER BY number",
        [it.id, json.dumps([each.id for each in posts]), it.id],
    )
    return [{**dict(row), "data": json.loads(row["body"])["data"]} for row in rows]


def _ask(fairlead: Fairlead, kind: str, item_id: str) -> tuple[dict[str, Any] | None, str]:
    try:
        return fairlead.know(kind, item_id), ""
    except (Refused, Unreachable) as trouble:
        return None, str(trouble)


def _said(db: sqlite3.Connection) -> sqlite3.Row | None:
    """How Fairlead answered the last thing that was sent from this page."""
    return _one(db, "SELECT * FROM sent WHERE number = ?", flask.request.args.get("said"))


def _last(db: sqlite3.Connection, table: str) -> list[sqlite3.Row]:
    return db.execute(f"SELECT * FROM {table} ORDER BY number DESC LIMIT ?", [LOG_LENGTH]).fetchall()  # noqa: S608


def _one(db: sqlite3.Connection, statement: str, value: object) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(statement, [value]).fetchone()
    return row
