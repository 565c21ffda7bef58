"""The audit trail's table."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One line of the append-only audit trail. Written only by ``moderation.audit.record``.

    Its table is partitioned by month and a trigger refuses UPDATE, DELETE and TRUNCATE (migration 0002). It points
    at other rows by plain numbers: a line outlives what it speaks of.
    """

    class Actor(models.TextChoices):
        PERSON = "person", _("person")
        PLATFORM = "platform", _("platform")
        APPELLANT = "appellant", _("person appealing")
        SYSTEM = "system", _("Fairlead")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=64, help_text="noun.verb, e.g. case.claimed")
    actor = models.CharField(max_length=10, choices=Actor.choices)
    actor_id = models.BigIntegerField(null=True, help_text="User or platform")
    case_id = models.BigIntegerField(null=True)
    item_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        managed = False
        db_table = "moderation_event"
