"""The affected person's complaint against a decision."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Appeal(models.Model):
    """A complaint against a decision (DSA Art. 20), reviewed in a case of its own by somebody else."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("The decision stands")
        OVERTURNED = "overturned", _("The decision is taken back")

    class FiledBy(models.TextChoices):
        PERSON = "person", _("the person affected")
        PLATFORM = "platform", _("the platform, for the person affected")

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        DECIDED = "decided", _("Decided")

    decision = models.OneToOneField("moderation.Decision", on_delete=models.PROTECT, related_name="appeal")
    case = models.OneToOneField("moderation.Case", on_delete=models.PROTECT, related_name="appeal")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RECEIVED)
    text = models.TextField(help_text="Why she disagrees, in her words")
    background = models.TextField(blank=True, help_text="What else she wants us to know")
    language = models.CharField(max_length=35, help_text="BCP 47: of the page that it was written on")
    filed_by = models.CharField(max_length=8, choices=FiledBy.choices)
    filed_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=24, choices=Outcome.choices, blank=True)
    outcome_reasons = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True, help_text="When her words were purged; the outcome stays")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="decided", decided_at__isnull=False) & ~Q(outcome="")
                | Q(status="received", decided_at__isnull=True, outcome=""),
                name="an_outcome_only_when_decided",
            ),
        ]

    @property
    def reference(self) -> str:
        """What the person keeps and may quote. It opens nothing."""
        return f"A-{self.pk}"


class CodeAttempt(models.Model):
    """How often a code was tried in vain, by address or by code, within the window (appeals/attempts.py)."""

    key = models.CharField(max_length=64, primary_key=True, help_text="Keyed hash of an address or a code")
    failures = models.PositiveIntegerField()
    since = models.DateTimeField()

    class Meta:
        indexes = [
            # What is too old to count: attempts.count.
            models.Index(fields=["since"], name="codeattempt_since"),
        ]
