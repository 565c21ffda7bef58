"""The work of detectors: what is to be screened, what each one saw, and the lists they look for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Screening(models.Model):
    """A snapshot's turn with the detectors and with language identification: the record that it is owed."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        DONE = "done", _("done")

    snapshot = models.OneToOneField("moderation.Snapshot", on_delete=models.CASCADE, related_name="screening")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    requested_at = models.DateTimeField(auto_now_add=True)
    # Also the number of the turn: only its holder may finish it.
    attempts = models.PositiveSmallIntegerField(default=0)
    # A worker that dies leaves this in the past, and the next one takes over.
    lease_until = models.DateTimeField(null=True)
    running = models.CharField(
        max_length=64,
        blank=True,
        help_text="Slug of the detector at work: to blame if the worker dies",
    )
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47, as found; empty until screened")
    confidence = models.FloatField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # The next one to screen, oldest first: detectors.screening.
            models.Index(fields=["requested_at"], condition=Q(status="pending"), name="screening_pending"),
        ]


class DetectorRun(models.Model):
    """One detector's look at one snapshot: what it saw and how it ended."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        TIMED_OUT = "timed_out", _("took too long")
        CRASHED = "crashed", _("took its worker down")

    snapshot = models.ForeignKey(
        "moderation.Snapshot", on_delete=models.CASCADE, related_name="detector_runs"
    )
    detector = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RUNNING)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often it took its worker down over this snapshot"
    )
    saw = models.JSONField(default=dict, help_text="The signals it looked at, with their values")
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "detector", "version"], name="detector_looks_once"),
        ]


class KeywordList(models.Model):
    """Words, phrases and emoji sequences that point to one policy, in one language or in any."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47; empty: any language")
    policy = models.ForeignKey("moderation.Policy", on_delete=models.PROTECT, related_name="keyword_lists")
    score = models.FloatField(default=0.7, help_text="Of a flag that this list raises, 0 to 1")
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Keyword(models.Model):
    """One term of a list, as the admin wrote it."""

    keyword_list = models.ForeignKey(KeywordList, on_delete=models.CASCADE, related_name="keywords")
    term = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["keyword_list", "term"], name="term_once_per_list")]

    def __str__(self) -> str:
        return self.term


class TermDoubt(models.Model):
    """A term of a list that helped to a decision which an appeal took back: kept or removed, as an admin says."""

    class Status(models.TextChoices):
        OPEN = "open", _("to be answered")
        REMOVED = "removed", _("taken off the list")
        KEPT = "kept", _("kept")

    keyword_list = models.ForeignKey(KeywordList, on_delete=models.CASCADE, related_name="doubts")
    term = models.CharField(max_length=200)
    decision = models.ForeignKey(
        "moderation.Decision",
        on_delete=models.PROTECT,
        related_name="doubts",
        help_text="That was taken back",
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    raised_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Also the index for "what is said against this term": the list's page.
            models.UniqueConstraint(
                fields=["keyword_list", "term", "decision"], name="term_doubted_once_per_decision"
            ),
            models.CheckConstraint(
                condition=Q(status="open", answered_by=None, answered_at=None)
                | ~Q(status="open") & Q(answered_by__isnull=False, answered_at__isnull=False),
                name="a_doubt_is_answered_by_somebody",
            ),
        ]


class BulkMessagingLimits(models.Model):
    """What counts as bulk messaging. One row; its version is the detector's version."""

    policy = models.ForeignKey("moderation.Policy", on_delete=models.PROTECT, related_name="+")
    # signal → {"limit": number, "weight": points}; the score is the sum of weights of limits exceeded, capped at 1.
    signals = models.JSONField(default=dict)
    threshold = models.FloatField(default=0.5, help_text="From this score on, the account is flagged")
    version = models.PositiveIntegerField(default=1)
