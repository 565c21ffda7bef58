"""``manage.py catalogues``: how complete each language is for the people affected; fails where one falls short."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import catalogues


class Command(BaseCommand):
    help = "Say how complete each language is in what a person affected by a decision reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--update", action="store_true", help="first take over new texts from the sources"
        )
        parser.add_argument("--compile", action="store_true", help="also write the compiled files")

    def handle(self, *args: Any, **options: Any) -> None:
        short = 0
        for locale in catalogues.locales():
            if options["update"]:
                catalogues.update(locale)
            missing = catalogues.shortfalls(locale)
            self.stdout.write(f"{locale:8} {f'{len(missing)} missing' if missing else 'complete'}")
            for each in missing:
                self.stdout.write(f"         {each.why}: {each.text}")
            short += bool(missing)
        if options["compile"]:
            catalogues.compile_stale()
        if short:
            raise CommandError(f"{short} languages fall short")
