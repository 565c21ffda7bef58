"""How long data is kept, what was purged, and what a person asked to have erased or exported."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RetentionRule(models.Model):
    """For how many days a kind of data is kept; of content, per policy, the rule without one being for the rest."""

    class Kind(models.TextChoices):
        CONTENT = "content", _("Content and metadata of decided cases")
        DELIVERIES = "deliveries", _("Delivered webhooks and their attempts")
        IDEMPOTENCY_KEYS = "idempotency_keys", _("Idempotency keys")
        FORESIGHTS = "foresights", _("Simulations")
        DRAFTS = "drafts", _("Drafts")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    policy = models.ForeignKey("moderation.Policy", on_delete=models.CASCADE, null=True, blank=True)
    days = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "policy"], nulls_distinct=False, name="one_retention_per_kind_and_policy"
            ),
        ]


class PurgeReport(models.Model):
    """What one run of the purge took away: {"content": 12, …}, and what a legal hold kept."""

    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    purged = models.JSONField(default=dict)
    held = models.JSONField(default=dict)


class DataRequest(models.Model):
    """A person's request about her own data (GDPR Arts. 15 and 17), and what was done."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("a copy of her data")
        ERASURE = "erasure", _("erasure")

    kind = models.CharField(max_length=7, choices=Kind.choices)
    account = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="data_requests")
    asked_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    # What was taken away, what stays, and the law that says so.
    outcome = models.JSONField(default=dict)
