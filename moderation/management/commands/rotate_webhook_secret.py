"""A new signing secret for a webhook endpoint, without a moment in which its webhooks do not verify."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation import audit
from moderation.models import WebhookEndpoint
from moderation.outbox import rotation


class Command(BaseCommand):
    help = "Make a new signing secret for a webhook endpoint and print it once. The former one signs on for a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("endpoint", type=int, help="the endpoint's number, as the delivery page shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            secret = rotation.rotate(options["endpoint"], audit.SYSTEM)
        except WebhookEndpoint.DoesNotExist:
            raise CommandError(f"There is no endpoint {options['endpoint']}") from None
        hours = round(rotation.OVERLAP.total_seconds() / 3600)
        self.stdout.write(f"New signing secret: {secret}")
        self.stdout.write(
            f"It is not shown again. The former one signs too, for {hours} hours: change over within them."
        )
