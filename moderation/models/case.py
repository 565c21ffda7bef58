"""A round of judgement over an item's open flags, who holds it, and who may never hold it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Case(models.Model):
    """One round of human (or automated) judgement over an item's open flags.

    Its status changes only through ``moderation.lifecycle.move_to``, which knows the legal transitions.
    """

    class Status(models.TextChoices):
        SCREENING = "screening", _("Being screened")
        QUEUED = "queued", _("Waiting")
        CLAIMED = "claimed", _("In review")
        PAUSED = "paused", _("Waits for an answer")
        DECIDED = "decided", _("Decided")
        WITHDRAWN = "withdrawn", _("Closed without a decision")

    # Nothing more is judged in it: whoever appealed took it back, or an appeal settled what was being decided anew.
    CLOSED = (Status.DECIDED, Status.WITHDRAWN)

    class Origin(models.TextChoices):
        FLAG = "flag", _("Flags")
        APPEAL = "appeal", _("Appeal")
        REVISION = "revision", _("A decision that is made anew")

    class Revised(models.TextChoices):
        """Why a decision is made anew."""

        NOT = "", _("not a revision")
        UNDONE = "undone", _("taken back at once")
        REJECTED = "rejected", _("the second person rejected it")
        AMENDED = "amended", _("the second person decides otherwise")
        RECONSIDERED = "reconsidered", _("somebody thought better of it")

    class LanguageSource(models.TextChoices):
        """Who says which language it is."""

        NONE = "none", _("not known yet")
        DECLARED = "declared", _("declared by the platform")
        IDENTIFIED = "identified", _("identified from the text")
        MODERATOR = "moderator", _("set by a moderator")
        APPELLANT = "appellant", _("the appeal's own language")

    item = models.ForeignKey("moderation.Item", on_delete=models.PROTECT, related_name="cases")
    snapshot = models.ForeignKey("moderation.Snapshot", on_delete=models.PROTECT, related_name="cases")
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.FLAG)
    # A revision's: the decision that is made anew in it, and why.
    revises = models.ForeignKey(
        "moderation.Decision", on_delete=models.PROTECT, null=True, related_name="revisions"
    )
    revised = models.CharField(max_length=12, choices=Revised.choices, default=Revised.NOT, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.SCREENING)
    # The gravest policy that a flag names; the moderator may decide under another.
    policy = models.ForeignKey("moderation.Policy", on_delete=models.PROTECT, related_name="cases")
    opened_at = models.DateTimeField(auto_now_add=True)

    language = models.CharField(max_length=35, default="und", help_text="BCP 47")
    language_source = models.CharField(
        max_length=12, choices=LanguageSource.choices, default=LanguageSource.NONE
    )
    language_confidence = models.FloatField(null=True)
    # An appeal's: what was judged is in this language, and whoever takes the case reads both. Empty: the same, or
    # nobody here reads both.
    also_language = models.CharField(max_length=35, default="", blank=True, help_text="BCP 47, or empty")
    queue = models.ForeignKey("moderation.Queue", on_delete=models.PROTECT, null=True, related_name="cases")
    requirements = models.CharField(
        max_length=16,
        default="",
        blank=True,
        help_text="Digest of what its rule asks beyond its queue, or empty",
    )
    # Without a constraint, and left as it is when the rule goes: a rule may have caught a million cases, and one that
    # is removed while a case is being routed by it must not undo that. Its name is in ``reasons``.
    rule = models.ForeignKey(
        "moderation.RoutingRule",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="cases",
        help_text="The rule that caught it",
    )
    routed_by = models.PositiveIntegerField(
        default=0,
        help_text="Number of the RoutingVersion that placed it; waiting under an older one, it is owed",
    )
    priority = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(
        null=True, help_text="When it first waited: language steps count from here"
    )
    # Why it is where it is, as it was decided: {"rule": …, "priority": [[points, words], …], …}.
    reasons = models.JSONField(default=dict)

    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="claimed_cases"
    )
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    # Which step let her take it: {"step": 2, "reads": "any", "actions": [...], …}. Ends with the lease.
    claimed_through = models.JSONField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(origin="flag") & ~Q(status="decided"),
                name="one_open_flag_case_per_item",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="claimed",
                    claimed_by__isnull=False,
                    lease_token__isnull=False,
                    lease_until__isnull=False,
                )
                | (
                    ~Q(status="claimed")
                    & Q(claimed_by=None, lease_token=None, lease_until=None, claimed_through__isnull=True)
                ),
                name="a_lease_only_while_claimed",
            ),
            models.CheckConstraint(
                condition=~Q(status="queued")
                | Q(queue__isnull=False, due_at__isnull=False, queued_at__isnull=False),
                name="a_waiting_case_has_a_lane",
            ),
            models.CheckConstraint(
                condition=Q(origin="revision", revises__isnull=False) & ~Q(revised="")
                | ~Q(origin="revision") & Q(revises__isnull=True, revised=""),
                name="a_revision_revises_something",
            ),
            models.CheckConstraint(
                condition=Q(origin="appeal")
                | Q(origin="revision") & ~Q(status="paused")
                | ~Q(status__in=["paused", "withdrawn"]),
                name="no_case_of_flags_pauses_or_is_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(origin="appeal") | Q(also_language=""), name="only_an_appeal_has_two_languages"
            ),
            models.UniqueConstraint(
                fields=["revises"],
                condition=~Q(status__in=["decided", "withdrawn"]),
                name="one_open_revision_per_decision",
            ),
        ]
        indexes = [
            # The head of a lane: the claim, and the board's counts.
            models.Index(
                F("queue"),
                F("language"),
                F("requirements"),
                F("priority").desc(),
                F("due_at"),
                F("id"),
                condition=Q(status="queued"),
                name="case_lane_head",
            ),
            # The oldest of a lane: the board.
            models.Index(
                fields=["queue", "language", "requirements", "queued_at"],
                condition=Q(status="queued"),
                name="case_lane_oldest",
            ),
            # Leases that have run out: queueing.release_expired.
            models.Index(fields=["lease_until"], condition=Q(status="claimed"), name="case_lease"),
            # What a moderator holds now: console home.
            models.Index(fields=["claimed_by"], condition=Q(status="claimed"), name="case_held"),
            # Waiting cases that the latest rules have not seen yet: routing.rerouting.
            models.Index(fields=["routed_by"], condition=Q(status="queued"), name="case_routed_by"),
            # How many cases each rule caught lately: the rules' page.
            models.Index(fields=["rule", "queued_at"], name="case_caught_by"),
            # What came in lately: foresight.
            models.Index(fields=["queued_at"], name="case_queued_at"),
            # The history of an item: case page, GET /items.
            models.Index(fields=["item", "-opened_at"], name="case_item_history"),
        ]

    def __str__(self) -> str:
        return f"Case {self.pk}"


class Exclusion(models.Model):
    """A moderator who may not be given a case: for good, or until a time."""

    class Reason(models.TextChoices):
        TOOK_PART = "took_part", _("took part in the decision appealed")
        SKIPPED = "skipped", _("skipped it")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="exclusions")
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exclusions"
    )
    reason = models.CharField(max_length=12, choices=Reason.choices)
    note = models.CharField(max_length=500, blank=True)
    until = models.DateTimeField(null=True, help_text="Empty: for good")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Also the index for the claim's "not this moderator".
            models.UniqueConstraint(fields=["case", "moderator"], name="one_exclusion_per_moderator"),
        ]


class Draft(models.Model):
    """What a moderator has typed on a case and not submitted. Kept until it is, whatever happens to the lease."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    fields = models.JSONField(default=dict, help_text="The decision form as typed: name → list of values")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "moderator"], name="one_draft_per_moderator")]
        indexes = [
            # What was left behind on cases that are decided: retention.leftovers.
            models.Index(fields=["saved_at"], name="draft_age"),
        ]
