"""Strikes: what stands against an account, what a breach weighs, and when a stronger action is proposed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Strike(models.Model):
    """What one decision holds against an account. Counts while it is active and not past ``expires_at``."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("counts")
        TAKEN_BACK = "taken_back", _("taken back with its decision")
        VOID = "void", _("void: it was gone already")

    account = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="strikes")
    decision = models.OneToOneField("moderation.Decision", on_delete=models.PROTECT, related_name="strike")
    policy = models.ForeignKey("moderation.Policy", on_delete=models.PROTECT, related_name="strikes")
    severity = models.PositiveSmallIntegerField(help_text="1 to 5, as judged")
    weight = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    given_at = models.DateTimeField(
        default=timezone.now,
        help_text="Since when it is held against her; it stays where its decision is replaced",
    )
    expires_at = models.DateTimeField(null=True, help_text="It counts until then; empty: for good")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="active", ended_at__isnull=True)
                | ~Q(status="active") & Q(ended_at__isnull=False),
                name="a_strike_ends_once",
            ),
        ]
        indexes = [
            # What stands against an account: case page, thresholds.
            models.Index(fields=["account", "given_at"], condition=Q(status="active"), name="strike_account"),
        ]


class StrikeWeight(models.Model):
    """What a breach of a policy weighs at a severity, and for how many days it counts (empty: for good)."""

    policy = models.ForeignKey("moderation.Policy", on_delete=models.CASCADE, related_name="strike_weights")
    severity = models.PositiveSmallIntegerField(help_text="1 to 5")
    weight = models.PositiveSmallIntegerField(help_text="0: no strike")
    days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "severity"], name="one_weight_per_severity"),
            models.CheckConstraint(condition=Q(severity__range=(1, 5)), name="weighed_severity_is_1_to_5"),
        ]


class StrikeThreshold(models.Model):
    """From so many points within so many days on, this action is proposed to the moderator. It is never taken alone."""

    points = models.PositiveSmallIntegerField()
    window_days = models.PositiveIntegerField()
    action = models.CharField(max_length=32, help_text="Action slug")
    days = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long it is proposed for; empty: for good"
    )

    class Meta:
        ordering = ["-points"]
        constraints = [
            models.UniqueConstraint(fields=["points", "window_days"], name="one_proposal_per_threshold"),
        ]


class ProposalTaken(models.Model):
    """A decision for which a moderator took what an account's strikes proposed, and which strikes those were.

    It is open where so many of them were taken back since that nothing would be proposed: an admin looks at it again.
    """

    class Status(models.TextChoices):
        SOUND = "sound", _("its strikes stand")
        OPEN = "open", _("to be looked at again")
        KEPT = "kept", _("looked at again, and kept")

    decision = models.OneToOneField(
        "moderation.Decision", on_delete=models.PROTECT, related_name="proposal_taken"
    )
    action = models.CharField(max_length=32, help_text="Slug of what was proposed")
    points = models.PositiveSmallIntegerField(help_text="That the threshold asked for")
    weighs = models.PositiveSmallIntegerField(help_text="The points that the decision's own breach added")
    strikes = models.ManyToManyField(Strike, related_name="proposals_taken")
    status = models.CharField(max_length=5, choices=Status.choices, default=Status.SOUND)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="kept", answered_by__isnull=False, answered_at__isnull=False)
                | ~Q(status="kept") & Q(answered_by=None, answered_at=None),
                name="somebody_keeps_what_was_proposed",
            ),
        ]
        indexes = [
            # What is to be looked at again: the strikes page.
            models.Index(fields=["id"], condition=Q(status="open"), name="proposaltaken_open"),
        ]
