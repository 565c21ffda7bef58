"""Tell Fairlead where a platform takes webhooks."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Platform
from moderation.outbox import rotation
from moderation.outbox.endpoints import create_endpoint


class Command(BaseCommand):
    help = "Add a webhook endpoint of a platform and print its signing secret, which is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help="the platform's slug")
        parser.add_argument("url", help="where it takes webhooks, https:// outside of trials")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            platform = Platform.objects.get(slug=options["platform"])
            endpoint = create_endpoint(platform, options["url"])
        except Platform.DoesNotExist:
            raise CommandError(f"There is no platform “{options['platform']}”") from None
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(f"Endpoint {endpoint.pk} of {platform} at {endpoint.url}")
        self.stdout.write(f"Signing secret: {rotation.live(endpoint)[0]}")
        self.stdout.write("It is not shown again. docs/webhooks.md says how to verify with it.")
