"""``manage.py simulate``: whether the simulation behind *foresee* can be believed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from moderation import languages
from moderation.eligibility.desk import Desk, LaneKey
from moderation.foresight import self_check
from moderation.foresight.replay import Compared, in_words, replay, span
from moderation.foresight.self_check import Check

MOST_DAYS = 366


class Command(BaseCommand):
    help = "Check the simulation of waiting times: against theory, or against the days that were recorded."
    # The self-check needs no database.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--self-check",
            action="store_true",
            help="simulate queues whose waiting times theory knows; fails where theory lies outside the interval",
        )
        what.add_argument(
            "--replay",
            action="store_true",
            help="play the recorded days again with the configuration as it is, and say how far off it is",
        )
        parser.add_argument("--days", type=int, default=7, help="how many days to replay (7)")
        parser.add_argument(
            "--replications",
            type=int,
            default=self_check.REPLICATIONS,
            help=f"how often the self-check plays each queue ({self_check.REPLICATIONS}); more is surer",
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures (1)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["self_check"]:
            self._self_check(options["seed"], options["replications"])
        else:
            self._replay(options["days"], options["seed"])

    def _self_check(self, seed: int, replications: int) -> None:
        try:
            checks = self_check.run(seed, replications, self_check.settings())
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{replications} independent replications of {self_check.COUNTED} cases each, seed {seed}. All intervals "
            f"hold at once with {self_check.CONFIDENCE:.0%} confidence.\n\n"
            f"{'setting':18} {'figure':22} {'theory':>9} {'simulated':>10}  {'interval':>20}"
        )
        for each in checks:
            self.stdout.write(_line(each))
        failed = [each for each in checks if not each.passed]
        if failed:
            raise CommandError(f"{len(failed)} of {len(checks)} figures do not agree with theory.")
        self.stdout.write(f"\nAll {len(checks)} figures agree with theory.")

    def _replay(self, days: int, seed: int) -> None:
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"1 to {MOST_DAYS} days are replayed")
        replayed = replay(days, seed, timezone.now())
        self.stdout.write(
            f"{replayed.since:%Y-%m-%d %H:%M} to {replayed.until:%Y-%m-%d %H:%M} UTC, seed {seed}\n\n"
            f"{'':36} {'':>6}  {'taken':>6} {'':>9}  {'mean wait':>9} {'':>10} {'':>10}  {'missed':>6}\n"
            f"{'lane':36} {'cases':>6}  {'really':>6} {'simulated':>9}  {'really':>9} {'simulated':>10} {'error':>10}  "
            f"{'really':>6} {'simulated':>9}"
        )
        for lane, compared in replayed.lanes.items():
            self.stdout.write(_row(_name(replayed.desk, lane), compared))
        self.stdout.write(_row("all", replayed.overall) + "\n")
        for sentence in in_words(replayed):
            self.stdout.write(sentence)


def _line(check: Check) -> str:
    def shown(value: float) -> str:
        return f"{value:.1%}" if check.is_share else f"{value:.1f} s"

    simulated = check.simulated
    outside = not simulated.holds(check.theory)
    verdict = "  OUTSIDE" if outside else "  too wide to say" if check.too_wide else ""
    between = f"{shown(simulated.low)} – {shown(simulated.high)}"
    return (
        f"{check.setting:18} {check.figure:22} {shown(check.theory):>9} {shown(simulated.mean):>10}  "
        f"{between:>20}{verdict}"
    )


def _row(name: str, compared: Compared) -> str:
    return (
        f"{name[:36]:36} {compared.cases:>6}  {compared.taken:>6} {compared.simulated_taken:>9.1f}  "
        f"{span(compared.wait):>9} {span(compared.simulated_wait):>10} "
        f"{span(compared.wait_error, '+'):>10}  "
        f"{compared.missed:>6} {compared.simulated_missed:>9.1f}"
    )


def _name(desk: Desk, lane: LaneKey) -> str:
    asked = f" ({lane.requirements})" if lane.requirements else ""
    return f"{desk.queues[lane.queue].name} · {languages.english_name(lane.language)}{asked}"
