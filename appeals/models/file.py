"""Files that somebody adds to an appeal as evidence."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class WithoutContent(models.Manager["AppealFile"]):
    """In the order they came. A list must not fetch what is in them: that comes when it is asked for, one by one."""

    def get_queryset(self) -> models.QuerySet[AppealFile]:
        return super().get_queryset().defer("content").order_by("pk")


class AppealFile(models.Model):
    """A picture, made anew without metadata, or a PDF as it came (appeals/files/). With a draft, then its appeal."""

    draft = models.ForeignKey(
        "appeals.AppealDraft", on_delete=models.CASCADE, null=True, related_name="files"
    )
    appeal = models.ForeignKey("appeals.Appeal", on_delete=models.PROTECT, null=True, related_name="files")
    name = models.CharField(max_length=120, help_text="As it was called, cleaned")
    media_type = models.CharField(max_length=40, help_text="By its content")
    content = models.BinaryField(null=True, help_text="Empty once it is purged")
    size = models.PositiveIntegerField(help_text="Bytes, as kept")
    sha256 = models.CharField(max_length=64, help_text="Of what is kept")
    width = models.PositiveIntegerField(null=True, help_text="Pixels, of a picture")
    height = models.PositiveIntegerField(null=True)
    added_at = models.DateTimeField(auto_now_add=True)
    purged_at = models.DateTimeField(null=True)

    objects = WithoutContent()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(draft__isnull=False, appeal=None) | Q(draft=None, appeal__isnull=False),
                name="a_file_is_of_a_draft_or_an_appeal",
            ),
            models.CheckConstraint(
                condition=Q(content__isnull=False, purged_at=None) | Q(content=None, purged_at__isnull=False),
                name="a_file_is_there_until_purged",
            ),
            # The same picture twice is one.
            models.UniqueConstraint(
                fields=["draft", "sha256"], condition=Q(draft__isnull=False), name="draft_file_once"
            ),
        ]
