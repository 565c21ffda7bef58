"""People who work at the desk, what they can read, what they are cleared for; and the platforms they serve."""

from __future__ import annotations

import zoneinfo
from functools import cache

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

LEVELS = (MinValueValidator(1), MaxValueValidator(5))


class Role(models.TextChoices):
    """What a person may do at the desk. The permission table (config/permissions.py) is written in these."""

    MODERATOR = "moderator", _("Moderator")
    ADMIN = "admin", _("Admin")


class Level(models.IntegerChoices):
    """How well somebody understands a language, on the CEFR scale. B2 is what reports count as sufficient."""

    A = 1, _("A1–A2: single sentences on familiar things")
    B1 = 2, _("B1: the main points of clear standard language")
    B2 = 3, _("B2: the argument of demanding texts, and most of what is implied")
    C = 4, _("C1–C2: nearly everything, slang and allusion too")
    NATIVE = 5, _("Native")


SUFFICIENT = Level.B2


@cache
def time_zones() -> frozenset[str]:
    """The names in the IANA database. To list them reads some hundred files, so a process does it once."""
    return frozenset(zoneinfo.available_timezones())


def known_time_zone(name: str) -> None:
    """Raises ValidationError for what the IANA database does not list."""
    if name not in time_zones():
        raise ValidationError(_("“%(name)s” is not a time zone such as Asia/Bangkok"), params={"name": name})


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
    time_zone = models.CharField(
        max_length=40, default="UTC", validators=[known_time_zone], help_text="IANA; her shifts are in it"
    )
    configuration_version = models.PositiveIntegerField(
        default=1, help_text="Counts the changes to what she may take and when she works"
    )
    must_change_password = models.BooleanField(
        default=False, help_text="Hers was made by an admin, and lets her in only to choose another"
    )

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class LanguageSkill(models.Model):
    """A language that a moderator reads, in which scripts, how well, and who says so until when.

    A skill counts up to and including ``certified_until``; without it, for as long as it stands here.
    """

    moderator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="language_skills")
    tag = models.CharField(max_length=35, help_text="BCP 47")
    scripts = ArrayField(
        models.CharField(max_length=4),
        default=list,
        blank=True,
        help_text="ISO 15924; empty: the one that the tag is written or likely written in",
    )
    level = models.PositiveSmallIntegerField(choices=Level.choices, validators=LEVELS)
    certified_by = models.CharField(max_length=120, blank=True)
    certified_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["moderator", "tag"], name="one_level_per_language"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="level_is_1_to_5"),
        ]


class LanguageGrant(models.Model):
    """A lead's word that who reads one language may take another that is further away than matching reaches.

    "Reads Malay: may take Indonesian", for one moderator or for everybody who reads it, and counted as level
    ``most_level`` at most. It opens a lane in those language steps that say "close".
    """

    moderator = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="language_grants",
        help_text="Empty: everybody who reads it",
    )
    reads = models.CharField(max_length=35, help_text="BCP 47")
    may_take = models.CharField(max_length=35, help_text="BCP 47")
    most_level = models.PositiveSmallIntegerField(choices=Level.choices, default=Level.B2, validators=LEVELS)
    why = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["moderator", "reads", "may_take"], name="one_grant_per_pair", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(most_level__range=(1, 5)), name="grant_level_is_1_to_5"),
        ]


class Shift(models.Model):
    """Hours of each week in which a moderator works, in her own time zone.

    ``ends`` at or before ``starts`` is on the next day; both the same is a whole day. Who has no shift at all keeps
    no rota, and counts as on shift at any hour.
    """

    moderator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(help_text="0 Monday to 6 Sunday: the day it starts on")
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["moderator", "weekday", "starts"], name="one_shift_per_start"),
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="weekday_is_0_to_6"),
        ]


class Absence(models.Model):
    """A time in which a moderator is away: she counts as on no shift."""

    moderator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_it_starts"
            ),
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
