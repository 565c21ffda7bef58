"""Referrals as decisions make them, and a host of media: where tests of referrals and holds start from."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from moderation import approvals
from moderation.decisions import decide
from moderation.judgements import JudgedAction, Judgement
from moderation.models import Case, Item, Policy, PreservedFile, Referral
from tests.deciding import hold
from tests.factories import make_item, make_policy, make_user

# One pixel: the smallest picture that every browser shows.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c489"
    "0000000d49444154789c6360f8cf500f0003860180 5a34 7d6b0000000049454e44ae426082".replace(" ", "")
)
MEDIA = [{"url": "https://cdn.example/a.png", "mime": "image/png"}]
DIGEST = hashlib.sha256(PICTURE).hexdigest()
PARAMETERS: dict[str, Any] = {
    "basis": "life_or_safety",
    "urgency": "immediate",
    "authority_written": "Police of Elsewhere",
    "country": "DE",
    "summary": "He says when and where he will do it.",
}


def policy() -> Policy:
    return make_policy(
        "violence",
        allowed_actions=["no_violation", "remove", "terminate_account", "refer_to_law_enforcement"],
    )


def cleared(**more: Any) -> User:
    """Somebody who sees referrals, and can approve them."""
    return make_user(clearances=("law_enforcement", "approval"), en=5, **more)


def threat(**snapshot: Any) -> Item:
    """Content with an author, that can be referred."""
    author = make_item(kind="account", text="", display_name="Tidal", metadata={"ip": "192.0.2.7"})
    return make_item(author=author, **{"text": "I will come to the school on Monday."} | snapshot)


def refer(
    item: Item | None = None,
    by: User | None = None,
    reasoning: str = "He threatens people.",
    **parameters: Any,
) -> Referral:
    """A referral that waits for its second person, as a decision makes it."""
    policy()
    case, moderator, token = hold(by, item=item or threat(), policy=policy())
    chosen = JudgedAction("refer_to_law_enforcement", PARAMETERS | parameters)
    decision = decide(case.pk, moderator, token, Judgement("violence", [chosen], reasoning))
    return decision.referral


def referred(item: Item | None = None, **parameters: Any) -> Referral:
    """The same, approved: it can be sent."""
    referral = refer(item, **parameters)
    approvals.approve(referral.decision.approval.pk, cleared())
    referral.refresh_from_db()
    return referral


def keep(file: PreservedFile, content: bytes = PICTURE, mime: str = "image/png") -> PreservedFile:
    """The file as it is when it was fetched."""
    file.content, file.mime, file.size = content, mime, len(content)
    file.sha256, file.status = hashlib.sha256(content).hexdigest(), PreservedFile.Status.KEPT
    file.fetched_at = timezone.now()
    file.save()
    return file


def case_of(referral: Referral) -> Case:
    return referral.decision.case


@dataclass
class Behaviour:
    """How the host answers for one path."""

    content: bytes = PICTURE
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: bool = False  # headers at once, then a byte now and then


class Host:
    """Serves media on loopback. ``asked``: the paths that were asked for, in order."""

    def __init__(self) -> None:
        self.on: dict[str, Behaviour] = {}
        self.asked: list[str] = []
        self.let_go = threading.Event()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                host.answer(self, host.on.get(self.path, Behaviour()))

            def log_message(self, *_: Any) -> None:
                """Nothing: the test reads what was asked."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler, behaviour: Behaviour) -> None:
        if behaviour.hang:
            self.let_go.wait()
            return
        request.send_response(behaviour.status)
        for name, value in behaviour.headers.items():
            request.send_header(name, value)
        request.end_headers()
        if behaviour.drip:
            while not self.let_go.is_set():
                try:
                    request.wfile.write(b".")
                except OSError:
                    return
                time.sleep(0.05)
        else:
            request.wfile.write(behaviour.content)

    def stop(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def media_host() -> Iterator[Host]:
    host = Host()
    try:
        yield host
    finally:
        host.stop()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def referred_with_a_file() -> Referral:
    """A referral of something with a picture, which is kept."""
    found = referred(threat(media=MEDIA))
    keep(PreservedFile.objects.get())
    return found
