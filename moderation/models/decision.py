"""What was judged, what it does on the platform, and what the person affected is told."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Decision(models.Model):
    """The judgement on a case. Made only by ``moderation.decisions.decide``; never edited."""

    case = models.OneToOneField("moderation.Case", on_delete=models.PROTECT, related_name="decision")
    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="decisions")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="decisions"
    )
    automated = models.BooleanField(default=False)
    decided_at = models.DateTimeField(auto_now_add=True)
    policy = models.ForeignKey("moderation.Policy", on_delete=models.PROTECT, related_name="decisions")
    policy_version = models.PositiveIntegerField()
    # [{"action": "lock_account", "parameters": {"until": null}, "territories": []}, …] as judged.
    actions = models.JSONField()
    reasoning = models.TextField(help_text="Public: the person affected reads it")
    note = models.TextField(blank=True, help_text="Private: colleagues read it")
    overrides = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="overridden_by")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(automated=True) | Q(decided_by__isnull=False),
                name="somebody_or_something_decided",
            ),
        ]
        indexes = [
            # What she decided, latest first: history, and the board's last hours.
            models.Index(fields=["decided_by", "-id"], name="decision_by_whom"),
        ]


class Enforcement(models.Model):
    """One action on its way to, or carried out on, the platform."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("on its way")
        DELIVERED = "delivered", _("carried out")
        REVERSAL_REQUESTED = "reversal_requested", _("being reversed")
        REVERSED = "reversed", _("reversed")

    IN_FORCE = (Status.REQUESTED, Status.DELIVERED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="enforcements")
    reversed_by = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="reversals")
    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="enforcements")
    action = models.CharField(max_length=32)
    parameters = models.JSONField(default=dict)
    territories = ArrayField(models.CharField(max_length=2), default=list)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.REQUESTED)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # What is in force on an item: case page, GET /items.
            models.Index(fields=["item", "status"], name="enforcement_item"),
        ]


class Statement(models.Model):
    """The statement of reasons: what the affected person is told (DSA Art. 17). One per decision that restricts."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="statement")
    recipient = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="statements")
    language = models.CharField(max_length=35)
    direction = models.CharField(max_length=3, choices=[("ltr", "ltr"), ("rtl", "rtl")])
    text = models.TextField()
    appeal_code = models.CharField(max_length=16, unique=True, help_text="Short and typable; see appeals")
    appeal_until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
