"""Claims that something may break a policy, and the keys that keep a repeated call from counting twice."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Flag(models.Model):
    """One source's claim that a snapshot may break a policy."""

    class Source(models.TextChoices):
        DETECTOR = "detector", _("Detector")
        USER_NOTICE = "user_notice", _("User notice")
        TRUSTED_FLAGGER = "trusted_flagger", _("Trusted flagger")
        AUTHORITY = "authority", _("Authority")
        OWN_INITIATIVE = "own_initiative", _("Own initiative")

    platform = models.ForeignKey("accounts.Platform", on_delete=models.PROTECT, related_name="flags")
    flag_id = models.CharField(max_length=255, help_text="The platform's own, or made by us")
    body_digest = models.CharField(max_length=64, help_text="SHA-256 of the flag as sent, as canonical JSON")
    case = models.ForeignKey("moderation.Case", on_delete=models.PROTECT, related_name="flags")
    snapshot = models.ForeignKey("moderation.Snapshot", on_delete=models.PROTECT, related_name="flags")
    source = models.CharField(max_length=16, choices=Source.choices)
    detector = models.CharField(max_length=64, blank=True)
    detector_version = models.CharField(max_length=64, blank=True)
    policy = models.ForeignKey("moderation.Policy", on_delete=models.PROTECT, related_name="flags")
    score = models.FloatField(null=True, help_text="0 to 1")
    # Who sent a notice, as an account of the platform: told what came of it, and may complain where nothing did.
    notifier = models.ForeignKey(
        "moderation.Item", on_delete=models.PROTECT, null=True, related_name="notices"
    )
    notifier_language = models.CharField(max_length=35, blank=True, help_text="BCP 47")
    evidence = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    flagged_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "flag_id"], name="flag_once_per_id"),
            models.CheckConstraint(
                condition=models.Q(notifier=None)
                | models.Q(source__in=["user_notice", "trusted_flagger", "authority"]),
                name="only_a_notice_has_a_notifier",
            ),
        ]
        indexes = [
            # The latest that a detector raised under a policy: appeals' records of what came of them.
            models.Index(
                models.F("detector"),
                models.F("policy"),
                models.F("id").desc(),
                condition=~models.Q(detector=""),
                name="flag_of_detector",
            ),
            # The cases that a term of a list was found in: detectors.doubts.
            GinIndex(
                fields=["evidence"],
                opclasses=["jsonb_path_ops"],
                condition=models.Q(detector="keywords"),
                name="flag_terms",
            ),
        ]


class IdempotencyKey(models.Model):
    """An ``Idempotency-Key`` that a platform has used: the same key and body answers the first answer again."""

    platform = models.ForeignKey(
        "accounts.Platform", on_delete=models.CASCADE, related_name="idempotency_keys"
    )
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64, help_text="SHA-256 over method, path and body")
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "key"], name="idempotency_key_once"),
        ]
        indexes = [
            # What is too old to be repeated: retention.leftovers.
            models.Index(fields=["created_at"], name="idempotency_key_age"),
        ]
