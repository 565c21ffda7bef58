"""Filing: a confirmed report goes to the CyberTipline once, whatever happens to whoever files it.

One job does submit, the files and finish. The report's number is committed before anything is uploaded. Whoever begins
again therefore knows it, and retracts it first: the answer tells whether it was filed (5102) or is gone. Without the
number, a crash between submit's answer and the commit, the report stays unfinished, and the CyberTipline deletes it by
itself within a day. So no report is ever finished twice, not even by a worker that was only slow: its number was
retracted, and to finish it is refused (5101).
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from moderation import audit
from moderation.holds.lifting import preserve_from
from moderation.models import CyberTip
from moderation.referrals.cybertipline.client import (
    AlreadyFinished,
    CyberTipline,
    NoReport,
    Refused,
    TryAgain,
)
from moderation.referrals.cybertipline.confirming import CAN_BE_FILED
from moderation.referrals.cybertipline.enclosed import content_of
from moderation.referrals.cybertipline.report import Tip
from moderation.referrals.cybertipline.schema import NotValid
from moderation.referrals.cybertipline.xml import file_details_xml, report_xml
from moderation.referrals.working import NotNow, mark_sent

log = logging.getLogger(__name__)

Status = CyberTip.Status
# After so many failures, and then always the last: the law has no "gave up", and a person sees it wait.
WAITS: Final = tuple(timedelta(seconds=each) for each in (30, 60, 300, 900, 3600))
MOST_ERROR: Final = 500
# Numbers for the check of what is sent about files, before there are real ones.
ANY_REPORT, ANY_FILE = 1, "1"


class TurnLost(Exception):
    """Another worker has taken the turn: this one's lease had run out, or the report was filed meanwhile."""


@dataclass(frozen=True)
class Turn:
    """A report that this worker holds. ``number`` makes it the only one that may write about it."""

    tip: int
    number: int


def file_due() -> int:
    """Worker entry and timer: file what is to be filed now, one after another. How many were."""
    filed = 0
    while turn := _take():
        try:
            filed += _file(turn)
        except TurnLost:
            log.warning("The turn of CyberTip %s was lost to another worker", turn.tip)
    return filed


def _take() -> Turn | None:
    now = timezone.now()
    with transaction.atomic():
        tip = (
            CyberTip.objects.filter(
                status=Status.WAITING, next_attempt_at__lte=now, referral__status__in=CAN_BE_FILED
            )
            .exclude(lease_until__gt=now)
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .order_by("next_attempt_at", "pk")
            .first()
        )
        if tip is None:
            return None
        tip.attempts += 1
        tip.lease_until = _lease()
        tip.save(update_fields=["attempts", "lease_until"])
    return Turn(tip.pk, tip.attempts)


def _file(turn: Turn) -> bool:
    """One attempt, with no transaction open while anything is sent. Raises TurnLost."""
    try:
        with CyberTipline.of_this_desk() as ncmec:
            return _send(turn, ncmec)
    except TurnLost:
        raise
    except NotValid as error:
        words = gettext("The report does not fit the CyberTipline's current schema: %(why)s")
        _refused(turn, words % {"why": error}, None)
    except Refused as error:
        _refused(turn, str(error), error.code)
    except TryAgain as error:
        _later(turn, str(error), error.code)
    except Exception:
        log.exception("CyberTip %s could not be filed", turn.tip)
        _later(turn, gettext("Something went wrong on our side: the worker's log says what"), None)
    return False


def _send(turn: Turn, ncmec: CyberTipline) -> bool:
    row = CyberTip.objects.get(pk=turn.tip)
    if row.report_id is not None and not _taken_back(turn, ncmec, row.report_id):
        _filed(turn, row.report_id, "")
        return True
    tip = Tip.model_validate(row.report)
    report = _checked(turn, ncmec, tip)
    _hold(turn)
    report_id = ncmec.submit(report)
    try:
        _hold(turn, report_id=report_id)
    except TurnLost:
        # Nobody else knows this number. If this fails too, the report is deleted unfinished.
        with suppress(TryAgain):
            ncmec.retract(report_id)
        raise
    _record("cybertip.submitted", turn, report_id=report_id)
    try:
        for file in tip.files:
            _hold(turn)
            file_id = ncmec.upload(report_id, str(file.details.file_name), content_of(file.key))
            _hold(turn)
            ncmec.file_info(file_details_xml(file.details, report_id, file_id))
            _record("cybertip.uploaded", turn, report_id=report_id, file=file.key)
        _hold(turn)
        receipt = ncmec.finish(report_id)
    except AlreadyFinished:
        receipt = ""
    _filed(turn, report_id, receipt)
    return True


def _taken_back(turn: Turn, ncmec: CyberTipline, report_id: int) -> bool:
    """Retract what an earlier attempt opened. False: it was finished, so it is filed."""
    _hold(turn)
    try:
        ncmec.retract(report_id)
    except NoReport:
        pass  # deleted, or retracted by somebody whose answer was lost
    except AlreadyFinished:
        return False
    _hold(turn, report_id=None)
    _record("cybertip.retracted", turn, report_id=report_id)
    return True


def _checked(turn: Turn, ncmec: CyberTipline, tip: Tip) -> bytes:
    """The report's XML, once it and all that is said of its files is valid by today's schema. Raises NotValid."""
    _hold(turn)
    schema = ncmec.schema()
    report = report_xml(tip.report)
    schema.check(report)
    for file in tip.files:
        schema.check(file_details_xml(file.details, ANY_REPORT, ANY_FILE))
    return report


def _hold(turn: Turn, **columns: Any) -> None:
    """Before each call: the lease begins anew, and with it is committed what must not be lost. Raises TurnLost."""
    if not _held(turn).update(lease_until=_lease(), **columns):
        raise TurnLost


@transaction.atomic
def _filed(turn: Turn, report_id: int, receipt: str) -> None:
    now = timezone.now()
    if not _held(turn).update(
        status=Status.FILED,
        report_id=report_id,
        filed_at=now,
        receipt=receipt,
        lease_until=None,
        next_attempt_at=None,
        last_error="",
    ):
        raise TurnLost
    _record("cybertip.filed", turn, report_id=report_id, known_by="finish" if receipt else "retract")
    tip = _with_case(turn)
    with suppress(NotNow):  # it had been sent otherwise before
        mark_sent(tip.referral_id, None, f"NCMEC CyberTipline, report {report_id}", now)
    preserve_from(tip.referral, now)


@transaction.atomic
def _refused(turn: Turn, words: str, code: int | None) -> None:
    """Somebody must look. The report's number stays, so that the next attempt retracts it first."""
    _hold(turn, status=Status.REFUSED, last_error=words[:MOST_ERROR])
    _record("cybertip.refused", turn, code=code)


@transaction.atomic
def _later(turn: Turn, words: str, code: int | None) -> None:
    wait = WAITS[min(turn.number, len(WAITS)) - 1] * settings.WEBHOOK_WAIT_SCALE
    again = timezone.now() + wait
    if not _held(turn).update(lease_until=None, next_attempt_at=again, last_error=words[:MOST_ERROR]):
        raise TurnLost
    _record("cybertip.delayed", turn, code=code)


def _held(turn: Turn) -> QuerySet[CyberTip]:
    """The row of the turn, if it is still this worker's."""
    return CyberTip.objects.filter(pk=turn.tip, attempts=turn.number, status=Status.WAITING)


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=settings.FILING_LEASE_SECONDS)


def _with_case(turn: Turn) -> CyberTip:
    return CyberTip.objects.select_related("referral__decision__case").get(pk=turn.tip)


def _record(kind: str, turn: Turn, **data: Any) -> None:
    """No content goes into the trail: numbers and keys."""
    tip = _with_case(turn)
    case = tip.referral.decision.case
    audit.record(kind, audit.SYSTEM, case=case, referral_id=tip.referral_id, tip_id=tip.pk, **data)
