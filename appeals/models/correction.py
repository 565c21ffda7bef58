"""What readers of a language say is wrong with its texts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Correction(models.Model):
    """A text of the public pages that somebody would word otherwise, and what became of it."""

    class Status(models.TextChoices):
        OPEN = "open", _("to be looked at")
        TAKEN = "taken", _("taken over")
        REFUSED = "refused", _("not taken over")

    language = models.CharField(max_length=35, help_text="A code of settings.LANGUAGES")
    text = models.TextField(help_text="As it reads now")
    suggestion = models.TextField()
    remark = models.TextField(blank=True)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.OPEN)
    sent_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", answered_by=None, answered_at=None)
                | ~Q(status="open") & Q(answered_by__isnull=False, answered_at__isnull=False),
                name="a_correction_is_answered_by_somebody",
            ),
        ]
        indexes = [
            # What is to be looked at: the corrections page.
            models.Index(fields=["sent_at"], condition=Q(status="open"), name="correction_open"),
        ]
