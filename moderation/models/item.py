"""What is moderated, and what it looked like at the moments when we looked."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Item(models.Model):
    """Something on a platform that can be reviewed, known by platform, kind and the platform's own id."""

    class Kind(models.TextChoices):
        CONTENT = "content", _("Content")
        ACCOUNT = "account", _("Account")
        AD = "ad", _("Advertisement")

    platform = models.ForeignKey("accounts.Platform", on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    external_id = models.CharField(max_length=255)
    author = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="works")
    # Of an account: with it and the code from her statement the person behind it can come in to appeal.
    contact = models.CharField(max_length=254, blank=True, help_text="E-mail address or phone number")
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            # Also the index for "what do we know of this item" (API, ingest).
            models.UniqueConstraint(fields=["platform", "kind", "external_id"], name="item_is_known_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class Snapshot(models.Model):
    """An item as it was captured at one moment. Never changes: it is the evidence (a trigger refuses UPDATE).

    Its content can only be purged, whole, and not while a legal hold lasts (migration 0015).
    """

    class Disclosure(models.TextChoices):
        """How the platform came to see what is shown here."""

        PUBLIC = "public", _("public")
        REPORTED_BY_PARTICIPANT = "reported_by_participant", _("reported by a participant")
        BUSINESS_HOSTED = "business_hosted", _("business hosted")
        METADATA_ONLY = "metadata_only", _("metadata only – no content was seen")

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="snapshots")
    digest = models.CharField(max_length=64, help_text="SHA-256 over the captured fields, as canonical JSON")
    captured_at = models.DateTimeField(auto_now_add=True)
    type = models.CharField(
        max_length=64, blank=True, help_text="The platform's own word: post, comment, profile"
    )
    text = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47, as the platform declared it")
    url = models.URLField(max_length=2000, blank=True)
    created_at = models.DateTimeField(null=True, help_text="When the item came to be on the platform")
    media = models.JSONField(default=list)
    author = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="works")
    display_name = models.CharField(max_length=255, blank=True)
    disclosure = models.CharField(max_length=32, choices=Disclosure.choices)
    country = models.CharField(max_length=2, blank=True)
    reach = models.BigIntegerField(null=True)
    parent = models.JSONField(null=True, help_text='{"kind", "id"} of what this answers')
    metadata = models.JSONField(default=dict)
    purged_at = models.DateTimeField(null=True, help_text="When its content was purged; the digest stays")

    class Meta:
        constraints = [
            # Also the index for "do we have this capture" (ingest). One that was purged is not there any more: the
            # same content sent again is captured again.
            models.UniqueConstraint(
                fields=["item", "digest"],
                condition=models.Q(purged_at=None),
                name="snapshot_once_per_digest",
            ),
            # A metadata-only item has no content field to leak.
            models.CheckConstraint(
                condition=~models.Q(disclosure="metadata_only") | models.Q(text="", media=[]),
                name="metadata_only_has_no_content",
            ),
        ]
        indexes = [
            # What answers an item: the messages around it that a legal hold keeps.
            models.Index(
                models.F("parent__id"), name="snapshot_parent", condition=models.Q(parent__isnull=False)
            ),
            # What has not been looked at yet, oldest first: retention.purging.
            models.Index(
                fields=["captured_at", "id"], condition=models.Q(purged_at=None), name="snapshot_not_purged"
            ),
            # "Is there still something that this account wrote?": retention.judging.
            models.Index(
                fields=["author"],
                condition=models.Q(purged_at=None, author__isnull=False),
                name="snapshot_works_kept",
            ),
        ]
