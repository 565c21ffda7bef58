"""The signing secrets of an endpoint: encrypted at rest, and replaced without a webhook that does not verify.

While an endpoint has several secrets each of them signs (Standard Webhooks: a list of signatures), so a platform may
change over at any moment before the former one ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from moderation import audit, keys
from moderation.models import EndpointSecret, WebhookEndpoint
from moderation.outbox.signing import new_secret

# So long a former secret goes on signing, unless it is retired by hand.
OVERLAP: Final = timedelta(hours=24)


class CannotDecrypt(Exception):
    """The secret was encrypted with a SECRET_KEY that is in use no more, nor among SECRET_KEY_FALLBACKS."""


class StillNeeded(Exception):
    """The only secret that signs for good is not retired: make a new one first."""


def live(endpoint: WebhookEndpoint, at: datetime | None = None) -> list[str]:
    """The secrets that sign at a moment (now), the newest first. Reads prefetched ``secrets``. Raises CannotDecrypt."""
    at = at or timezone.now()
    secrets = [each for each in endpoint.secrets.all() if each.expires_at is None or each.expires_at > at]
    return [_clear(each) for each in sorted(secrets, key=lambda each: -each.pk)]


def listed(endpoint: WebhookEndpoint) -> QuerySet[EndpointSecret]:
    """The secrets that sign, for people to see when they were made and end: the newest first."""
    signing = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return endpoint.secrets.filter(signing).order_by("-pk")


def keep(endpoint: WebhookEndpoint, secret: str) -> EndpointSecret:
    """Keep one more secret, which signs for good."""
    encrypted = keys.fernet().encrypt(secret.encode()).decode()
    return EndpointSecret.objects.create(endpoint=endpoint, encrypted=encrypted)


@transaction.atomic
def replace(endpoint: WebhookEndpoint, secret: str) -> None:
    """Sign with this secret alone from now on: for a program that sets up both sides."""
    endpoint.secrets.all().delete()
    keep(endpoint, secret)


@transaction.atomic
def rotate(endpoint_id: int, by: audit.Actor) -> str:
    """A new secret, to be shown once. The former one signs too for OVERLAP. Raises WebhookEndpoint.DoesNotExist."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    now = timezone.now()
    endpoint.secrets.filter(expires_at__lte=now).delete()
    endpoint.secrets.filter(expires_at=None).update(expires_at=now + OVERLAP)
    secret = new_secret()
    kept = keep(endpoint, secret)
    audit.record("endpoint.secret_rotated", by, endpoint_id=endpoint.pk, secret_id=kept.pk)
    return secret


@transaction.atomic
def retire(secret_id: int, by: audit.Actor) -> int:
    """End a former secret now; the id of its endpoint. Raises StillNeeded, EndpointSecret.DoesNotExist."""
    secret = EndpointSecret.objects.select_for_update(no_key=True).get(pk=secret_id)
    if secret.expires_at is None:
        raise StillNeeded
    secret.delete()
    audit.record("endpoint.secret_retired", by, endpoint_id=secret.endpoint_id, secret_id=secret_id)
    return secret.endpoint_id


def _clear(secret: EndpointSecret) -> str:
    try:
        return keys.fernet().decrypt(secret.encrypted).decode()
    except InvalidToken:
        raise CannotDecrypt(
            "the signing secret cannot be decrypted: SECRET_KEY was changed without keeping the former one in "
            "SECRET_KEY_FALLBACKS"
        ) from None
