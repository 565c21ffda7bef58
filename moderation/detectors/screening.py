"""Screening: a snapshot's turn with the detectors and with language identification, then the way of its case to a lane.

The table of Screenings says what is owed; bells only say when to look. A turn is taken with a lease and a number. A
worker that dies leaves both behind, and once the lease has run out another worker takes the next turn; a worker that
was only slow finds that its number is no longer the last, and writes nothing.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from moderation import audit, bells
from moderation.detectors import isolation
from moderation.detectors.interface import Detector, Finding, ProposedFlag
from moderation.detectors.isolation import Outcome
from moderation.identification import Identified, identify
from moderation.ingest.flags import add_flag, lock_item
from moderation.languages import NO_LANGUAGE, UNDETERMINED
from moderation.models import Case, DetectorRun, Flag, Item, Policy, Screening, Snapshot
from moderation.routing import placing

log = logging.getLogger(__name__)

BELL: Final = "moderation.detectors.screening.screen_pending"
# One call works this long, in seconds, and then lets another job have the worker.
MOST_SECONDS: Final = 30.0
# So often over the same snapshot, and a detector that took its worker down is passed over.
MOST_CRASHES: Final = 2
LONGEST_WAIT: Final = timedelta(hours=1)
# The version under which a detector's crashes are noted: nobody can ask it any more.
ANY_VERSION: Final = ""
PASSED_OVER: Final = (DetectorRun.Status.DONE, DetectorRun.Status.CRASHED)

# The next turn, oldest first, in one statement: leased, numbered, and who was at work when the last worker died.
# Materialized, so that it is looked for once: within a nested loop each look would find, and lease, another one.
TAKE: Final = """
WITH next AS MATERIALIZED (
    SELECT id, running FROM moderation_screening
    WHERE status = 'pending' AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY requested_at LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE moderation_screening AS mine
SET lease_until = %(lease)s, attempts = least(mine.attempts + 1, 30000), running = ''
FROM next
WHERE mine.id = next.id
RETURNING mine.id, mine.snapshot_id, mine.attempts, next.running
"""

MARK: Final = """
UPDATE moderation_screening SET running = %s, lease_until = %s WHERE id = %s AND attempts = %s AND status = 'pending'
"""


@dataclass(frozen=True)
class Turn:
    """A screening that this worker holds. ``number`` makes it the only one that may finish it."""

    screening: int
    snapshot: int
    number: int
    blamed: str  # slug of the detector that was at work when the worker before died; else empty


class TurnLost(Exception):
    """Somebody else has taken the turn: this worker's lease had run out."""


class Language:
    """Language identification in a detector's clothes, so that it runs behind the same walls."""

    slug = "language"

    def version(self) -> str:
        return "1"

    def screen(self, snapshot: Snapshot) -> Finding | None:
        if not snapshot.text:
            return None
        found = identify(snapshot.text)
        return Finding((), {"tag": found.tag, "confidence": found.confidence})


def screen_pending() -> int:
    """Screen what waits, until nothing does or MOST_SECONDS have passed. How many turns were taken."""
    until = time.monotonic() + MOST_SECONDS
    detectors = [Language(), *isolation.registered()]
    turns = 0
    while turn := _take():
        turns += 1
        try:
            _screen(turn, detectors)
        except TurnLost:
            log.warning("The turn of screening %s was lost to another worker", turn.screening)
        except Exception:
            log.exception("Screening %s failed; it is tried again later", turn.screening)
            _held(turn).update(running="", lease_until=timezone.now() + _wait_after(turn.number))
        if time.monotonic() > until:
            bells.work_waits(BELL)
            break
    return turns


def _take() -> Turn | None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"lease": _lease(), "now": timezone.now()})
        row = cursor.fetchone()
    return Turn(*row) if row else None


def _screen(turn: Turn, detectors: Sequence[Detector]) -> None:
    """One turn. No transaction is open while detectors run. Raises TurnLost."""
    snapshot = Snapshot.objects.select_related("item").get(pk=turn.snapshot)
    if turn.blamed:
        _blame(turn)
    passed_over: dict[str, set[str]] = defaultdict(set)
    for slug, version in DetectorRun.objects.filter(snapshot=snapshot, status__in=PASSED_OVER).values_list(
        "detector", "version"
    ):
        passed_over[slug].add(version)
    outcomes: list[Outcome] = []
    for detector in detectors:
        if ANY_VERSION not in passed_over[detector.slug]:
            _mark(turn, detector)
            outcome = isolation.run(detector, snapshot, passed_over[detector.slug])
            outcomes += [outcome] if outcome else []
    _finish(turn, snapshot, _language(snapshot, outcomes), _with_policies(outcomes))


def _language(snapshot: Snapshot, outcomes: list[Outcome]) -> Identified:
    if not snapshot.text:
        return Identified(NO_LANGUAGE, 1.0)
    for outcome in outcomes:
        if outcome.detector == Language.slug and outcome.finding:
            return Identified(**outcome.finding.saw)
    return Identified(UNDETERMINED, 0.0)


def _blame(turn: Turn) -> None:
    """Note that a worker died while a detector was at work on this snapshot. It may have been innocent, once."""
    run, _ = DetectorRun.objects.get_or_create(
        snapshot_id=turn.snapshot,
        detector=turn.blamed,
        version=ANY_VERSION,
        defaults={"status": DetectorRun.Status.FAILED},
    )
    run.attempts += 1
    run.error = f"The worker died while it was at work, {run.attempts} times"
    run.finished_at = timezone.now()
    if run.attempts >= MOST_CRASHES:
        run.status = DetectorRun.Status.CRASHED
        log.error("Detector %s is passed over for snapshot %s: %s", turn.blamed, turn.snapshot, run.error)
    run.save()


def _mark(turn: Turn, detector: Detector) -> None:
    """Say who is at work, and renew the lease. Raises TurnLost."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, [detector.slug, _lease(), turn.screening, turn.number])
        if not cursor.rowcount:
            raise TurnLost


def _with_policies(outcomes: list[Outcome]) -> list[tuple[Outcome, list[tuple[ProposedFlag, Policy]]]]:
    """The outcomes with the policies of their flags; one that names a policy that nobody has is a failure."""
    slugs = {flag.policy for outcome in outcomes if outcome.finding for flag in outcome.finding.flags}
    policies = {policy.slug: policy for policy in Policy.objects.filter(slug__in=slugs)} if slugs else {}
    paired: list[tuple[Outcome, list[tuple[ProposedFlag, Policy]]]] = []
    for outcome in outcomes:
        flags = outcome.finding.flags if outcome.finding else ()
        unknown = sorted({flag.policy for flag in flags} - set(policies))
        if unknown:
            error = f"There is no policy {', '.join(unknown)}"
            paired.append((replace(outcome, status=DetectorRun.Status.FAILED, finding=None, error=error), []))
        else:
            paired.append((outcome, [(flag, policies[flag.policy]) for flag in flags]))
    return paired


@transaction.atomic
def _finish(
    turn: Turn,
    snapshot: Snapshot,
    language: Identified,
    outcomes: list[tuple[Outcome, list[tuple[ProposedFlag, Policy]]]],
) -> None:
    """Write everything that the turn brought, or nothing: runs, flags, language, and the item's cases to their lanes.

    Raises TurnLost.
    """
    now = timezone.now()
    item = lock_item(snapshot.item_id)
    finished = _held(turn).update(
        status=Screening.Status.DONE,
        language=language.tag,
        confidence=language.confidence,
        finished_at=now,
        lease_until=None,
        running="",
    )
    if not finished:
        raise TurnLost
    DetectorRun.objects.bulk_create(
        [
            DetectorRun(
                snapshot=snapshot,
                detector=outcome.detector,
                version=outcome.version,
                status=outcome.status,
                saw=outcome.finding.saw if outcome.finding else {},
                error=outcome.error,
                started_at=outcome.started_at,
                finished_at=now,
            )
            for outcome, _ in outcomes
            if outcome.error or (outcome.finding and outcome.detector != Language.slug)
        ],
        update_conflicts=True,
        unique_fields=["snapshot", "detector", "version"],
        update_fields=["status", "saw", "error", "started_at", "finished_at"],
    )
    for outcome, flags in outcomes:
        for flag, policy in flags:
            add_flag(
                item,
                snapshot,
                source=Flag.Source.DETECTOR,
                policy=policy,
                score=flag.score,
                evidence=flag.evidence,
                metadata={},
                detector=outcome.detector,
                detector_version=outcome.version,
                flag_id=None,
                flagged_at=now,
                by=audit.SYSTEM,
            )
    _route_screened(item)


def _route_screened(item: Item) -> None:
    """Bring the item's cases to their lanes, but for one whose own snapshot still waits for its turn."""
    screened = (
        Case.objects.select_for_update(no_key=True, of=("self",))
        .filter(item=item, status=Case.Status.SCREENING)
        .exclude(snapshot__screening__status=Screening.Status.PENDING)
    )
    for case in screened:
        placing.route(case, audit.SYSTEM)


def _held(turn: Turn) -> QuerySet[Screening]:
    """The row of the turn, if it is still this worker's."""
    return Screening.objects.filter(pk=turn.screening, attempts=turn.number, status=Screening.Status.PENDING)


def _lease() -> datetime:
    """Until when a worker that says nothing more is taken for alive: long enough for the slowest detector."""
    seconds = settings.SCREENING_LEASE_SECONDS + isolation.overdue(settings.DETECTOR_TIMEOUT_SECONDS)
    return timezone.now() + timedelta(seconds=seconds)


def _wait_after(attempts: int) -> timedelta:
    """How long a turn that failed waits for the next: longer each time, up to LONGEST_WAIT."""
    return min(LONGEST_WAIT, timedelta(seconds=settings.SCREENING_LEASE_SECONDS << min(attempts - 1, 20)))
