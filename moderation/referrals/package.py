"""The package that an authority is given: everything about a referral in one signed zip, kept as it was made."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone, translation

from accounts.models import User
from moderation import audit
from moderation.holds.kinds import extension_of
from moderation.models import PreservedFile, Referral, ReferralPackage, Snapshot
from moderation.referrals import archive, report
from moderation.referrals.custody import custody_of
from moderation.referrals.working import NotNow

# All media together. What no longer fits is named in the package, and in the next one if it is made from fewer.
MOST_MEDIA_BYTES: Final = 300_000_000
# A withdrawn referral goes to nobody, and one that waits for a second person not yet.
PACKABLE: Final = (
    Referral.Status.APPROVED,
    Referral.Status.SENT,
    Referral.Status.ANSWERED,
    Referral.Status.CLOSED,
)


@transaction.atomic
def make(referral: Referral, by: User) -> ReferralPackage:
    """Make and keep a package of the referral as it stands now. Raises NotNow."""
    if referral.status not in PACKABLE:
        raise NotNow
    content = build(referral, by.display_name, timezone.now())
    digest = hashlib.sha256(content).hexdigest()
    package = ReferralPackage.objects.create(referral=referral, made_by=by, digest=digest, content=content)
    audit.record(
        "referral.packed",
        audit.person(by),
        case=referral.decision.case,
        referral_id=referral.pk,
        package_id=package.pk,
        digest=digest,
    )
    return package


def build(referral: Referral, made_by: str, made_at: datetime) -> bytes:
    """The zip. The same referral, name and time make the same bytes."""
    contents: dict[str, bytes] = {}
    with translation.override("en"):
        files = _media(referral, contents)
        packed = {"made_at": report.time_of(made_at), "made_by": made_by}
        facts = report.referral_json(referral, files, packed)
        links = custody_of(referral)
    snapshots = list(
        Snapshot.objects.filter(item__held__hold__referral=referral)
        .select_related("item__platform", "author__item__platform")
        .distinct()
        .order_by("item", "pk")
    )
    for each in snapshots:
        contents[f"snapshots/{each.pk}.json"] = archive.as_json(report.snapshot_json(each))
    contents["referral.json"] = archive.as_json(facts)
    contents["custody.json"] = archive.as_json(report.custody_json(links))
    contents["report.html"] = report.page(facts, snapshots, links, referral.item_id).encode()
    contents["report.css"] = report.STYLE.read_bytes()
    return archive.pack(contents, {"format": report.FORMAT, "referral": referral.pk, "package": packed})


def _media(referral: Referral, contents: dict[str, bytes]) -> list[dict[str, Any]]:
    """Put the kept media into ``contents``, the item's own first; of every medium its facts.

    Their names are our numbers: a name from outside could lead out of the folder where it is unpacked.
    """
    files = (
        PreservedFile.objects.filter(hold__referral=referral)
        .select_related("snapshot")
        .order_by("snapshot", "position", "hold")
        .distinct("snapshot", "position")
        .defer("content")
    )
    facts, room = [], MOST_MEDIA_BYTES
    for file in sorted(files, key=lambda each: each.snapshot.item_id != referral.item_id):
        path, why_not = None, None
        if file.status != PreservedFile.Status.KEPT:
            why_not = "it is still being fetched" if not file.error else f"it was not fetched: {file.error}"
        elif (size := file.size or 0) > room:
            why_not = "the package would be too large"
        else:
            room -= size
            path = f"media/{file.pk}.{extension_of(file.mime)}"
            # Only now: all of them together would be in memory twice.
            contents[path] = bytes(file.content or b"")
        facts.append(report.file_json(file, path, why_not))
    return facts
