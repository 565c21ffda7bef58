"""A decision is made once, by whoever holds the case, and with all that follows from it or not at all."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation import plugins
from moderation.decisions import (
    AlreadyDecided,
    InvalidJudgement,
    Judgement,
    LeaseLost,
    TookPart,
    decide,
    escalate,
)
from moderation.hookspecs import Redress, hookimpl
from moderation.models import (
    Case,
    Decision,
    Draft,
    Enforcement,
    Event,
    Exclusion,
    Message,
    Statement,
)
from moderation.outbox.endpoints import create_endpoint
from tests.deciding import decided, hold, hold_appeal, in_force, judgement, take_back, written
from tests.factories import make_flag, make_platform, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=7)


def kinds_of(case: Case) -> list[str]:
    return list(Event.objects.filter(case_id=case.pk).order_by("id").values_list("kind", flat=True))


def test_a_decision_is_written_with_all_that_follows_from_it() -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/webhooks")
    case, moderator, token = hold(policy=make_policy(version=7))
    Draft.objects.create(case=case, moderator=moderator, fields={"reasoning": ["It att"]})

    decision = decide(case.pk, moderator, token, judgement("remove", "lock_account", note="Second time"))

    case.refresh_from_db()
    assert case.status == Case.Status.DECIDED
    assert (case.claimed_by, case.lease_token, case.lease_until) == (None, None, None)
    assert case.decided_at is not None
    assert decision.decided_by == moderator
    assert (decision.policy.slug, decision.policy_version) == ("hate-speech", 7)
    assert decision.note == "Second time"
    assert [each["action"] for each in decision.actions] == ["remove", "lock_account"]
    assert decision.statement.recipient == case.item.author
    assert case.item.author is not None
    assert (in_force(case.item), in_force(case.item.author)) == (["remove"], ["lock_account"])
    assert list(Message.objects.order_by("pk").values_list("type", flat=True)) == [
        "enforcement.requested",
        "enforcement.requested",
        "case.closed",
    ]
    assert kinds_of(case) == ["case.claimed", "case.decided"]
    assert Event.objects.filter(kind="enforcement.requested", actor_id=moderator.pk).count() == 2
    assert not Draft.objects.exists()


def test_no_violation_closes_the_case_and_touches_nobody() -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/webhooks")
    decision = decided("no_violation")
    assert not Statement.objects.exists()
    assert not Enforcement.objects.exists()
    message = Message.objects.get()
    assert message.type == "case.closed"
    assert message.payload["data"] == {
        "case_id": decision.case_id,
        "item": {"kind": "content", "id": decision.item.external_id},
        "outcome": "no_violation",
        "actions": ["no_violation"],
        "awaiting_approval": [],
        "statement": None,
        "notices": [],
        "decision_id": str(decision.pk),
        "overrides": None,
        "policy": "hate-speech",
        "automated": False,
        "decided_at": decision.decided_at.isoformat().replace("+00:00", "Z"),
    }


def test_no_violation_needs_no_reasons() -> None:
    case, moderator, token = hold()
    assert decide(case.pk, moderator, token, judgement("no_violation", reasoning="")).reasoning == ""


def test_a_second_decision_on_a_case_is_refused() -> None:
    case, moderator, token = hold()
    decide(case.pk, moderator, token, judgement("remove"))
    before = written()
    with pytest.raises(AlreadyDecided):
        decide(case.pk, moderator, token, judgement("no_violation"))
    assert written() == before


def test_a_decision_needs_the_live_lease_of_whoever_makes_it() -> None:
    case, moderator, token = hold()
    Draft.objects.create(case=case, moderator=moderator, fields={"reasoning": ["typed"]})
    before = written()
    with pytest.raises(LeaseLost):
        decide(case.pk, moderator, uuid.uuid4(), judgement("remove"))
    with pytest.raises(LeaseLost):
        decide(case.pk, make_user(en=5), token, judgement("remove"))
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(LeaseLost):
        decide(case.pk, moderator, token, judgement("remove"))
    assert written() == before
    assert Draft.objects.exists()
    assert Case.objects.get(pk=case.pk).status == Case.Status.CLAIMED


def test_a_case_that_somebody_else_holds_by_now_is_refused() -> None:
    case, late, token = hold()
    other = make_user(en=5)
    fresh = {"claimed_by": other, "lease_token": uuid.uuid4()}
    Case.objects.filter(pk=case.pk).update(**fresh)
    before = written()
    with pytest.raises(LeaseLost):
        decide(case.pk, late, token, judgement("remove"))
    assert written() == before


def test_nobody_who_took_part_in_a_decision_judges_its_appeal() -> None:
    case, moderator, token = hold(origin=Case.Origin.APPEAL)
    Exclusion.objects.create(case=case, moderator=moderator, reason=Exclusion.Reason.TOOK_PART)
    before = written()
    with pytest.raises(TookPart):
        decide(case.pk, moderator, token, judgement())
    with pytest.raises(TookPart):
        escalate(case.pk, moderator, token, make_queue("others"), "I know this one")
    assert written() == before


def test_somebody_who_skipped_a_case_may_decide_it_when_she_got_it_again() -> None:
    case, moderator, token = hold()
    Exclusion.objects.create(
        case=case, moderator=moderator, reason=Exclusion.Reason.SKIPPED, until=timezone.now()
    )
    assert decide(case.pk, moderator, token, judgement("no_violation"))


def test_the_statements_of_a_decision_do_not_grow_with_flags() -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/webhooks")

    def statements(flags: int) -> int:
        case, moderator, token = hold()
        for _ in range(flags):
            make_flag(case)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            decide(case.pk, moderator, token, judgement("remove"))
        return len([each for each in queries if "SAVEPOINT" not in each["sql"]])

    assert statements(flags=0) == statements(flags=60) <= 27


def test_a_failure_half_way_leaves_nothing_written() -> None:
    class Broken:
        @hookimpl
        def redress(self, decision: Decision) -> Redress:
            raise RuntimeError("no link today")

    case, moderator, token = hold()
    before = written()
    broken = Broken()
    plugins.manager().register(broken)
    try:
        with pytest.raises(RuntimeError, match="no link today"):
            decide(case.pk, moderator, token, judgement("remove"))
    finally:
        plugins.manager().unregister(broken)
    assert written() == before
    assert Case.objects.get(pk=case.pk).status == Case.Status.CLAIMED


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_is_made() -> None:
    case, moderator, token = hold()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def submit(action: str) -> None:
        start.wait()
        try:
            decide(case.pk, moderator, token, judgement(action))
            outcomes.append("decided")
        except AlreadyDecided:
            outcomes.append("already decided")
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=(action,)) for action in ("remove", "no_violation")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already decided", "decided"]
    assert Decision.objects.count() == 1


def test_an_appeal_that_is_lost_changes_nothing_on_the_platform() -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/webhooks")
    original = decided("lock_account")
    case, moderator, token = hold_appeal(original)
    before = written()
    decision = decide(case.pk, moderator, token, judgement(reasoning="It was an attack."))
    after = written()
    assert decision.actions == []
    assert (after["Statement"], after["Enforcement"]) == (before["Statement"], before["Enforcement"])
    assert Message.objects.latest("pk").type == "appeal.decided"
    assert original.item.author is not None
    assert in_force(original.item.author) == ["lock_account"]


def test_an_appeal_that_is_won_takes_back_what_is_in_force() -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/webhooks")
    original = decided("remove", "lock_account")
    author = original.item.author
    assert author is not None
    decision = take_back(original)
    assert in_force(original.item) == in_force(author) == []
    for enforcement in original.enforcements.all():
        assert enforcement.status == Enforcement.Status.REVERSAL_REQUESTED
        assert enforcement.reversed_by == decision
    assert Message.objects.filter(type="enforcement.reversed").count() == 2
    # The outcome of an appeal is told by appeal.decided.
    assert Message.objects.filter(type="case.closed").count() == 1
    assert Statement.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "loc"),
    [
        (judgement("no_violation"), ["overrides"]),
        (judgement("remove"), ["overrides"]),
        (judgement(reasoning=""), ["reasoning"]),
    ],
)
def test_an_appeal_is_won_or_lost_with_reasons(given: Judgement, loc: list[str]) -> None:
    case, moderator, token = hold(origin=Case.Origin.APPEAL)
    with pytest.raises(InvalidJudgement) as refused:
        decide(case.pk, moderator, token, given)
    assert loc in [error["loc"] for error in refused.value.errors]


def test_only_an_appeal_about_the_same_item_takes_a_decision_back() -> None:
    original = decided("remove")
    appeal, moderator, token = hold(origin=Case.Origin.APPEAL)
    with pytest.raises(InvalidJudgement, match="overrides: That decision was about something else"):
        decide(appeal.pk, moderator, token, judgement("no_violation", overrides=original))
    case, moderator, token = hold()
    with pytest.raises(InvalidJudgement, match="overrides: Only an appeal"):
        decide(case.pk, moderator, token, judgement("no_violation", overrides=original))
    assert in_force(original.item) == ["remove"]
