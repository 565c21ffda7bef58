"""Add the authorities that come with Fairlead."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from moderation.referrals.authorities import load_known


class Command(BaseCommand):
    help = "Add the authorities that come with Fairlead to the list, as far as they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{load_known()} added")
