"""Where work waits, and the rules that bring it there."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from moderation import conditions


class Queue(models.Model):
    """Where cases of one kind of work wait.

    ``steps`` are the language steps, in order:
    ``[{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 3}]`` opens a lane to level 4 at once and
    to level 3 after half an hour (the field's "relaxation").
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    required_clearances = models.ManyToManyField("accounts.Clearance", blank=True, related_name="queues")
    allowed_actions = ArrayField(
        models.CharField(max_length=32),
        default=list,
        blank=True,
        help_text="Narrows the policy's; empty: all of them",
    )
    steps = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """Queue × language: the unit in which work waits and is claimed. Made when a first case is routed to it."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="lanes")
    language = models.CharField(max_length=35)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "language"], name="one_lane_per_language")]


class RoutingRule(models.Model):
    """One ordered rule from the facts of a case to a queue.

    ``conditions`` is an object of fact → list of accepted values, all of which must hold, e.g.
    ``{"policy": ["bulk-messaging"], "language": ["zh-*"], "origin": ["flag"], "item_kind": ["account"]}``, and
    ``min_severity``: a number (``moderation.conditions``). An empty object catches everything.
    """

    position = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=120)
    enabled = models.BooleanField(default=True)
    conditions = models.JSONField(default=dict)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="rules")
    priority_bonus = models.SmallIntegerField(default=0)
    due_minutes = models.PositiveIntegerField(null=True, help_text="Replaces the policy's")

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A rule that asks what nobody can answer would silently catch nothing: UnknownCondition."""
        conditions.check(self.conditions)
        super().save(*args, **kwargs)
