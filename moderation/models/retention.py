"""How long data is kept, what was purged, and what a person asked to have erased or exported."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# Six calendar months and a day to appeal (DSA Art. 20(1)), which are 185 days at most, and a month.
LEAST_CONTENT_DAYS: Final = 216


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
            models.CheckConstraint(
                condition=~Q(kind="content") | Q(days__gte=LEAST_CONTENT_DAYS),
                name="content_outlasts_the_time_to_appeal",
            ),
        ]


class KeptLonger(models.Model):
    """A snapshot that the purge has looked at and had to leave, and when it looks again.

    With these rows a run looks at what has come of age and at what is due again, and never at all that is kept.
    """

    snapshot = models.OneToOneField(
        "moderation.Snapshot", on_delete=models.CASCADE, primary_key=True, related_name="kept_longer"
    )
    look_again_at = models.DateTimeField()

    class Meta:
        indexes = [
            # What is due again: retention.purging.
            models.Index(fields=["look_again_at"], name="kept_look_again"),
        ]


class PurgeReport(models.Model):
    """What one run of the purge took away: {"content": 12, …}, and what a legal hold kept.

    Each batch counts itself here in its own transaction. A run that was killed is gone on with from ``position``.
    """

    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    purged = models.JSONField(default=dict)
    held = models.JSONField(default=dict)
    # {"stage": "content", "rules": digest of the rules, "after": [captured_at, id of the snapshot looked at last]}
    position = models.JSONField(default=dict)


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
    # An erasure's: when somebody must set to work on it, for the first time or on what had to stay until then.
    look_again_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Erasures that are owed: retention.erasure.
            models.Index(
                fields=["look_again_at"], condition=Q(look_again_at__isnull=False), name="data_request_owed"
            ),
        ]
