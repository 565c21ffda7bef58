"""People who work at the desk, what they can read, what they are cleared for; and the platforms they serve."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do at the desk. The permission table (config/permissions.py) is written in these."""

    MODERATOR = "moderator", _("Moderator")
    ADMIN = "admin", _("Admin")


class Clearance(models.Model):
    """A required, non-language skill: child safety, terrorism, appeals, law enforcement."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person with a sign-in. A moderator decides cases; an admin also sets up how they are routed."""

    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MODERATOR)
    clearances = models.ManyToManyField(Clearance, blank=True, related_name="holders")

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class LanguageSkill(models.Model):
    """A language that a moderator reads, and how well.

    Levels follow the CEFR scale of understanding: 5 native, 4 C1–C2, 3 B2, 2 B1, 1 A.
    """

    moderator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="language_skills")
    tag = models.CharField(max_length=35, help_text="BCP 47")
    level = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["moderator", "tag"], name="one_level_per_language"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="level_is_1_to_5"),
        ]


class Platform(models.Model):
    """The service being moderated: our API's client and the receiver of our webhooks."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    """What an API key may do (docs/api.md)."""

    FLAGS_WRITE = "flags:write"
    ITEMS_WRITE = "items:write"
    CASES_READ = "cases:read"
    APPEALS_WRITE = "appeals:write"


class ApiKey(models.Model):
    """A platform's key. The key itself is shown once; we keep its SHA-256."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12, help_text="The first characters, to tell keys apart on a screen")
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope.choices))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
