"""``manage.py sample_data``: a small desk that is ready to work. Run again, it changes nothing."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.sample import loading

VARIABLES = ("FAIRLEAD_DEMO_API_KEY", "FAIRLEAD_DEMO_WEBHOOK_SECRET", "FAIRLEAD_DEMO_PLATFORM_URL")


class Command(BaseCommand):
    help = (
        "Make the sample platform's access, people, policies, queues, rules and lists, as far as they are missing. "
        f"The platform is let in where {', '.join(VARIABLES)} are set."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--show-sign-ins", action="store_true", help="only print who can sign in, and the password"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show_sign_ins"]:
            self.show_sign_ins()
        else:
            loading.load(access(), lambda line: self.stdout.write(f"  {line}"))

    def show_sign_ins(self) -> None:
        self.stdout.write(f"Sign in with the password {loading.PASSWORD} as")
        for name, words in loading.sign_ins():
            self.stdout.write(f"  {name:<8}{words}")


def access() -> loading.PlatformAccess | None:
    """What the environment says of the sample platform; None where it says nothing. Raises CommandError for half."""
    values = [os.environ.get(name, "") for name in VARIABLES]
    if not any(values):
        return None
    missing = [name for name, value in zip(VARIABLES, values, strict=True) if not value]
    if missing:
        raise CommandError(f"Please set {', '.join(missing)} too.")
    return loading.PlatformAccess(*values)
