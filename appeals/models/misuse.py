"""Measures against those who often send what is manifestly unfounded (DSA Art. 23)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Misuse(models.Model):
    """A warning, or after it a suspension for a reasonable time: one line for each, by a person, with reasons."""

    class Of(models.TextChoices):
        """Counted apart: who sends groundless appeals may still send notices that have a ground."""

        COMPLAINTS = "complaints", _("appeals")
        NOTICES = "notices", _("notices")

    class Measure(models.TextChoices):
        WARNING = "warning", _("warned")
        SUSPENSION = "suspension", _("suspended")

    account = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="misuses")
    of = models.CharField(max_length=10, choices=Of.choices)
    measure = models.CharField(max_length=10, choices=Measure.choices)
    reasons = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, help_text="Of a suspension")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(measure="suspension", until__gt=F("at")) | Q(measure="warning", until=None),
                name="a_suspension_ends",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="somebody_lifts_it",
            ),
        ]
        indexes = [
            # What holds against an account: opening, the misuse page.
            models.Index(fields=["account", "of", "-at"], name="misuse_of_account"),
        ]
