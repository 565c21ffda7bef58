"""Puts Harbour together: the store, the line to Fairlead, the screens, and the webhook's address."""

from __future__ import annotations

import logging
from datetime import datetime
from urllib.parse import urlsplit

import flask
from werkzeug.exceptions import HTTPException

from demo import webhooks, wire
from demo.fairlead_client import Fairlead
from demo.forms import forms
from demo.pages import harbour, pages
from demo.settings import Settings
from demo.store import Store
from demo.words import DIRECTION

log = logging.getLogger(__name__)

UPLOAD_BYTES = 64_000_000
WEBHOOK_BYTES = 1_000_000
# Nothing from elsewhere, no script and no style in a page: text that people wrote stays text.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def create_app(settings: Settings) -> flask.Flask:
    """The program. It opens its store at once, and calls Fairlead only when something is to be sent."""
    app = flask.Flask(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=UPLOAD_BYTES,
        MAX_FORM_MEMORY_SIZE=UPLOAD_BYTES,
        # A page elsewhere must not reach Harbour under a name of its own.
        TRUSTED_HOSTS=None if settings.is_open else ["127.0.0.1", "localhost", "[::1]", settings.host],
    )
    app.extensions["harbour"] = (
        settings,
        Store(settings.state_dir),
        Fairlead(settings.fairlead_url, settings.api_key),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # every script is to be read as it is
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for each in (moment, wire.language_of, wire.lane_of):
        app.add_template_filter(each)
    app.jinja_env.globals["direction"] = lambda language: DIRECTION.get(language.split("-")[0], "ltr")
    app.register_blueprint(pages)
    app.register_blueprint(forms)
    app.add_url_rule("/webhooks/fairlead", view_func=receive_webhook, methods=["POST"])
    app.register_error_handler(HTTPException, say_what_went_wrong)
    app.before_request(refuse_forms_from_elsewhere)
    app.after_request(add_headers)
    return app


def receive_webhook() -> tuple[dict[str, str], int]:
    """Where Fairlead tells Harbour what to do. 2xx: taken; 401: not genuine; 422: not something Harbour can do."""
    settings, store, _ = harbour()
    flask.request.max_content_length = WEBHOOK_BYTES
    try:
        received = webhooks.receive(
            store, settings.webhook_secret, dict(flask.request.headers), flask.request.get_data()
        )
    except webhooks.NotGenuine as error:
        log.warning("Refused a webhook: %s", error)
        return {"detail": "The signature does not hold"}, 401
    except webhooks.CannotObey as error:
        log.warning("Cannot obey a webhook: %s", error)
        return {"detail": str(error)}, 422
    return {"effect": received.effect} | ({"result": received.result} if received.result else {}), 200


def say_what_went_wrong(error: HTTPException) -> tuple[str, int]:
    """A page for whoever asked for what is not there, or sent what cannot be taken."""
    return flask.render_template(
        "trouble.html", trouble=f"{error.name}: {error.description}"
    ), error.code or 500


def refuse_forms_from_elsewhere() -> None:
    """A page of another site must not press our buttons. Webhooks come from no page, and are signed."""
    if flask.request.method != "POST" or flask.request.endpoint == receive_webhook.__name__:
        return
    origin = flask.request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != flask.request.host:
        flask.abort(403)


def add_headers(response: flask.Response) -> flask.Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    # With "no-referrer" browsers would hide from our own forms' handlers, too, where a form came from.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def moment(written: str) -> str:
    """A moment as a person reads it: ``21 Nov 17:40``, UTC."""
    return datetime.fromisoformat(written).strftime("%-d %b %H:%M")
