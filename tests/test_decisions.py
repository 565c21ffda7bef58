"""A decision is made once, by whoever holds the case, and with all that follows from it or not at all."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation import plugins
from moderation.actions import allowed_actions
from moderation.decisions import (
    AlreadyDecided,
    InvalidJudgement,
    JudgedAction,
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
    Lane,
    Message,
    Statement,
)
from moderation.outbox.endpoints import create_endpoint
from tests.deciding import account, decided, hold, hold_appeal, in_force, judgement, take_back, written
from tests.factories import make_case, make_flag, make_item, make_platform, make_policy, make_queue, make_user

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
        "decision_id": str(decision.pk),
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


LABEL: dict[str, Any] = {"how": "label", "label": "Disputed"}
INVALID: dict[str, tuple[Judgement, list[list[str | int]]]] = {
    "no action": (judgement(), [["actions"]]),
    "unknown policy": (judgement("no_violation", policy="no-such"), [["policy"]]),
    "unknown action": (judgement("explode"), [["actions", 0, "action"]]),
    "escalating is no decision": (judgement("escalate"), [["actions", 0, "action"]]),
    "not allowed by the policy": (judgement("warn", policy="only-removal"), [["actions", 0, "action"]]),
    "not allowed by the queue": (judgement("remove", "lock_account"), [["actions", 1, "action"]]),
    "nothing else beside no violation": (judgement("no_violation", "remove"), [["actions"]]),
    "twice the same": (judgement("remove", "remove"), [["actions", 1]]),
    "no reasons": (judgement("remove", reasoning=" \n"), [["reasoning"]]),
    "too many reasons": (judgement("remove", reasoning="x" * 5001), [["reasoning"]]),
    "a NUL byte": (judgement("remove", reasoning="a\0b"), [["reasoning"]]),
    "a lone surrogate": (judgement("remove", note="\ud800"), [["note"]]),
    "a parameter that it does not have": (
        judgement(JudgedAction("remove", {"until": None})),
        [["actions", 0, "parameters", "until"]],
    ),
    "restricted how?": (judgement(JudgedAction("restrict")), [["actions", 0, "parameters", "how"]]),
    "restricted in no known way": (
        judgement(JudgedAction("restrict", {"how": "shout"})),
        [["actions", 0, "parameters", "how"]],
    ),
    "an end in the past": (
        judgement(JudgedAction("restrict", {"how": "demote", "until": "2020-01-01T00:00:00Z"})),
        [["actions", 0, "parameters", "until"]],
    ),
    "an end in no time zone": (
        judgement(JudgedAction("restrict", {"how": "demote", "until": "2099-01-01T00:00:00"})),
        [["actions", 0, "parameters", "until"]],
    ),
    "a label without words": (
        judgement(JudgedAction("restrict", {"how": "label", "label": " "})),
        [["actions", 0, "parameters"]],
    ),
    "a label with a NUL byte": (
        judgement(JudgedAction("restrict", {"how": "label", "label": "a\0"})),
        [["actions", 0, "parameters"]],
    ),
    "blocked in no country": (
        judgement(JudgedAction("restrict", {"how": "geo_block"})),
        [["actions", 0, "territories"]],
    ),
    "no country": (
        judgement(JudgedAction("remove", territories=["DE", "Germany"])),
        [["actions", 0, "territories", 1]],
    ),
    "a warning in one country": (
        judgement(JudgedAction("warn", territories=["DE"])),
        [["actions", 0, "territories"]],
    ),
    "several things at once": (
        judgement("explode", JudgedAction("restrict", LABEL | {"how": "demote"}), reasoning="\0"),
        [["actions", 0, "action"], ["actions", 1, "parameters"], ["reasoning"]],
    ),
}


@pytest.mark.parametrize("case_name", INVALID)
def test_a_judgement_that_cannot_be_done_is_refused_with_what_is_wrong(case_name: str) -> None:
    given, locs = INVALID[case_name]
    make_policy("only-removal", allowed_actions=["remove"])
    queue = make_queue("narrow", allowed_actions=["remove", "restrict", "warn"])
    case, moderator, token = hold(queue=queue)
    before = written()
    with pytest.raises(InvalidJudgement) as refused:
        decide(case.pk, moderator, token, given)
    assert [error["loc"] for error in refused.value.errors] == locs
    assert all(error["msg"] for error in refused.value.errors)
    assert written() == before
    assert Case.objects.get(pk=case.pk).status == Case.Status.CLAIMED


def test_what_can_be_chosen_is_what_policy_and_queue_and_item_allow() -> None:
    def slugs(case: Case) -> list[str]:
        return [action.slug for action in allowed_actions(case)]

    everything = ["no_violation", "remove", "restrict", "warn", "lock_account", "escalate"]
    assert slugs(make_case()) == everything
    assert slugs(make_case(item=account())) == [
        "no_violation",
        "restrict",
        "warn",
        "lock_account",
        "escalate",
    ]
    # Nobody is known whose account could be locked.
    assert slugs(make_case(item=make_item())) == ["no_violation", "remove", "restrict", "warn", "escalate"]
    narrow = make_case(queue=make_queue("narrow", allowed_actions=["remove", "warn"]))
    assert slugs(narrow) == ["no_violation", "remove", "warn", "escalate"]
    other = make_policy("only-lock", allowed_actions=["lock_account"])
    assert [action.slug for action in allowed_actions(narrow, other)] == ["no_violation", "escalate"]


def test_locking_the_account_behind_content_locks_its_author() -> None:
    locked = Enforcement.objects.get(
        decision=decided(JudgedAction("lock_account", {"until": LATER.isoformat()}))
    )
    assert locked.item.kind == "account"
    assert locked.item == locked.decision.item.author
    assert locked.parameters == {"until": LATER.isoformat().replace("+00:00", "Z")}


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

    assert statements(flags=0) == statements(flags=60) <= 22


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
        (judgement("remove"), ["actions"]),
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
