"""Escalating leaves a case to others; it stays in the queue that she chose, with the clearances that it asks for."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from moderation.decisions import InvalidJudgement, LeaseLost, escalate
from moderation.models import Case, Decision, Draft, Event, Lane, RoutingRule
from moderation.queueing.claim import claim_next
from moderation.routing import placing
from tests.deciding import hold, written
from tests.factories import make_queue, make_user

pytestmark = pytest.mark.django_db


def test_escalating_leaves_the_case_to_another_queue() -> None:
    case, moderator, token = hold(language="th")
    Draft.objects.create(case=case, moderator=moderator)
    escalate(case.pk, moderator, token, make_queue("child-safety"), "Minors are involved")
    case.refresh_from_db()
    assert case.status == Case.Status.QUEUED
    assert case.queue is not None
    assert case.queue.slug == "child-safety"
    assert Lane.objects.filter(queue=case.queue, language="th").exists()
    assert case.reasons["escalated"] == "from “general”: Minors are involved"
    event = Event.objects.filter(case_id=case.pk).latest("id")
    assert event.data == {
        "how": "escalated",
        "from": "general",
        "queue": "child-safety",
        "why": "Minors are involved",
    }
    assert Draft.objects.exists()
    assert not Decision.objects.exists()


def test_escalating_needs_the_lease_a_reason_and_a_queue_that_is_as_well_guarded() -> None:
    guarded = make_queue("child-safety", clearances=("child_safety",))
    moderator = make_user(en=5, clearances=("child_safety",))
    case, moderator, token = hold(moderator, queue=guarded)
    before = written()
    with pytest.raises(InvalidJudgement) as refused:
        escalate(case.pk, moderator, token, make_queue("general"), " ")
    assert [error["loc"] for error in refused.value.errors] == [["why"], ["queue"]]
    with pytest.raises(InvalidJudgement, match="queue: The case is in this queue already"):
        escalate(case.pk, moderator, token, guarded, "Why not")
    with pytest.raises(LeaseLost):
        escalate(case.pk, moderator, uuid.uuid4(), guarded, "Why not")
    assert written() == before
    assert Case.objects.get(pk=case.pk).status == Case.Status.CLAIMED


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
