"""What is counted of those who try codes, and of those who send corrections."""

from __future__ import annotations

from django.db import models


class CodeAttempt(models.Model):
    """How often a code was tried in vain, by address or by code, within the window (appeals/attempts.py)."""

    key = models.CharField(max_length=64, primary_key=True, help_text="Keyed hash of an address or a code")
    failures = models.PositiveIntegerField()
    since = models.DateTimeField()

    class Meta:
        indexes = [
            # What is too old to count: attempts.count.
            models.Index(fields=["since"], name="codeattempt_since"),
        ]
