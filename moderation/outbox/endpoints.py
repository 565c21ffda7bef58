"""Where a platform wants to be told."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from accounts.models import Platform
from moderation import audit, bells
from moderation.models import WebhookEndpoint
from moderation.outbox.posting import DELIVER, QUEUE
from moderation.outbox.signing import new_secret


@transaction.atomic
def create_endpoint(
    platform: Platform, url: str, by: audit.Actor = audit.SYSTEM, secret: str | None = None
) -> WebhookEndpoint:
    """An endpoint with its signing secret, which is shown once, by whoever calls this.

    ``secret`` lets a program that sets up both sides choose it. Raises ValidationError for an address that is none.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValidationError({"url": gettext("The address must begin with https:// or http://")})
    endpoint = WebhookEndpoint(platform=platform, url=url, secret=secret or new_secret())
    endpoint.full_clean()
    endpoint.save()
    audit.record("endpoint.created", by, endpoint_id=endpoint.pk, platform=platform.slug, url=url)
    return endpoint


@transaction.atomic
def switch(endpoint_id: int, enabled: bool, by: audit.Actor) -> WebhookEndpoint:
    """Use an endpoint or leave it. What it is owed waits while it is off; what happens meanwhile it is never told by
    webhook, and the platform reads it with GET /api/v1/decisions. Raises WebhookEndpoint.DoesNotExist.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.enabled != enabled:
        endpoint.enabled = enabled
        endpoint.save(update_fields=["enabled"])
        audit.record("endpoint.switched", by, endpoint_id=endpoint.pk, enabled=enabled)
        bells.work_waits(DELIVER, QUEUE)
    return endpoint
