"""Harbour, the sample platform, run for real on loopback, and webhooks signed as Fairlead signs them."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks import Webhook
from werkzeug.serving import make_server

from demo import opening
from demo.app import create_app
from demo.fairlead_client import Fairlead
from demo.settings import Settings
from demo.store import Store

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing answers there


@dataclass
class Harbour:
    """A running one: its address, its parts, and a browser without scripts."""

    url: str
    store: Store
    fairlead: Fairlead
    settings: Settings
    http: httpx.Client

    def page(self, path: str) -> str:
        response = self.http.get(path)
        assert response.status_code == 200, response.text
        return response.text

    def deliver(
        self,
        type_: str,
        data: dict[str, Any],
        *,
        webhook_id: str | None = None,
        secret: str = SECRET,
        age: timedelta = timedelta(),
        **headers: str,
    ) -> httpx.Response:
        """Sign a message and post it, as Fairlead's outbox does."""
        at = datetime.now(UTC) - age
        webhook_id = webhook_id or str(uuid.uuid4())
        body = json.dumps({"type": type_, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
        signed = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(webhook_id, at, body),
            "content-type": "application/json",
        }
        return self.http.post("/webhooks/fairlead", content=body.encode(), headers=signed | headers)


@contextmanager
def running_harbour(
    directory: Path, fairlead_url: str = NOBODY, api_key: str = "fl_none", secret: str = SECRET
) -> Iterator[Harbour]:
    """Harbour with its sample people and posts, on a free port. Nothing is sent to Fairlead yet."""
    settings = Settings(fairlead_url, api_key, secret, port=0, state_dir=directory)
    app = create_app(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    _, store, fairlead = app.extensions["harbour"]
    opening.settle(store)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        with httpx.Client(base_url=url, timeout=20) as client:
            yield Harbour(url, store, fairlead, settings, client)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def enforcement(
    action: str, item: dict[str, str], *, territories: tuple[str, ...] = (), **parameters: Any
) -> dict[str, Any]:
    """The data of an ``enforcement.requested`` in the shape that the API documents."""
    return {
        "enforcement_id": str(uuid.uuid4()),
        "action": action,
        "parameters": parameters,
        "territories": list(territories),
        "item": item,
        "decision_id": "1",
        "policy": "hate-speech",
        "automated": False,
        "statement": {
            "language": "ar",
            "direction": "rtl",
            "text": "اتخذنا قرارًا بشأن حسابك.",
            "appeal_url": "http://127.0.0.1:9/appeal/x/",
            "appeal_code": "ACDEF-12345",
            "appeal_until": "2027-05-22T00:00:00+00:00",
        },
    }
