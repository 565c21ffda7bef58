"""The one question that a moderator may ask whoever appeals."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Question(models.Model):
    """Asked once in an appeal. Its case pauses until she answers, or until the time for it is over."""

    class Status(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        ANSWERED = "answered", _("answered")
        LAPSED = "lapsed", _("not answered in time")

    appeal = models.OneToOneField("appeals.Appeal", on_delete=models.PROTECT, related_name="question")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    text = models.TextField()
    language = models.CharField(max_length=35, help_text="BCP 47: of the question")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    answer_by = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="answered", answered_at__isnull=False)
                | ~Q(status="answered") & Q(answered_at=None, answer=""),
                name="an_answered_question_has_its_time",
            ),
        ]
        indexes = [
            # Whose time is over: questions.lapse_due.
            models.Index(fields=["answer_by"], condition=Q(status="open"), name="question_open"),
        ]
