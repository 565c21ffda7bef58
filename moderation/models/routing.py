"""Where work waits, what it asks of those who take it, and the rules that bring it there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Deferrable, Q

from moderation import conditions
from moderation.eligibility import steps as language_steps


def sufficient_now() -> list[dict[str, int]]:
    """The steps of a queue that nobody gave any: B2 at once, and nobody else ever."""
    return [{"after_minutes": 0, "level": 3}]


class Queue(models.Model):
    """Where cases of one kind of work wait. Within it: the highest priority first, then the earliest due.

    ``steps`` are the language steps, in order (``moderation.eligibility.steps``):
    ``[{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 3}]`` opens a lane to level 4 at once and
    to level 3 after half an hour (the field's "relaxation").
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    required_clearances = models.ManyToManyField("accounts.Clearance", blank=True, related_name="queues")
    members_only = models.BooleanField(
        default=False, help_text="Otherwise everybody with skill and clearances"
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="member_of")
    allowed_actions = ArrayField(
        models.CharField(max_length=32),
        default=list,
        blank=True,
        help_text="Narrows the policy's; empty: all of them",
    )
    steps = models.JSONField(default=sufficient_now)
    sla_minutes = models.JSONField(
        default=dict, blank=True, help_text='By severity, {"5": 15}; where it says nothing, the policy\'s'
    )
    paused = models.BooleanField(default=False, help_text="Nobody is given a case of it until it goes on")
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Steps that cannot be read would leave its cases waiting for nobody: BadSteps."""
        language_steps.parse(self.steps)
        super().save(*args, **kwargs)


class Requirements(models.Model):
    """What a rule asks of whoever takes a case, beyond its queue: more clearances, other language steps.

    Never changed: cases name it by its digest, so that two rules that ask the same share their lanes. A case that
    asks no more than its queue has the empty digest, and no row here.
    """

    digest = models.CharField(max_length=16, primary_key=True)
    clearances = ArrayField(models.SlugField(), default=list, help_text="Slugs, sorted")
    steps = models.JSONField(default=list, help_text="Empty: the queue's")
    languages = ArrayField(
        models.CharField(max_length=35), default=list, help_text="BCP 47: read as well as the lane's own"
    )


class Lane(models.Model):
    """Queue × language (× requirements): the unit in which work waits and is claimed.

    Made when a first case is routed to it.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="lanes")
    language = models.CharField(max_length=35)
    requirements = models.CharField(max_length=16, default="", blank=True, help_text="Digest, or empty")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "language", "requirements"], name="one_lane_per_language"
            )
        ]


class RoutingRule(models.Model):
    """One ordered rule from the facts of a case to a queue.

    ``conditions`` is an object of fact → list of accepted values, all of which must hold, e.g.
    ``{"policy": ["bulk-messaging"], "language": ["zh-*"], "origin": ["flag"], "item_kind": ["account"]}``, and
    numbers such as ``min_severity`` (``moderation.conditions``). An empty object catches everything.
    """

    position = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    enabled = models.BooleanField(default=True)
    conditions = models.JSONField(default=dict, blank=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="rules")
    priority_bonus = models.SmallIntegerField(default=0)
    due_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Replaces the queue's and the policy's"
    )
    clearances = ArrayField(
        models.SlugField(), default=list, blank=True, help_text="Slugs; asked for besides the queue's"
    )
    steps = models.JSONField(default=list, blank=True, help_text="Replaces the queue's; empty: the queue's")

    class Meta:
        ordering = ("position",)
        constraints = [
            # Checked at the end of the transaction: a whole order is saved at once.
            models.UniqueConstraint(
                fields=["position"], name="one_rule_per_position", deferrable=Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A rule that asks what nobody can answer would silently catch nothing: UnknownCondition, BadSteps."""
        conditions.check(self.conditions)
        if self.steps:
            language_steps.parse(self.steps)
        super().save(*args, **kwargs)


class RoutingVersion(models.Model):
    """The whole order of rules as it was saved once: who, when, why. The latest is what the rules' rows hold.

    ``rules`` is in the form of the export (``moderation.routing.rules_file``).
    """

    number = models.PositiveIntegerField(unique=True)
    saved_at = models.DateTimeField(auto_now_add=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: Fairlead",
    )
    why = models.CharField(max_length=500)
    rules = models.JSONField()

    class Meta:
        ordering = ("-number",)


class CoverageGap(models.Model):
    """A time in which a lane had work and nobody who could ever take it. Warned of once, when it opens."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="gaps")
    language = models.CharField(max_length=35)
    requirements = models.CharField(max_length=16, default="", blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    told = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="Items of the webhooks that told of it, one per platform",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "language", "requirements"],
                condition=Q(closed_at=None),
                name="one_open_gap_per_lane",
            ),
        ]
