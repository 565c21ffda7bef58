"""Legal holds: what must be kept, why and until when, and the copies that are kept of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class LegalHold(models.Model):
    """While it is active nothing of its items can be purged or erased (a trigger of migration 0015 refuses it).

    Ends with ``until``, or when two different people lift it.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("holds")
        LIFTING = "lifting", _("holds; somebody asked to lift it")
        LIFTED = "lifted", _("lifted by two people")
        EXPIRED = "expired", _("its time was over")

    HOLDS = (Status.ACTIVE, Status.LIFTING)

    referral = models.ForeignKey(
        "moderation.Referral", on_delete=models.PROTECT, null=True, related_name="holds"
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    reason = models.TextField()
    placed_at = models.DateTimeField(auto_now_add=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="placed_holds"
    )
    until = models.DateTimeField()
    lift_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    lift_asked_at = models.DateTimeField(null=True)
    lift_reasons = models.TextField(blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="lifted")
                | Q(lift_asked_by__isnull=False, lifted_by__isnull=False, ended_at__isnull=False)
                & ~Q(lifted_by=F("lift_asked_by")),
                name="two_people_lift_a_hold",
            ),
        ]
        indexes = [
            # What has run out: holds.expire_due.
            models.Index(fields=["until"], condition=Q(status__in=["active", "lifting"]), name="hold_until"),
        ]


class HeldItem(models.Model):
    """An item under a hold."""

    hold = models.ForeignKey(LegalHold, on_delete=models.PROTECT, related_name="held_items")
    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="held")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "item"], name="item_held_once_per_hold"),
        ]


class PreservedFile(models.Model):
    """Our own copy of a snapshot's media under a hold, from when it is owed until it is kept or cannot be."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("being fetched")
        KEPT = "kept", _("kept")
        FAILED = "failed", _("could not be fetched")

    hold = models.ForeignKey(LegalHold, on_delete=models.PROTECT, related_name="files")
    snapshot = models.ForeignKey(
        "moderation.Snapshot", on_delete=models.PROTECT, related_name="preserved_files"
    )
    position = models.PositiveSmallIntegerField(help_text="Of the snapshot's media, from 0")
    url = models.URLField(max_length=2000)
    declared_sha256 = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    content = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    mime = models.CharField(max_length=100, blank=True, help_text="By its content")
    size = models.PositiveIntegerField(null=True, help_text="Bytes")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "snapshot", "position"], name="file_preserved_once"),
            models.CheckConstraint(
                condition=~Q(status="kept") | Q(content__isnull=False, fetched_at__isnull=False),
                name="a_kept_file_is_there",
            ),
        ]
        indexes = [
            # What is to be fetched: holds.preserving.
            models.Index(fields=["next_attempt_at"], condition=Q(status="waiting"), name="preserved_waiting"),
        ]
