"""What somebody has written on the page of an appeal and not sent yet."""

from __future__ import annotations

from django.db import models


class AppealDraft(models.Model):
    """Kept until it is sent or its time is over, whatever happens to the page, the connection or the device.

    One for each decision and whoever may appeal it (``reply`` as in Appeal). What was begun in time may be sent for
    three more days (appeals/opening.py).
    """

    decision = models.ForeignKey(
        "moderation.Decision", on_delete=models.CASCADE, related_name="appeal_drafts"
    )
    reply = models.ForeignKey(
        "moderation.NoticeReply", on_delete=models.CASCADE, null=True, related_name="appeal_drafts"
    )
    text = models.TextField(blank=True)
    background = models.TextField(blank=True)
    contact = models.CharField(max_length=254, blank=True, help_text="As typed: perhaps no address yet")
    language = models.CharField(max_length=35, help_text="BCP 47: of the page that it was written on")
    device = models.CharField(
        max_length=40, blank=True, help_text="What typed it, by a name of its own making; empty: no script"
    )
    revision = models.PositiveBigIntegerField(default=0, help_text="How many changes that device had counted")
    began_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "reply"], nulls_distinct=False, name="one_draft_per_appellant"
            ),
        ]
        indexes = [
            # What was left behind: drafting.forget_old.
            models.Index(fields=["saved_at"], name="appealdraft_age"),
        ]
