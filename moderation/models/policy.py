"""The rules of the platform that people are held to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Policy(models.Model):
    """A rule of the platform: how grave a breach is, what may be done about it, and how the person is told."""

    class Ground(models.TextChoices):
        """Why something is held against it (DSA Art. 17(3)(d) and (e))."""

        TERMS = "terms", _("it breaks our terms")
        LAW = "law", _("it breaks the law")

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    severity = models.PositiveSmallIntegerField(help_text="1 (minor) to 5 (threat to life)")
    guidelines = models.TextField(blank=True, help_text="What a moderator looks for")
    allowed_actions = ArrayField(models.CharField(max_length=32), help_text="Action slugs")
    sla_minutes = models.PositiveIntegerField(help_text="A case is due this long after it was opened")
    dsa_category = models.CharField(max_length=80, help_text="STATEMENT_CATEGORY_… of the DSA database")
    # What a decision under it rests on unless the moderator says otherwise; the law is named for LAW.
    ground = models.CharField(max_length=5, choices=Ground.choices, default=Ground.TERMS)
    legal_ground = models.CharField(max_length=500, blank=True, help_text="The law, for the ground “law”")
    # {"en": "…", "th": "…"}: the rule's name, and the rule in words, for the person affected.
    public_names = models.JSONField(default=dict, blank=True)
    public_texts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__range=(1, 5)), name="severity_is_1_to_5"),
        ]

    def __str__(self) -> str:
        return self.name
