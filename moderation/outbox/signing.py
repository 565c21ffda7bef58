"""The signature of a webhook (Standard Webhooks 1.0.0, HMAC-SHA256), by the official library."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A signing secret for one endpoint: ``whsec_`` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(secrets: list[str], webhook_id: str, body: str, at: datetime) -> dict[str, str]:
    """The headers of one attempt, signed with each of the secrets.

    ``at`` is the moment of the attempt, and must be in UTC: the library takes it so.
    """
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(webhook_id, at, body) for secret in secrets),
    }
