"""Referrals to law enforcement: the case file, what was sent, and what came back.

Only people cleared for law enforcement ever see them (moderation/referrals/access.py).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Authority(models.Model):
    """A body of law enforcement or justice that referrals go to: the desk's maintained list."""

    class Kind(models.TextChoices):
        POLICE = "police", _("Police")
        PROSECUTION = "prosecution", _("Prosecution")
        COURT = "court", _("Court")
        INTERNATIONAL = "international", _("International body")
        CHILD_SAFETY = "child_safety", _("Child safety body")

    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1; empty: several countries")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    contact = models.TextField(blank=True, help_text="How it takes referrals")
    in_use = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "country"], name="authority_is_known_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Referral(models.Model):
    """An escalation to law enforcement, asked for by a decision and approved by a second person."""

    class Status(models.TextChoices):
        HELD = "held", _("waits for a second person")
        APPROVED = "approved", _("approved: to be sent")
        SENT = "sent", _("sent")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Basis(models.TextChoices):
        LIFE_OR_SAFETY = "life_or_safety", _("A threat to life or safety (DSA Art. 18)")
        CHILD_SAFETY = "child_safety", _("Sexual exploitation of a child")
        COURT_ORDER = "court_order", _("An order of a court or authority")

    class Urgency(models.TextChoices):
        IMMEDIATE = "immediate", _("Immediate: somebody is in danger now")
        URGENT = "urgent", _("Urgent: within a day")
        ROUTINE = "routine", _("Routine")

    decision = models.OneToOneField("moderation.Decision", on_delete=models.PROTECT, related_name="referral")
    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="referrals")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.HELD)
    basis = models.CharField(max_length=14, choices=Basis.choices)
    urgency = models.CharField(max_length=9, choices=Urgency.choices)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, null=True, blank=True)
    authority_written = models.CharField(max_length=200, blank=True, help_text="Where it is not in the list")
    country = models.CharField(
        max_length=2, blank=True, help_text="ISO 3166-1: the Member State or country concerned"
    )
    order_reference = models.CharField(
        max_length=200, blank=True, help_text="Of the order, where there is one"
    )
    summary = models.TextField(blank=True, help_text="What is known, for the authority")
    made_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="sent_referrals"
    )
    sent_how = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            # What needs somebody: the referrals page.
            models.Index(fields=["status", "-made_at"], name="referral_status"),
        ]


class ReferralPackage(models.Model):
    """The signed zip as it was made: what an authority is given. Never changed; a later one stands beside it."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="packages")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the zip")
    content = models.BinaryField()


class ReferralAnswer(models.Model):
    """What an authority said, as somebody recorded it."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="answers")
    received_at = models.DateTimeField()
    who = models.CharField(max_length=200, help_text="Who answered, for the authority")
    reference = models.CharField(max_length=200, blank=True, help_text="The authority's own")
    text = models.TextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)


class CyberTip(models.Model):
    """A referral's report to the NCMEC CyberTipline, and how far its filing has come.

    ``report_id`` is kept before anything is uploaded: whoever goes on after a crash retracts that one first.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("being written")
        WAITING = "waiting", _("to be filed")
        FILED = "filed", _("filed")
        REFUSED = "refused", _("refused: somebody must look at it")

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="cyber_tip")
    # The report and its files as somebody wrote and confirmed them: moderation/referrals/cybertipline/report.py.
    report = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    report_id = models.BigIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    filed_at = models.DateTimeField(null=True)
    receipt = models.TextField(blank=True, help_text="The answer to finish, as it came: the notification")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="filed") | Q(report_id__isnull=False, filed_at__isnull=False),
                name="a_filed_tip_has_its_number",
            ),
        ]
        indexes = [
            # What is to be filed: referrals.cybertipline.filing.
            models.Index(fields=["next_attempt_at"], condition=Q(status="waiting"), name="cybertip_waiting"),
        ]
