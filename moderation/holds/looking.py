"""Who looked at which kept file: a fact that authorities rely on (NCMEC's ``fileViewedByEsp``), so it is recorded as
it was. A file counts as viewed by whom its content was handed out to, and by nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.http import Http404

from accounts.models import User
from moderation import audit
from moderation.models import Event, PreservedFile
from moderation.referrals import access

VIEWED: Final = "file.viewed"


@dataclass(frozen=True)
class View:
    """One look at a file: whose, when, and whether she saw it on a page or took it away."""

    user_id: int
    at: datetime
    how: str


def open_file(user: User, file_id: int, how: Literal["seen", "taken"]) -> tuple[PreservedFile, bytes]:
    """A kept file with its content; Http404 where she may not, or there is none. An Event before she has it."""
    file = access.file_for(user, file_id)
    if file.status != PreservedFile.Status.KEPT or file.content is None:
        raise Http404
    referral = file.hold.referral
    audit.record(
        VIEWED,
        audit.person(user),
        case=referral.decision.case if referral else None,
        item=file.snapshot.item,
        hold_id=file.hold_id,
        referral_id=file.hold.referral_id,
        file_id=file.pk,
        snapshot_id=file.snapshot_id,
        position=file.position,
        sha256=file.sha256,
        how=how,
    )
    return file, bytes(file.content)


def views_of(file: PreservedFile) -> list[View]:
    """Every look at this medium by anybody here, oldest first: at this copy, or at another hold's of the same."""
    looks = Event.objects.filter(item_id=file.snapshot.item_id, kind=VIEWED).order_by("id")
    same = {"snapshot_id": file.snapshot_id, "position": file.position}
    return [
        View(each.actor_id, each.at, str(each.data.get("how", "")))
        for each in looks.filter(data__contains=same)
        if each.actor_id is not None
    ]


def looks_at(files: list[PreservedFile]) -> dict[int, list[View]]:
    """The same for several files, by id; one statement. Their snapshots are loaded."""
    found: dict[tuple[int, int], list[View]] = {}
    looks = Event.objects.filter(item_id__in={each.snapshot.item_id for each in files}, kind=VIEWED)
    for each in looks.order_by("id"):
        key = (int(each.data["snapshot_id"]), int(each.data["position"]))
        if each.actor_id is not None:
            found.setdefault(key, []).append(View(each.actor_id, each.at, str(each.data.get("how", ""))))
    return {each.pk: found.get((each.snapshot_id, each.position), []) for each in files}
