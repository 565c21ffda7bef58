"""The clearances that there are: what queues and rules may ask for, and people may hold."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Clearance, User
from moderation import audit, configuration
from moderation.models import Queue, Requirements, RoutingRule


class InUse(Exception):
    """Somebody holds it, or a queue or rule asks for it, or has asked it of a case."""


@transaction.atomic
def add(slug: str, name: str, by: User) -> Clearance:
    """Raises IntegrityError where the slug is taken."""
    made = Clearance.objects.create(slug=slug, name=name)
    configuration.changed("clearance.added", audit.person(by), clearance=slug, name=name)
    return made


@transaction.atomic
def remove(clearance_id: int, by: User) -> Clearance:
    """Take away one that nothing and nobody needs. Raises InUse, Clearance.DoesNotExist."""
    found = Clearance.objects.select_for_update().get(pk=clearance_id)
    if (
        User.objects.filter(clearances=found).exists()
        or Queue.objects.filter(required_clearances=found).exists()
        or RoutingRule.objects.filter(clearances__contains=[found.slug]).exists()
        or Requirements.objects.filter(clearances__contains=[found.slug]).exists()
    ):
        raise InUse
    Clearance.objects.filter(pk=clearance_id).delete()
    configuration.changed("clearance.removed", audit.person(by), clearance=found.slug, name=found.name)
    return found
