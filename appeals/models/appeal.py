"""The complaint against a decision, by the person affected or by somebody whose notice led to nothing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Appeal(models.Model):
    """A complaint against a decision (DSA Art. 20), reviewed in a case of its own by somebody else.

    ``level`` 2: once more, where an account was closed for good and the first review left it so.
    """

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("The decision stands")
        OVERTURNED = "overturned", _("The decision is taken back")
        PARTIALLY_OVERTURNED = "partially_overturned", _("Another decision takes its place")
        INADMISSIBLE = "inadmissible", _("It is not looked into")

    CHANGING = (Outcome.OVERTURNED, Outcome.PARTIALLY_OVERTURNED)

    class Ground(models.TextChoices):
        """Why an appeal is not looked into."""

        OUT_OF_TIME = "out_of_time", _("It came too late")
        ALREADY_DECIDED = "already_decided", _("It was decided before")
        NOT_ENTITLED = "not_entitled", _("It does not concern who appeals")
        NOT_UNDERSTANDABLE = "not_understandable", _("It cannot be understood")
        MANIFESTLY_UNFOUNDED = "manifestly_unfounded", _("It is manifestly unfounded")
        ABUSIVE = "abusive", _("It only insults or threatens")

    # What Art. 23(2) counts: complaints that are manifestly unfounded.
    UNFOUNDED = (Ground.MANIFESTLY_UNFOUNDED, Ground.ABUSIVE)

    class FiledBy(models.TextChoices):
        PERSON = "person", _("the person herself")
        PLATFORM = "platform", _("the platform, for the person")

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        ASKED = "asked", _("Waits for an answer")
        DECIDED = "decided", _("Decided")
        WITHDRAWN = "withdrawn", _("Taken back")

    OPEN = (Status.RECEIVED, Status.ASKED)

    decision = models.ForeignKey("moderation.Decision", on_delete=models.PROTECT, related_name="appeals")
    # Of somebody who sent a notice: the answer to it that she complains about. Empty: the person affected appeals.
    reply = models.ForeignKey(
        "moderation.NoticeReply", on_delete=models.PROTECT, null=True, related_name="appeals"
    )
    level = models.PositiveSmallIntegerField(default=1)
    case = models.OneToOneField("moderation.Case", on_delete=models.PROTECT, related_name="appeal")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.RECEIVED)
    text = models.TextField(help_text="Why she disagrees, in her words")
    background = models.TextField(blank=True, help_text="What she was not shown, or we did not see")
    contact = models.EmailField(blank=True, help_text="Where she wants to hear of it, if anywhere")
    language = models.CharField(max_length=35, help_text="BCP 47: of the page that it was written on")
    filed_by = models.CharField(max_length=8, choices=FiledBy.choices)
    filed_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=24, choices=Outcome.choices, blank=True)
    ground = models.CharField(max_length=24, choices=Ground.choices, blank=True)
    outcome_reasons = models.TextField(blank=True)
    # When it was over: decided, or taken back.
    decided_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True, help_text="When her words were purged; the outcome stays")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="decided", decided_at__isnull=False) & ~Q(outcome="")
                | Q(status="withdrawn", decided_at__isnull=False, outcome="")
                | Q(status__in=["received", "asked"], decided_at__isnull=True, outcome=""),
                name="an_outcome_only_when_decided",
            ),
            models.CheckConstraint(
                condition=Q(outcome="inadmissible") & ~Q(ground="")
                | ~Q(outcome="inadmissible") & Q(ground=""),
                name="inadmissible_on_a_ground",
            ),
            models.CheckConstraint(condition=Q(level__in=[1, 2]), name="two_levels"),
            # Also the index for "what was appealed here": opening.
            models.UniqueConstraint(
                fields=["decision", "reply", "level"],
                condition=~Q(status="withdrawn"),
                nulls_distinct=False,
                name="one_appeal_per_decision_and_level",
            ),
        ]
        indexes = [
            # Appeals decided lately: figures, and what counts as misuse.
            models.Index(fields=["decided_at"], condition=Q(status="decided"), name="appeal_decided"),
        ]

    @property
    def reference(self) -> str:
        """What the person keeps and may quote. It opens nothing."""
        return f"A-{self.pk}"

    @property
    def by_notifier(self) -> bool:
        return self.reply_id is not None
