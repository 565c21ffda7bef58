"""Reports to the CyberTipline as far as a test needs them: drafted, complete, confirmed."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from moderation.models import CyberTip, Item, PreservedFile
from moderation.referrals.cybertipline.confirming import queue_for_filing, save, version_of
from tests.factories import make_item
from tests.referring import PICTURE, cleared, keep, referred

MEDIA = [{"url": "https://cdn.harbour.example/a%20b.png", "mime": "image/png"}]
REPORTER = {
    "reportingPerson": {"firstName": "Ada", "lastName": "Lee", "email": [{"text": "ada@harbour.example"}]}
}


def reported_item(*, media: list[dict[str, Any]] | None = None, **snapshot: Any) -> Item:
    """Content with what platforms know of it and of its author."""
    author = make_item(
        kind="account",
        text="Likes the sea.",
        display_name="Tidal",
        url="https://harbour.example/@tidal",
        country="TH",
        metadata={
            "username": "tidal",
            "email": "tidal@mail.example",
            "login_ip": "192.0.2.7",
            "login_at": "2026-11-19T20:00:00Z",
            "device_id": "device-1",
        },
    )
    known: dict[str, Any] = {
        "text": "What was written beneath it.",
        "url": "https://harbour.example/posts/1",
        "created_at": "2026-11-20T08:00:00Z",
        "metadata": {"upload_ip": {"address": "2001:db8::7", "at": "2026-11-20T07:59:58Z", "port": 4711}},
        "media": MEDIA if media is None else media,
    }
    return make_item(author=author, **known | snapshot)


def drafted(item: Item | None = None, *, kept: bool = True) -> CyberTip:
    """As an approval of the referral drafts it; its files are fetched where ``kept``."""
    referral = referred(item or reported_item(), basis="child_safety")
    if kept:
        for number, file in enumerate(PreservedFile.objects.filter(hold__referral=referral).order_by("pk")):
            keep(file, PICTURE + bytes([number]))
    return referral.cyber_tip


def complete(tip: CyberTip, by: User, **report: Any) -> CyberTip:
    """What a person adds: the kind of incident, and who reports."""
    known = tip.report["report"]
    summary = known["incidentSummary"] | {"incidentType": "Child Sex Tourism"}
    written = tip.report | {"report": known | {"incidentSummary": summary, "reporter": REPORTER} | report}
    return save(tip.pk, version_of(tip), written, by)


def confirmed(item: Item | None = None) -> CyberTip:
    """To be filed."""
    by = cleared()
    return queue_for_filing(complete(drafted(item), by), by)
