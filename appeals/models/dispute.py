"""Disputes before certified out-of-court bodies (DSA Art. 21)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DisputeBody(models.Model):
    """A certified body that people may choose. Those in use are named to whoever has the outcome of an appeal."""

    name = models.CharField(max_length=200, unique=True)
    url = models.URLField(max_length=500)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1: who certified it")
    languages = ArrayField(models.CharField(max_length=35), default=list, help_text="BCP 47")
    in_use = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Dispute(models.Model):
    """A dispute about a decision, as the desk records it: who settles it, when, how, and what was done about it."""

    class Outcome(models.TextChoices):
        """As the harmonised report counts them."""

        PENDING = "pending", _("not decided yet")
        UPHELD = "upheld", _("the decision was confirmed")
        PARTIALLY_REVERSED = "partially_reversed", _("the decision was reversed in part")
        REVERSED = "reversed", _("the decision was reversed")
        OMITTED = "omitted", _("no decision: refused, settled or withdrawn")

    class Implemented(models.TextChoices):
        OPEN = "open", _("not yet")
        YES = "yes", _("implemented")
        NO = "no", _("not implemented")
        NOT_NEEDED = "not_needed", _("nothing to implement")

    decision = models.ForeignKey("moderation.Decision", on_delete=models.PROTECT, related_name="disputes")
    body = models.ForeignKey(DisputeBody, on_delete=models.PROTECT, related_name="disputes")
    reference = models.CharField(max_length=120, help_text="The body's own")
    opened_on = models.DateField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.PENDING)
    decided_on = models.DateField(null=True)
    reasons = models.TextField(blank=True, help_text="What the body said")
    implemented = models.CharField(max_length=10, choices=Implemented.choices, default=Implemented.OPEN)
    implemented_on = models.DateField(null=True)
    remarks = models.TextField(blank=True, help_text="What was done, or why not")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["body", "reference"], name="a_dispute_is_recorded_once"),
            models.CheckConstraint(
                condition=Q(outcome="pending", decided_on=None)
                | ~Q(outcome="pending") & Q(decided_on__isnull=False, decided_on__gte=models.F("opened_on")),
                name="an_outcome_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(implemented="yes", implemented_on__isnull=False)
                | ~Q(implemented="yes") & Q(implemented_on=None),
                name="implemented_on_a_day",
            ),
        ]
