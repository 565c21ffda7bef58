"""Where a platform wants to be told."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from accounts.models import Platform
from moderation import audit, bells
from moderation.models import WebhookEndpoint
from moderation.outbox import breaker, rotation
from moderation.outbox.posting import DELIVER, QUEUE
from moderation.outbox.signing import new_secret
from moderation.outgoing import AddressRefused, check_host


def create_endpoint(
    platform: Platform, url: str, by: audit.Actor = audit.SYSTEM, secret: str | None = None
) -> WebhookEndpoint:
    """An endpoint with its signing secret, which whoever calls this shows once (``rotation.live``).

    ``secret`` lets a program that sets up both sides choose it. Raises ValidationError for an address that is none, or
    that is not public. Looks the address up, so call it outside of transactions that hold locks.
    """
    endpoint = WebhookEndpoint(platform=platform, url=url)
    check_url(url)
    endpoint.full_clean(exclude=("gone_at", "failing_since", "resting_until"))  # of later
    with transaction.atomic():
        endpoint.save()
        rotation.keep(endpoint, secret or new_secret())
        audit.record("endpoint.created", by, endpoint_id=endpoint.pk, platform=platform.slug, url=url)
    return endpoint


def check_url(url: str) -> None:
    """Raise ValidationError (``url``) in words for what Fairlead would not send to."""
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme, parts.hostname or ""
    except ValueError:
        scheme, host = "", ""
    if scheme not in ("http", "https"):
        raise ValidationError({"url": gettext("The address must begin with https:// or http://")})
    try:
        check_host(host)
    except AddressRefused as refused:
        hint = gettext(
            "Only addresses on the public Internet are called, and those in WEBHOOK_ALLOWED_NETWORKS."
        )
        raise ValidationError({"url": f"{refused}. {hint}"}) from None


@transaction.atomic
def switch(endpoint_id: int, enabled: bool, by: audit.Actor) -> WebhookEndpoint:
    """Use an endpoint or leave it. What it is owed waits while it is off; what happens meanwhile it is never told by
    webhook, and the platform reads it with GET /api/v1/decisions. Raises WebhookEndpoint.DoesNotExist.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.enabled != enabled:
        endpoint.enabled, endpoint.gone_at, endpoint.resting_until = enabled, None, None
        endpoint.save(update_fields=["enabled", "gone_at"])
        breaker.forget(endpoint)
        audit.record("endpoint.switched", by, endpoint_id=endpoint.pk, enabled=enabled)
        bells.work_waits(DELIVER, QUEUE)
    return endpoint
