"""What whoever sent a notice is told of the decision about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class NoticeReply(models.Model):
    """The answer to a notice (DSA Art. 16(5)): what was decided, and how to complain where nothing was done.

    One for each notice and decision that answers it: the first, and each that took its place.
    """

    decision = models.ForeignKey(
        "moderation.Decision", on_delete=models.PROTECT, related_name="notice_replies"
    )
    flag = models.ForeignKey("moderation.Flag", on_delete=models.PROTECT, related_name="replies")
    language = models.CharField(max_length=35)
    direction = models.CharField(max_length=3, choices=[("ltr", "ltr"), ("rtl", "rtl")])
    text = models.TextField()
    # Only where nothing was done: Art. 20 lets the notifier complain of that.
    appeal_code = models.CharField(max_length=16, null=True, unique=True)  # noqa: DJ001  null: none, and unique
    appeal_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "flag"], name="one_reply_per_notice_and_decision"),
            models.CheckConstraint(
                condition=Q(appeal_code=None, appeal_until=None)
                | Q(appeal_code__isnull=False, appeal_until__isnull=False),
                name="a_code_has_its_time",
            ),
        ]
