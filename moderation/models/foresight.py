"""What an admin asked to foresee."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Foresight(models.Model):
    """A simulation that an admin asked for before a change: today's configuration beside the proposed one.

    Work that is owed is a row: a worker leases it, says how far it is, and writes the result.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    change = models.JSONField(help_text="moderation.foresight.change.Change")
    days = models.PositiveSmallIntegerField(help_text="Recorded arrivals of so many days")
    until = models.DateTimeField(
        default=timezone.now, help_text="Of the days before it; the same again, the same figures"
    )
    seed = models.PositiveIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            # What is owed: foresight.running.run_pending.
            models.Index(
                fields=["id"], condition=Q(status__in=["waiting", "running"]), name="foresight_owed"
            ),
            # What nobody will look at any more: retention.leftovers.
            models.Index(
                fields=["asked_at"], condition=Q(status__in=["done", "failed"]), name="foresight_age"
            ),
        ]
