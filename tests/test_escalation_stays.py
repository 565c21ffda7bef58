"""A case that a person has escalated stays in the queue that she chose, with the clearances that it asks for."""

from __future__ import annotations

import pytest
from django.utils import timezone

from moderation.decisions import escalate
from moderation.models import Case, RoutingRule
from moderation.queueing.claim import claim_next
from moderation.routing import placing
from tests.deciding import hold
from tests.factories import make_queue, make_user

pytestmark = pytest.mark.django_db


def test_setting_its_language_changes_the_lane_and_not_the_queue() -> None:
    guarded = make_queue("child-safety", clearances=("child_safety",))
    RoutingRule.objects.create(position=1, name="Everything", conditions={}, queue=make_queue("general"))
    case, moderator, token = hold(language="und")
    escalate(case.pk, moderator, token, guarded, "Minors are involved")
    # The claim goes by the transaction's clock, which stands still in a test that is one transaction.
    Case.objects.update(queued_at=timezone.now().replace(year=2025))

    cleared = make_user(en=5, clearances=("child_safety",))
    claimed = claim_next(cleared)
    assert claimed is not None
    assert claimed.lease_token is not None
    placing.set_language(claimed.pk, cleared, claimed.lease_token, "th")

    case.refresh_from_db()
    assert (case.status, case.queue, case.language) == (Case.Status.QUEUED, guarded, "th")
    assert case.reasons["escalated"] == "from “general”: Minors are involved"
    assert claim_next(make_user(th=5)) is None
    assert claim_next(make_user(th=5, clearances=("child_safety",))) == case
