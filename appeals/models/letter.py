"""E-mails to people who appeal: an outbox of their own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Letter(models.Model):
    """One e-mail, written in the transaction of what it tells of and sent by a worker (appeals/letters/).

    It says that there is something to read, and never what: nobody has shown that the address is hers.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", _("The appeal came")
        QUESTION = "question", _("There is a question")
        DECIDED = "decided", _("There is an answer")
        WITHDRAWN = "withdrawn", _("It was taken back")

    class Status(models.TextChoices):
        PENDING = "pending", _("on its way")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    appeal = models.ForeignKey("appeals.Appeal", on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    to = models.EmailField(blank=True, help_text="Empty once it is purged")
    language = models.CharField(max_length=35, help_text="BCP 47")
    subject = models.CharField(max_length=200)
    body = models.TextField()
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    written_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appeal", "kind"], name="one_letter_of_each_kind"),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent") & Q(sent_at=None),
                name="a_sent_letter_has_its_time",
            ),
        ]
        indexes = [
            # What is due: letters.sending.
            models.Index(fields=["next_attempt_at"], condition=Q(status="pending"), name="letter_pending"),
        ]

    @property
    def domain(self) -> str:
        """Where the address is, without whose it is."""
        return self.to.rpartition("@")[2]
