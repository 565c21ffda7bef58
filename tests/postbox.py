"""A mail server on loopback that speaks real SMTP, and takes what comes until it is told to refuse or to die."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings


class Postbox:
    """What came, as parsed by Python's own library. The lists say what to answer to the next ones instead of taking
    them: ``refusals`` to an address, ``answers`` to a text, ``deaths`` whether to take a text before hanging up without
    a word.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.connections = 0
        self.refusals: list[str] = []
        self.answers: list[str] = []
        self.deaths: list[bool] = []

    # aiosmtpd's names.
    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        if self.deaths:
            if self.deaths.pop(0):
                self._take(envelope)
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "250 nobody hears this"
        self._take(envelope)
        return "250 OK"

    def _take(self, envelope: Envelope) -> None:
        content = envelope.original_content
        assert content is not None
        self.raw.append(content)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)


@contextmanager
def open_postbox(settings: Settings) -> Iterator[Postbox]:
    """The desk sends its letters there meanwhile."""
    postbox = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        settings.DEFAULT_FROM_EMAIL = "Harbour <appeals@harbour.example>"
        yield postbox
    finally:
        controller.stop()
