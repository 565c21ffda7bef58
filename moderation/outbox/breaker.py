"""The circuit breaker of each endpoint: after FAILURES in a row it is left alone for a while, each time for longer.

When a rest is over, one message goes out as a probe. If it is taken, everything that waits follows; if not, the
endpoint rests again. What waits meanwhile is not tried, so resting costs no message any of its attempts. The state is
in the endpoint's row, so all workers keep to it, and a worker that dies with the probe holds nothing up: taking the
probe starts a rest as long as a lease.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone

from moderation import audit
from moderation.models import WebhookEndpoint
from moderation.outbox.schedule import LONGEST_ASKED_FOR

FAILURES: Final = 5
FIRST_REST: Final = timedelta(seconds=30)
LONGEST_REST: Final = timedelta(minutes=15)
# Up to this share more, so that endpoints which broke together are not probed together.
JITTER: Final = 0.2

_random = secrets.SystemRandom()


def not_resting(prefix: str = "") -> Q:
    """Endpoints that may be called now. ``prefix``: where the endpoint is from the row that is asked for."""
    over = {f"{prefix}resting_until__lte": timezone.now()}
    return Q(**{f"{prefix}resting_until": None}) | Q(**over)


def is_open(endpoint: WebhookEndpoint) -> bool:
    """Whether it failed so often that nothing but a probe goes out."""
    return endpoint.failures >= FAILURES


def take_probe(endpoint_id: int) -> bool:
    """Whether the caller may send the one probe that a broken endpoint gets now. In the transaction that takes it."""
    lease = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    broken = WebhookEndpoint.objects.filter(not_resting(), pk=endpoint_id, failures__gte=FAILURES)
    return bool(broken.update(resting_until=timezone.now() + lease))


def give_probe_back(endpoint_id: int) -> None:
    """There was nothing to send: whatever comes next is the probe."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(resting_until=timezone.now())


def succeeded(endpoint_id: int) -> None:
    """An endpoint took a message. Writes nothing while all is well."""
    failing = WebhookEndpoint.objects.filter(pk=endpoint_id, failures__gt=0)
    endpoint = failing.select_for_update(no_key=True).first()
    if endpoint is None:
        return
    if is_open(endpoint):
        audit.record("endpoint.recovered", audit.SYSTEM, endpoint_id=endpoint_id, failures=endpoint.failures)
        endpoint.resting_until = None
    forget(endpoint)


def forget(endpoint: WebhookEndpoint) -> None:
    """Begin anew with an endpoint, as its failures tell nothing of it any more. A rest that it asked for stays."""
    endpoint.failures, endpoint.failing_since, endpoint.last_error = 0, None, ""
    endpoint.save(update_fields=["failures", "failing_since", "last_error", "resting_until"])


def failed(endpoint_id: int, error: str, probe: bool) -> None:
    """A message was not taken. ``probe``: it went out to find out whether the endpoint is well again.

    What was under way when the endpoint broke tells nothing new, and makes its rest no longer.
    """
    row = WebhookEndpoint.objects.filter(pk=endpoint_id)
    row.update(failing_since=Coalesce(F("failing_since"), Now()), last_error=error)
    endpoint = row.select_for_update(no_key=True).get()
    if is_open(endpoint) and not probe:
        return
    endpoint.failures += 1
    if is_open(endpoint):
        endpoint.resting_until = timezone.now() + rest_after(endpoint.failures)
    endpoint.save(update_fields=["failures", "resting_until"])
    if endpoint.failures == FAILURES:
        audit.record("endpoint.resting", audit.SYSTEM, endpoint_id=endpoint_id, error=error)


def asked_to_wait(endpoint_id: int, wait: timedelta) -> None:
    """An endpoint asked to be left alone for a while (429 or 503 with Retry-After): nothing is sent, not even new."""
    until = Now() + min(wait, LONGEST_ASKED_FOR)
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(resting_until=Greatest(F("resting_until"), until))


def rest_after(failures: int) -> timedelta:
    """How long an endpoint rests after so many failures in a row, FAILURES or more."""
    doubled: timedelta = FIRST_REST * 2 ** min(failures - FAILURES, 16)
    scale: float = settings.WEBHOOK_WAIT_SCALE
    return min(doubled, LONGEST_REST) * (1 + _random.uniform(0, JITTER)) * scale
