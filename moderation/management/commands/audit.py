"""Verify, export and write down the audit trail."""

from __future__ import annotations

import gzip
import re
import sys
from argparse import ArgumentTypeError
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation import keys
from moderation.models import Seal
from moderation.sealing import anchors
from moderation.sealing.exporting import Damaged, export
from moderation.sealing.verifying import Report, seals_of, verify


class Command(BaseCommand):
    help = "Verify, export and write down the audit trail (docs/audit.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True)
        verifying = tasks.add_parser(
            "verify", help="compare every event with its seal; ends with 1 where something is wrong"
        )
        exporting = tasks.add_parser(
            "export", help="write sealed events with proofs, to be checked elsewhere"
        )
        tasks.add_parser("head", help="print the latest head, to be written down elsewhere")
        for each in (verifying, exporting):
            each.add_argument(
                "--from",
                dest="first",
                type=place,
                metavar="WHERE",
                help="an event's number, or a moment in UTC (2026-11-21 or 2026-11-21T10:30): its seal and later ones",
            )
            each.add_argument(
                "--to", dest="last", type=place, metavar="WHERE", help="the same: up to its seal"
            )
        verifying.add_argument(
            "--head", action="append", default=[], type=head, help="a head that was written down"
        )
        verifying.add_argument("--anchor", type=Path, metavar="FILE", help="lines that `audit head` printed")
        verifying.add_argument(
            "--key", action="append", default=[], type=key, help="a public key of former times, in hex"
        )
        exporting.add_argument("file", type=Path, help="what to write; with gzip where it ends with .gz")

    def handle(self, *args: Any, task: str, **options: Any) -> None:
        if task == "head":
            self._head()
        elif task == "export":
            self._export(options["file"], *seals_of(options["first"], options["last"]))
        else:
            written_down = [anchors.Anchor(each) for each in options["head"]]
            if options["anchor"]:
                written_down += _read(options["anchor"])
            report = verify(*seals_of(options["first"], options["last"]), options["key"])
            anchors.compare(written_down, report.findings)
            self._say(report, len(written_down))
            if report.findings:
                sys.exit(1)

    def _head(self) -> None:
        seal = Seal.objects.only("number", "head", "sealed_at").order_by("-number").first()
        if seal is None:
            raise CommandError("Nothing is sealed yet")
        public = keys.public_keys()[0].public_bytes_raw().hex()
        moment = seal.sealed_at.isoformat(timespec="seconds")
        self.stdout.write(f"seal {seal.number} head {bytes(seal.head).hex()} at {moment} key {public}")

    def _export(self, file: Path, first: int, last: int | None) -> None:
        opened = gzip.open if file.suffix == ".gz" else open
        events = 0
        try:
            with opened(file, "wt", encoding="utf-8") as out:
                for line in export(first, last):
                    events += line.startswith('{"event"')
                    out.write(line)
        except Damaged as damage:
            file.unlink()
            raise CommandError(f"{damage}. `audit verify` says what is wrong.") from None
        except OSError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{events} events, from seal {first} on, are in {file}.")

    def _say(self, report: Report, compared: int) -> None:
        findings, rest = report.findings, report.unsealed
        if report.seals:
            self.stdout.write(
                f"Verified {report.events} events of seals {report.first_seal} to {report.last_seal}."
            )
        else:
            self.stdout.write("There is no seal to verify.")
        if compared:
            self.stdout.write(f"Compared {compared} heads that were written down.")
        for each in findings.found:
            self.stdout.write(f"{each.damage.upper()}: {each.words}.")
        if findings.more:
            self.stdout.write(f"And {findings.more} findings more.")
        if rest and rest.events:
            self.stdout.write(
                f"Not sealed yet: {rest.events} events, {rest.first} to {rest.last}, the oldest of {rest.oldest}."
            )
        if report.head:
            self.stdout.write(f"Head of seal {report.last_seal}: {report.head.hex()}")
        self.stdout.write("The trail is not as it was sealed." if findings else "All is as it was sealed.")


def place(text: str) -> int | datetime:
    """An Event's number, or a moment: a day, or a day and a time, in UTC unless it says otherwise."""
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    try:
        if len(text) <= len("2026-11-21"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("neither an event's number nor a moment like 2026-11-21T10:30") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def head(text: str) -> str:
    if not anchors.HEAD.fullmatch(text.lower()):
        raise ArgumentTypeError("not a head: 64 letters and figures, 0 to 9 and a to f")
    return text.lower()


def key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        raise ArgumentTypeError("not a public key: 64 letters and figures, 0 to 9 and a to f") from None


def _read(file: Path) -> list[anchors.Anchor]:
    try:
        return anchors.read(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}") from None
