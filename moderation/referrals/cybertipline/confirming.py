"""A person's hand in a report: what she saves, and her word that it is filed as it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from pydantic import ValidationError

from accounts.models import User
from moderation import audit, bells
from moderation.models import CyberTip, Referral
from moderation.referrals import access
from moderation.referrals.cybertipline.client import is_set_up
from moderation.referrals.cybertipline.enclosed import Enclosures, enclosures
from moderation.referrals.cybertipline.report import Report, Tip, TipFile

Status = CyberTip.Status
BELL: Final = "moderation.referrals.cybertipline.filing.file_due"
QUEUE: Final = "filing"
OPEN: Final = (Status.DRAFT, Status.REFUSED)
# With any other referral there is nothing to file: it waits for its second person, or was withdrawn.
CAN_BE_FILED: Final = (Referral.Status.APPROVED, Referral.Status.SENT, Referral.Status.ANSWERED)
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a report, and where: ``("report", "incident_summary", "incident_type")``; () of all of it."""

    path: Path
    words: str
    missing: bool = False


class NotReady(Exception):
    """It cannot be saved or filed as it is."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(each.words for each in problems))
        self.problems = problems


class ChangedMeanwhile(Exception):
    """Somebody else has saved it, or had it filed, since it was looked at."""


def version_of(tip: CyberTip) -> str:
    """Changes with whatever is saved, and when it goes on its way."""
    written = json.dumps([tip.report, tip.status], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def stored_files(tip: CyberTip) -> list[TipFile]:
    return [TipFile.model_validate(each) for each in tip.report.get("files", [])]


def enclosed_with(tip: CyberTip) -> Enclosures:
    return enclosures(tip.referral, stored_files(tip))


@transaction.atomic
def save(tip_id: int, version: str, written: dict[str, Any], by: User) -> CyberTip:
    """Keep what somebody wrote. It may lack what must be there; what is there must be right.

    Raises NotReady, ChangedMeanwhile, Http404 for who is not cleared.
    """
    tip = _locked(tip_id, by)
    if version != version_of(tip) or tip.status not in OPEN:
        raise ChangedMeanwhile
    wrong = [each for each in problems_of(written) if not each.missing]
    if wrong:
        raise NotReady(*wrong)
    if written != tip.report:
        tip.report = written
        tip.save(update_fields=["report"])
        _record("cybertip.changed", by, tip)
    return tip


@transaction.atomic
def queue_for_filing(tip: CyberTip, by: User) -> CyberTip:
    """Have the report filed as it stands: from now on nobody can change it. Raises NotReady, ChangedMeanwhile, Http404.

    Who viewed which file is written into it here, from the audit trail.
    """
    tip = _locked(tip.pk, by)
    if tip.status not in OPEN:
        raise ChangedMeanwhile
    if tip.referral.status not in CAN_BE_FILED:
        raise NotReady(Problem((), gettext("The referral is not approved, or was withdrawn")))
    if not is_set_up():
        words = gettext("This desk has no account with the CyberTipline yet: an operator enters it")
        raise NotReady(Problem((), words))
    wrong = problems_of(tip.report)
    if wrong:
        raise NotReady(*wrong)
    enclosed = enclosed_with(tip)
    if enclosed.waiting:
        words = gettext("Files are still being fetched. Wait for them, so that none is missing")
        raise NotReady(Problem(("files",), words))
    report = Report.model_validate(tip.report["report"])
    filed = Tip(report=_telling_of(report, enclosed.failed), files=_as_viewed(enclosed))
    tip.report = filed.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    tip.status, tip.next_attempt_at, tip.lease_until, tip.last_error = (
        Status.WAITING,
        timezone.now(),
        None,
        "",
    )
    tip.save(update_fields=["report", "status", "next_attempt_at", "lease_until", "last_error"])
    _record(
        "cybertip.confirmed", by, tip, files=len(filed.files), left_out=len(enclosed.ready) - len(filed.files)
    )
    bells.work_waits(BELL, QUEUE)
    return tip


def problems_of(written: dict[str, Any]) -> list[Problem]:
    """Everything that keeps it from being filed, by the shapes and by what this desk has agreed on."""
    try:
        tip = Tip.model_validate(written)
    except ValidationError as error:
        return [
            Problem(each["loc"], _in_words(each["type"], each["msg"]), each["type"] == "missing")
            for each in error.errors(include_url=False, include_input=False)
        ]
    if settings.CYBERTIPLINE_HASH_SHARING:
        return []
    words = gettext("This desk has not agreed to share classified hashes: leave it empty")
    return [
        Problem(("files", number, "details", "industryClassification"), words)
        for number, file in enumerate(tip.files)
        if file.details.industry_classification
    ]


def _in_words(kind: str, message: str) -> str:
    """pydantic's kinds of error as a person reads them; its own words for what hardly anybody can cause."""
    return {
        "missing": gettext("This is needed"),
        "string_too_short": gettext("This is needed"),
        "literal_error": gettext("Choose one of the list"),
        "datetime_from_date_parsing": gettext("Give a date and a time"),
        "datetime_parsing": gettext("Give a date and a time"),
        "timezone_aware": gettext("Give a date and a time"),
        "date_from_datetime_parsing": gettext("Give a date"),
        "int_parsing": gettext("Give a whole number"),
    }.get(kind, message)


def _telling_of(report: Report, failed: Sequence[str]) -> Report:
    """What could not be fetched is named, once."""
    known = report.additional_info or ""
    lines = [
        f"Not attached, as it could not be fetched: {address}" for address in failed if address not in known
    ]
    if not lines:
        return report
    return report.model_copy(update={"additional_info": "\n".join(filter(None, [known, *lines]))})


def _as_viewed(enclosed: Enclosures) -> tuple[TipFile, ...]:
    """The files that are to be sent, with what was viewed as it was: here by the trail, elsewhere by somebody's word.

    This desk shows nobody the EXIF data of a file.
    """
    files = []
    for each in enclosed.ready:
        file = each.file
        if not file.included:
            continue
        said = [
            f"Viewed outside of the reporting software: {file.viewed_elsewhere}"
            if file.viewed_elsewhere
            else "",
            f"EXIF data viewed outside of it: {file.exif_viewed_elsewhere}"
            if file.exif_viewed_elsewhere
            else "",
        ]
        known = file.details.additional_info
        details = file.details.model_copy(
            update={
                "file_viewed_by_esp": bool(each.viewed or file.viewed_elsewhere),
                "exif_viewed_by_esp": bool(file.exif_viewed_elsewhere),
                "additional_info": (*known, *(words for words in said if words and words not in known)),
            }
        )
        files.append(file.model_copy(update={"details": details}))
    return tuple(files)


def _locked(tip_id: int, by: User) -> CyberTip:
    access.check(by)
    locked = CyberTip.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("referral__decision__case", "referral__item__platform").get(pk=tip_id)


def _record(kind: str, by: User, tip: CyberTip, **data: Any) -> None:
    audit.record(
        kind,
        audit.person(by),
        case=tip.referral.decision.case,
        referral_id=tip.referral_id,
        tip_id=tip.pk,
        **data,
    )
