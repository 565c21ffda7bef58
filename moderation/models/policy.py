"""The rules of the platform that people are held to, and each of them as it was at every version."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyTerms(models.Model):
    """What a rule says: how grave a breach is, what may be done about it, and how the person is told."""

    class Ground(models.TextChoices):
        """Why something is held against it (DSA Art. 17(3)(d) and (e))."""

        TERMS = "terms", _("it breaks our terms")
        LAW = "law", _("it breaks the law")

    name = models.CharField(max_length=120)
    severity = models.PositiveSmallIntegerField(help_text="1 (minor) to 5 (threat to life)")
    guidelines = models.TextField(blank=True, help_text="What a moderator looks for")
    allowed_actions = ArrayField(models.CharField(max_length=32), help_text="Action slugs")
    sla_minutes = models.PositiveIntegerField(help_text="A case is due this long after it was opened")
    dsa_category = models.CharField(max_length=80, help_text="STATEMENT_CATEGORY_… of the DSA database")
    dsa_keyword = models.CharField(
        max_length=80, blank=True, help_text="KEYWORD_… of that category, or empty"
    )
    # What a decision under it rests on unless the moderator says otherwise; the law is named for LAW.
    ground = models.CharField(max_length=5, choices=Ground.choices, default=Ground.TERMS)
    legal_ground = models.CharField(max_length=500, blank=True, help_text="The law, for the ground “law”")
    # {"en": "…", "th": "…"}: the rule's name, and the rule in words, for the person affected.
    public_names = models.JSONField(default=dict, blank=True)
    public_texts = models.JSONField(default=dict)

    class Meta:
        abstract = True


class Policy(PolicyTerms):
    """A rule of the platform as it stands now."""

    slug = models.SlugField(unique=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__range=(1, 5)), name="severity_is_1_to_5"),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(PolicyTerms):
    """A rule as it was at one version: what people were held to then.

    The database writes the row with each version of a Policy, and refuses to change or delete it (migration 0017).
    """

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Also the index for "the policy as it was at that version".
            models.UniqueConstraint(fields=["policy", "version"], name="policy_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"
