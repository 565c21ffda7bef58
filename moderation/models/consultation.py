"""A colleague's opinion, asked for by whoever judges a case."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Consultation(models.Model):
    """A question about a case to a colleague, and her answer. Whoever was asked took part in the decision."""

    class Status(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        ANSWERED = "answered", _("answered")
        OVER = "over", _("decided without an answer")

    case = models.ForeignKey("moderation.Case", on_delete=models.PROTECT, related_name="consultations")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="questions_asked"
    )
    asked = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="consultations"
    )
    question = models.TextField()
    asked_at = models.DateTimeField(auto_now_add=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "asked"], name="a_colleague_is_asked_once_per_case"),
            models.CheckConstraint(condition=~Q(asked=F("asked_by")), name="nobody_consults_herself"),
            models.CheckConstraint(
                condition=Q(status="answered", answered_at__isnull=False) & ~Q(answer="")
                | ~Q(status="answered") & Q(answered_at=None, answer=""),
                name="an_answered_consultation_has_an_answer",
            ),
        ]
        indexes = [
            # What waits for her opinion: the consultations page, and the number in the menu.
            models.Index(
                fields=["asked", "asked_at"], condition=Q(status="open"), name="consultation_waiting"
            ),
        ]
