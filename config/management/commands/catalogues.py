"""``manage.py catalogues``: how complete each language is for the people affected; fails where one falls short."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from appeals import language_register
from config import catalogues
from config.languages import checking, register
from config.languages.checking import Report


class Command(BaseCommand):
    # It reads and writes files alone.
    requires_system_checks: tuple[str, ...] = ()
    help = "Say how complete and how sound each language is in what a person affected by a decision reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--update", action="store_true", help="first take over new texts from the sources"
        )
        parser.add_argument("--compile", action="store_true", help="also write the compiled files")
        parser.add_argument(
            "--only-compile", action="store_true", help="write the compiled files, and no more"
        )
        parser.add_argument("--record", action="store_true", help="also write the register anew")
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--register", action="store_true", help="say how each language was made and checked, instead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["only_compile"]:
            catalogues.compile_stale()
            return
        if options["register"]:
            self.stdout.write(register.as_table(language_register.read()))
            return
        if options["update"]:
            for locale in catalogues.locales():
                catalogues.update(locale)
        if options["record"]:
            register.record(timezone.localdate().isoformat())
        wanted = catalogues.texts(catalogues.PERSON_FACING)
        reports = [checking.check(locale, wanted) for locale in catalogues.locales()]
        if options["json"]:
            self.stdout.write(
                json.dumps([asdict(report) for report in reports], ensure_ascii=False, indent=1)
            )
        else:
            self._print(reports)
        if options["compile"]:
            catalogues.compile_stale()
        if short := sum(1 for report in reports if report.shortfalls):
            raise CommandError(f"{short} languages fall short")

    def _print(self, reports: list[Report]) -> None:
        self.stdout.write("locale    texts  translated  doubtful  plural forms")
        for report in reports:
            self.stdout.write(
                f"{report.locale:8}  {report.texts:5}  {report.translated:10}  {report.fuzzy:8}  {report.forms:12}"
                f"  {f'{len(report.shortfalls)} wrong' if report.shortfalls else 'complete'}"
            )
            for each in report.shortfalls:
                self.stdout.write(
                    f"          {each.why}" + (f"\n            {each.text}" if each.text else "")
                )
