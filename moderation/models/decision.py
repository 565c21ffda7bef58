"""What was judged, what it does on the platform, and what the person affected is told."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.models.policy import Policy


class Decision(models.Model):
    """The judgement on a case. Made only by ``moderation.decisions.decide``; never edited."""

    case = models.OneToOneField("moderation.Case", on_delete=models.PROTECT, related_name="decision")
    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="decisions")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="decisions"
    )
    automated = models.BooleanField(default=False)
    decided_at = models.DateTimeField(auto_now_add=True)
    policy = models.ForeignKey("moderation.Policy", on_delete=models.PROTECT, related_name="decisions")
    policy_version = models.PositiveIntegerField()
    # How grave this breach is, 1 to 5: the policy's severity unless the moderator judged otherwise.
    severity = models.PositiveSmallIntegerField()
    ground = models.CharField(max_length=5, choices=Policy.Ground.choices, default=Policy.Ground.TERMS)
    legal_ground = models.CharField(max_length=500, blank=True, help_text="The law that it breaks")
    # [{"action": "lock_account", "on": "author", "parameters": {"until": null}, "territories": []}, …] as judged.
    actions = models.JSONField()
    reasoning = models.TextField(help_text="Public: the person affected reads it")
    note = models.TextField(blank=True, help_text="Private: colleagues read it")
    # An appeal's: the ground on which it was not looked into (appeals' Appeal.Ground). Empty: it was.
    inadmissible = models.CharField(max_length=24, blank=True)
    overrides = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="overridden_by")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(automated=True) | Q(decided_by__isnull=False),
                name="somebody_or_something_decided",
            ),
            models.CheckConstraint(condition=Q(severity__range=(1, 5)), name="breach_is_1_to_5"),
            models.CheckConstraint(
                condition=~Q(legal_ground="") | ~Q(ground=Policy.Ground.LAW),
                name="a_law_that_is_broken_is_named",
            ),
        ]
        indexes = [
            # What she decided, latest first: history, and the board's last hours.
            models.Index(fields=["decided_by", "-id"], name="decision_by_whom"),
        ]

    @property
    def statement(self) -> Statement:
        """The first statement about it. Raises Statement.DoesNotExist where nothing was held against anybody."""
        return self.statements.earliest("pk")


class Approval(models.Model):
    """The answer of a second, different person to the actions of a decision that wait for one.

    One per decision that needs it, answered once. That nobody answers herself is held by the database: ``decided_by``
    must be the decision's own, ``answered_by`` somebody else, and nothing held goes on without (migration 0015).
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waits for a second person")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        AMENDED = "amended", _("decided otherwise by the second person")
        WITHDRAWN = "withdrawn", _("taken back before it was answered")

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="approval")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="approvals"
    )
    answered_at = models.DateTimeField(null=True)
    reasons = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(answered_by=models.F("decided_by")),
                name="nobody_approves_her_own_decision",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", answered_by__isnull=True, answered_at__isnull=True)
                | Q(status="withdrawn", answered_by__isnull=True, answered_at__isnull=False)
                | Q(
                    status__in=["approved", "rejected", "amended"],
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                ),
                name="an_answer_has_somebody_behind_it",
            ),
            models.CheckConstraint(
                condition=~Q(status="rejected") | ~Q(reasons=""), name="a_rejection_has_reasons"
            ),
        ]
        indexes = [
            # What waits for a second person: the approvals page.
            models.Index(fields=["asked_at"], condition=Q(status="waiting"), name="approval_waiting"),
        ]


class Enforcement(models.Model):
    """One action on its way to, or carried out on, the platform."""

    class Status(models.TextChoices):
        HELD = "held", _("waits for a second person")
        REQUESTED = "requested", _("on its way")
        DELIVERED = "delivered", _("carried out")
        ALREADY_GONE = "already_gone", _("not needed: it was gone already")
        REVERSAL_REQUESTED = "reversal_requested", _("being reversed")
        REVERSED = "reversed", _("reversed")
        WITHDRAWN = "withdrawn", _("withdrawn before it went out")

    class Ended(models.TextChoices):
        """Why it is not in force any more."""

        NOT = "", _("in force, or waiting")
        OVERRIDDEN = "overridden", _("another decision took its place")
        APPEAL = "appeal", _("an appeal was won")
        EXPIRED = "expired", _("its time was over")
        UNDONE = "undone", _("taken back at once")
        REJECTED = "rejected", _("the second person rejected it")

    IN_FORCE = (Status.REQUESTED, Status.DELIVERED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="enforcements")
    # The decision that it rests on now: its own, or a later one that overrode it and kept this.
    rests_on = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="resting")
    reversed_by = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="reversals")
    ended = models.CharField(max_length=10, choices=Ended.choices, default=Ended.NOT, blank=True)
    # The statement of reasons that tells of it.
    statement = models.ForeignKey(
        "moderation.Statement", on_delete=models.PROTECT, null=True, related_name="enforcements"
    )
    needs_approval = models.BooleanField(default=False)
    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="enforcements")
    action = models.CharField(max_length=32)
    parameters = models.JSONField(default=dict)
    territories = ArrayField(models.CharField(max_length=2), default=list)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.REQUESTED)
    ends_at = models.DateTimeField(null=True, help_text="When it is reversed by itself; empty: never")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # What is in force on an item: case page, GET /items.
            models.Index(fields=["item", "status"], name="enforcement_item"),
            # What is over by now: enforcement.expire_due.
            models.Index(
                fields=["ends_at"],
                condition=Q(status__in=["requested", "delivered"], ends_at__isnull=False),
                name="enforcement_ends",
            ),
        ]


class Statement(models.Model):
    """The statement of reasons: what the affected person is told (DSA Art. 17).

    One for what a decision does at once, and one more for what a second person approved later. ``puid`` is what the EC
    database knows it by.
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="statements")
    puid = models.UUIDField(default=uuid.uuid4, unique=True)
    recipient = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="statements")
    language = models.CharField(max_length=35)
    direction = models.CharField(max_length=3, choices=[("ltr", "ltr"), ("rtl", "rtl")])
    text = models.TextField()
    appeal_code = models.CharField(max_length=16, unique=True, help_text="Short and typable; see appeals")
    appeal_until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(
        null=True, help_text="When its text was erased at the person's request (retention.erasure)"
    )
