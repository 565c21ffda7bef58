"""Seals over the audit trail."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Seal(models.Model):
    """A batch of Events under a Merkle root, chained to the one before. Never changed (a trigger refuses it).

    ``leaves`` are the events' hashes, 32 bytes each, in the order of ``event_ids``: with them a changed, missing or
    inserted line is found by its number. ``head`` covers ``root`` and the head before; ``signature`` is the desk's.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    first_event = models.BigIntegerField()
    last_event = models.BigIntegerField(help_text="Every event up to here is in this seal or an earlier one")
    event_ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32, help_text="Head of the seal before; empty for the first")
    head = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)

    class Meta:
        indexes = [
            # Which seal an Event is in: audit page; where to begin: manage.py audit --from.
            models.Index(fields=["last_event"], name="seal_last_event"),
            # The same by time.
            models.Index(fields=["sealed_at"], name="seal_sealed_at"),
            # The seal of a head that was written down elsewhere: manage.py audit verify --head.
            models.Index(fields=["head"], name="seal_head"),
        ]
