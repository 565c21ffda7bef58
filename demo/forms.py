"""What people do on Harbour: write, report, send in bulk. Each tells Fairlead, and says what Fairlead answered."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any, Final

import flask
from werkzeug.wrappers import Response

from demo import batches, standing, wire
from demo.fairlead_client import Refused, Unreachable
from demo.pages import REASONS, answers_to, harbour, posts_of
from demo.store import Account, Post, account, add_account, add_post, delete_post, note_sent, now, post

forms = flask.Blueprint("forms", __name__)

POST_CHARACTERS: Final = 5_000
# Who reports, where the form does not say.
REPORTER: Final = "acct-sam"


@forms.post("/posts")
def write() -> Response:
    """Somebody writes a post. It is on Harbour at once, and Fairlead looks at it."""
    settings, store, _ = harbour()
    text = flask.request.form.get("text", "").strip()[:POST_CHARACTERS]
    with store.changing() as db:
        author = account(db, flask.request.form.get("by")) or flask.abort(400)
        if not text:
            flask.abort(400)
        it = Post(f"post-{uuid.uuid4().hex[:8]}", author.id, text, "", author.country, 0, now())
        add_post(db, it)
    item = wire.content_item(it, author, settings.own_url)
    return _send(f"item:{it.id}", f"new post {it.id}", lambda key: harbour()[2].send_item(item, key=key))


@forms.post("/posts/<post_id>/report")
def report(post_id: str) -> Response:
    """Somebody reports a post: a user notice. She is told what came of it."""
    settings, store, fairlead = harbour()
    policy = flask.request.form.get("policy", "")
    if policy not in REASONS:
        flask.abort(400)
    with store.reading() as db:
        it = post(db, post_id) or flask.abort(404)
        author = account(db, it.author)
        reporter = account(db, flask.request.form.get("by", REPORTER)) or flask.abort(400)
    says = flask.request.form.get("says", "").strip()[:POST_CHARACTERS]
    item = wire.content_item(it, author, settings.own_url)
    flag = wire.notice(item, policy, says, reporter.id, f"notice-{uuid.uuid4()}", reporter)
    return _send(str(flag["flag_id"]), f"user notice on {it.id}", lambda _: fairlead.send_flag(flag))


@forms.post("/posts/<post_id>/delete")
def delete(post_id: str) -> Response:
    """Its author deletes a post. Fairlead is not told; it hears of it when it asks for something to be done to it."""
    _, store, _ = harbour()
    with store.changing() as db:
        it = post(db, post_id) or flask.abort(404)
        delete_post(db, it.id)
    back = flask.url_for("pages.one_account", account_id=it.author) if it.author else "/"
    return flask.redirect(back, 303)


@forms.post("/accounts/<account_id>/appeals")
def appeal(account_id: str) -> Response:
    """Somebody complains about a decision without leaving Harbour. One who is locked out uses the link she was sent."""
    _, store, fairlead = harbour()
    decision, flag_id = (flask.request.form.get(name, "") for name in ("decision", "flag_id"))
    text = flask.request.form.get("text", "").strip()[:POST_CHARACTERS] or flask.abort(400)
    with store.reading() as db:
        it = account(db, account_id) or flask.abort(404)
        # Whose appeal it is, is for Harbour to know: about her own report, or what is in force on herself or her posts.
        if flag_id:
            may = {each.decision for each in answers_to(db, it) if each.flag_id == flag_id}
        else:
            own = standing.of_all(db, "content", [each.id for each in posts_of(db, it)])
            in_force = [standing.of(db, "account", it.id), *own.values()]
            may = {each.decision_id for one in in_force for each in one.in_force}
    if decision not in may:
        flask.abort(404)
    return _send(
        f"appeal:{uuid.uuid4()}",
        f"appeal against decision {decision}",
        lambda key: fairlead.file_appeal(decision, text, key=key, flag_id=flag_id, contact=it.contact),
        back=flask.url_for("pages.one_account", account_id=it.id),
    )


@forms.post("/senders")
def burst() -> Response:
    """A new account begins to write to hundreds of strangers. Fairlead is told the figures, never a message."""
    settings, store, fairlead = harbour()
    language, country = flask.request.form.get("language", "th|TH").split("|", 1)
    sender = new_sender(language, country)
    with store.changing() as db:
        add_account(db, sender)
    item = wire.sender_item(sender, settings.own_url)
    return _send(
        f"item:{sender.id}", f"bulk sender {sender.id}", lambda key: fairlead.send_item(item, key=key)
    )


def new_sender(language: str, country: str) -> Account:
    """A bulk sender with figures like those that were seen in the wild: minutes old, strangers, no typing."""
    number = uuid.uuid4().hex[:6]
    some = random.Random(number)  # noqa: S311 - made-up figures
    messages = some.randrange(600, 2400)
    signals: dict[str, Any] = {
        "account_age_minutes": some.randrange(3, 120),
        "messages_sent_1h": messages,
        "recipients_1h": int(messages * 0.9),
        "non_contact_share": round(some.uniform(0.93, 1.0), 2),
        "groups_created_24h": some.randrange(10, 60),
        "users_added_24h": some.randrange(800, 5000),
        "blocks_24h": some.randrange(25, 90),
        "reports_24h": some.randrange(8, 40),
        "typing_share": 0.0,
        "linked_accounts": [f"sender-{number}-{n}" for n in range(1, some.randrange(4, 12))],
        "emulator": True,
        "links_share": round(some.uniform(0.8, 1.0), 2),
    }
    about = "Began to send a moment ago"
    return Account(f"sender-{number}", f"Sender {number}", language, country, about, now(), signals)


@forms.post("/thousand")
def thousand() -> Response:
    """A thousand posts at once, as raw items in a batch."""
    settings, store, fairlead = harbour()
    with store.reading() as db:
        people = [Account.read(row) for row in db.execute("SELECT * FROM accounts WHERE signals IS NULL")]
    items = batches.a_thousand(people, settings.own_url)
    batch = batches.open_batch(store, "A thousand posts", items)
    batches.send_in_background(store, fairlead, batch, items)
    return flask.redirect(flask.url_for("pages.one_batch", batch=batch), 303)


@forms.post("/uploads")
def upload() -> Response | tuple[str, int]:
    """A file with one item a line, sent as it is; with a policy, each line also flagged for it."""
    settings, store, fairlead = harbour()
    file = flask.request.files.get("file") or flask.abort(400)
    policy = flask.request.form.get("policy", "")
    if policy and policy not in REASONS:
        flask.abort(400)
    try:
        items = batches.items_of(file.stream, settings.own_url)
    except batches.NotNdjson as error:
        return flask.render_template("trouble.html", trouble=str(error), version=store.fact("version")), 422
    batch = batches.open_batch(store, (file.filename or "upload")[:120], items)
    batches.send_in_background(store, fairlead, batch, items, policy)
    return flask.redirect(flask.url_for("pages.one_batch", batch=batch), 303)


def _send(key: str, what: str, call: Callable[[str], dict[str, Any]], back: str = "/") -> Response:
    """Call Fairlead, remember the answer, and go back to the page, which says it."""
    _, store, _ = harbour()
    try:
        answer, accepted = call(key), True
    except Refused as refused:
        answer, accepted = {"error": refused.problem}, False
    except Unreachable as trouble:
        answer, accepted = {"error": {"title": f"Fairlead does not answer: {trouble}"}}, False
    with store.changing() as db:
        note_sent(db, key, what, answer, accepted)
        number = db.execute("SELECT number FROM sent WHERE key = ?", [key]).fetchone()["number"]
    return flask.redirect(f"{back}?said={number}", 303)
