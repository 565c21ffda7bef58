"""Webhooks on their way to a platform."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WebhookEndpoint(models.Model):
    """Where a platform wants to be told, and how it answers."""

    platform = models.ForeignKey(
        "accounts.Platform", on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    url = models.URLField(max_length=2000)
    enabled = models.BooleanField(default=True)
    gone_at = models.DateTimeField(null=True, help_text="When it answered 410 and was switched off for it")
    # The circuit breaker (outbox/breaker.py): failures in a row, since when, the last one's error, and until when
    # nothing is sent; then one probe.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    resting_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.url


class EndpointSecret(models.Model):
    """A signing secret (``whsec_…``) of an endpoint, encrypted with the desk's key. All of them sign."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="secrets")
    encrypted = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, help_text="It signs until then; empty: for good")


class Message(models.Model):
    """One webhook to one endpoint, from when it is owed until it is delivered or parked.

    Messages about one item go to an endpoint in the order of their ids, one at a time. Deleted by policy, not on
    success: the delivery page shows what was sent.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        DELIVERED = "delivered", _("delivered")
        PARKED = "parked", _("parked")
        WITHDRAWN = "withdrawn", _("withdrawn before it was sent")

    webhook_id = models.UUIDField(default=uuid.uuid4, unique=True, help_text="Stable across attempts")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="messages")
    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="messages")
    enforcement = models.ForeignKey(
        "moderation.Enforcement", on_delete=models.PROTECT, null=True, related_name="messages"
    )
    # The decision that made it happen: what is undone with it.
    decision = models.ForeignKey(
        "moderation.Decision", on_delete=models.PROTECT, null=True, related_name="messages"
    )
    type = models.CharField(max_length=40)
    payload = models.JSONField(help_text="The body as sent")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            # What an endpoint is owed now: outbox.delivery.due.
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"],
                condition=Q(status="pending"),
                name="message_due",
            ),
            # What is parked at an endpoint: the delivery page.
            models.Index(fields=["endpoint", "id"], condition=Q(status="parked"), name="message_parked"),
            # What was posted to an endpoint since a moment: the delivery log, and its replay.
            models.Index(fields=["endpoint", "created_at", "id"], name="message_log"),
            # "Is an earlier one about this item still on its way?": order per item.
            models.Index(
                fields=["endpoint", "item", "id"],
                condition=Q(status__in=["pending", "parked"]),
                name="message_order",
            ),
            # What went out long ago: retention.leftovers.
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["delivered", "withdrawn"]),
                name="message_age",
            ),
        ]


class DeliveryAttempt(models.Model):
    """One attempt to deliver a message. Grows for ever, so its table is partitioned by month (migration 0002)."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    message_id = models.BigIntegerField()
    attempt = models.PositiveSmallIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        managed = False
        db_table = "moderation_deliveryattempt"
