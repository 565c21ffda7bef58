"""A report as far as the desk can fill it in by itself, for a person to check and complete."""

from __future__ import annotations

from typing import Any, Final

from moderation import audit
from moderation.models import CyberTip, Enforcement, Item, Referral, Snapshot
from moderation.referrals.cybertipline.origin import devices_of, ips_of, person_of
from moderation.referrals.cybertipline.report import InternetDetails, Reported, WebPage
from moderation.referrals.cybertipline.shapes import (
    Disabled,
    DisabledForATime,
    Location,
)

CREATED: Final = "When it was put on the platform, as the platform says."
CAPTURED: Final = (
    "When it was first seen by the reporting software; when it was put on the platform is not known."
)
# Who reports is the same in every report: as in the latest one that was confirmed.
CONFIRMED: Final = (CyberTip.Status.FILED, CyberTip.Status.WAITING)


def make_draft(referral: Referral) -> CyberTip:
    """The referral's report, filled in from its snapshots. Call it in the transaction that approves the referral.

    The kind of incident is left for a person to choose: it is a statement of law.
    """
    tip, made = CyberTip.objects.get_or_create(
        referral=referral, defaults={"report": {"report": _report(referral), "files": []}}
    )
    if made:
        audit.record("cybertip.drafted", audit.SYSTEM, referral_id=referral.pk, tip_id=tip.pk)
    return tip


def _report(referral: Referral) -> dict[str, Any]:
    snapshot = referral.decision.case.snapshot
    account = snapshot if snapshot.item.kind == Item.Kind.ACCOUNT else snapshot.author
    details = (InternetDetails(web_page_incident=WebPage(url=(snapshot.url,))),) if snapshot.url else ()
    report: dict[str, Any] = {
        "incidentSummary": {
            "platform": snapshot.item.platform.name,
            "incidentDateTime": (snapshot.created_at or snapshot.captured_at).isoformat(),
            "incidentDateTimeDescription": CREATED if snapshot.created_at else CAPTURED,
        },
        "internetDetails": [_json(each) for each in details],
        "reporter": _reporter(),
        "personOrUserReported": [_json(_reported(snapshot, account, referral.item.platform.name))],
    }
    if referral.summary:
        report["additionalInfo"] = referral.summary
    return report


def _reporter() -> dict[str, Any]:
    latest = CyberTip.objects.filter(status__in=CONFIRMED).order_by("-pk").first()
    found = latest.report.get("report", {}).get("reporter") if latest else None
    return found if isinstance(found, dict) else {"reportingPerson": {}}


def _reported(snapshot: Snapshot, account: Snapshot | None, platform: str) -> Reported:
    ips = ips_of(account.metadata) if account else ()
    devices = devices_of(account.metadata) if account else ()
    if account is not snapshot:
        ips, devices = (*ips, *ips_of(snapshot.metadata)), (*devices, *devices_of(snapshot.metadata))
    common: dict[str, Any] = {
        "esp_service": platform,
        "ip_capture_event": tuple(dict.fromkeys(ips)),
        "device_id": tuple(dict.fromkeys(devices)),
    }
    if account is None:
        return Reported(**common)
    metadata = account.metadata
    screen_name = next(
        (metadata[key] for key in ("screen_name", "username", "handle") if key in metadata), ""
    )
    return Reported(
        person_or_user_reported_person=person_of(metadata),
        esp_identifier=account.item.external_id,
        screen_name=str(screen_name)[:500],
        display_name=(account.display_name,) if account.display_name else (),
        profile_url=(account.url,) if account.url else (),
        profile_bio=account.text[:100_000],
        estimated_location=Location(country_code=account.country) if account.country else None,
        **_disabled(account.item),
        **common,
    )


def _disabled(account: Item) -> dict[str, Any]:
    """What the platform has been told to do with the account, and is known to have done."""
    done = Enforcement.objects.filter(item=account, status=Enforcement.Status.DELIVERED)
    found: dict[str, Any] = {}
    for each in done.filter(action__in=("terminate_account", "lock_account")).order_by("created_at"):
        if each.action == "terminate_account" or each.ends_at is None:
            found["account_permanently_disabled"] = Disabled(disabled_date=each.created_at)
        else:
            found["account_temporarily_disabled"] = DisabledForATime(
                disabled_date=each.created_at, reenabled_date=each.ends_at
            )
    return found


def _json(shape: InternetDetails | Reported) -> dict[str, Any]:
    return shape.model_dump(mode="json", by_alias=True, exclude_defaults=True)
