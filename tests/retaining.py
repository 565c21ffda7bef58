"""A desk of long ago: what was decided so many days ago, as the product itself would have left it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from moderation.holds import lifting
from moderation.models import (
    Case,
    Decision,
    DetectorRun,
    Flag,
    HeldItem,
    Item,
    LegalHold,
    PurgeReport,
    Snapshot,
)
from moderation.retention.purging import purge_due
from tests.deciding import decided
from tests.factories import make_item, make_user

SECRET = "the words that must go"


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    """What is made within is made then."""
    moment = timezone.now() - timedelta(days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: moment)
        yield


def written_by(account: Item | None, **snapshot: Any) -> Item:
    """Content with something in every field that is content."""
    return make_item(
        author=account,
        **{
            "text": SECRET,
            "url": "https://example.org/secret",
            "media": [{"url": "https://example.org/secret.jpg", "mime": "image/jpeg"}],
            "metadata": {"secret": SECRET},
            "parent": {"kind": "content", "id": "secret"},
            "language": "en",
        }
        | snapshot,
    )


def make_account(**snapshot: Any) -> Item:
    return make_item(
        kind="account", **{"text": "", "display_name": "Secret Name", "metadata": {"bio": SECRET}} | snapshot
    )


def decided_ago(
    days: float, *actions: str, account: Item | None = None, alone: bool = False, **case: Any
) -> Decision:
    """A decision on content of this account (default: a new one), with evidence in its flag, all so long ago.

    ``alone``: nobody is known to have written it.
    """
    with days_ago(days):
        item = written_by(None if alone else account or make_account())
        decision = decided(*(actions or ("remove",)), item=item, **case)
        flags = Flag.objects.filter(case=decision.case)
        flags.update(evidence={"matches": [{"term": SECRET}]}, metadata={"note": SECRET})
        DetectorRun.objects.create(
            snapshot=decision.case.snapshot, detector="keywords-test", version="1", saw={"term": SECRET}
        )
    return decision


def place_hold(*items: Item) -> LegalHold:
    """A hold as the database knows it."""
    hold = LegalHold.objects.create(reason="An order", until=timezone.now() + timedelta(days=365))
    HeldItem.objects.bulk_create(HeldItem(hold=hold, item=item) for item in items)
    return hold


def lift(hold: LegalHold) -> None:
    """Two people lift it."""
    one, other = (make_user(clearances=("law_enforcement",)) for _ in range(2))
    lifting.ask(hold.pk, one, "It is over")
    lifting.lift(hold.pk, other)


def snapshot_of(decision: Decision) -> Snapshot:
    return Snapshot.objects.get(pk=decision.case.snapshot_id)


def is_purged(decision: Decision) -> bool:
    return snapshot_of(decision).purged_at is not None


def purge() -> PurgeReport:
    """A whole run, and its report."""
    purge_due()
    report = PurgeReport.objects.latest("pk")
    assert report.finished_at is not None
    return report


def case_of(decision: Decision) -> Case:
    return Case.objects.get(pk=decision.case_id)
