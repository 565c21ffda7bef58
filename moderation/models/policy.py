"""The rules of the platform that people are held to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Policy(models.Model):
    """A rule of the platform: how grave a breach is, what may be done about it, and how the person is told."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    severity = models.PositiveSmallIntegerField(help_text="1 (minor) to 5 (threat to life)")
    guidelines = models.TextField(blank=True, help_text="What a moderator looks for")
    allowed_actions = ArrayField(models.CharField(max_length=32), help_text="Action slugs")
    sla_minutes = models.PositiveIntegerField(help_text="A case is due this long after it was opened")
    dsa_category = models.CharField(max_length=80, help_text="STATEMENT_CATEGORY_… of the DSA database")
    # {"en": "…", "th": "…"}: the rule's name, and the rule in words, for the person affected.
    public_names = models.JSONField(default=dict, blank=True)
    public_texts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__range=(1, 5)), name="severity_is_1_to_5"),
        ]

    def __str__(self) -> str:
        return self.name
