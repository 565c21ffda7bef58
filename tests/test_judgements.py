"""What can be judged on a case, and what is wrong with a judgement that cannot be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from moderation.actions import allowed_actions
from moderation.decisions import InvalidJudgement, JudgedAction, Judgement, decide
from moderation.models import Case, Enforcement, Policy
from tests.deciding import account, decided, hold, judgement, written
from tests.factories import make_case, make_item, make_policy, make_queue

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=7)

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
    "an account's visibility on content": (
        judgement(JudgedAction("restrict", {"how": "limit_visibility"}, on="item")),
        [["actions", 0, "parameters"]],
    ),
    "nowhere": (judgement(JudgedAction("remove", on="author")), [["actions", 0, "on"]]),
    "graver than grave": (judgement("remove", severity=6), [["severity"]]),
    "no such ground": (judgement("remove", ground="taste"), [["ground"]]),
    "a law without its name": (judgement("remove", ground="law"), [["legal_ground"]]),
    "a law with too long a name": (
        judgement("remove", ground="law", legal_ground="§" * 501),
        [["legal_ground"]],
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


def test_the_same_can_be_done_to_the_content_and_to_its_author() -> None:
    how = {"how": "demote"}
    decision = decided(JudgedAction("restrict", how, on="item"), JudgedAction("restrict", how, on="author"))
    assert {each.item for each in decision.enforcements.all()} == {decision.item, decision.item.author}


def test_on_an_account_what_is_done_to_the_author_is_done_to_itself() -> None:
    decision = decided(JudgedAction("restrict", {"how": "limit_visibility"}, on="author"), item=account())
    assert decision.enforcements.get().item == decision.item


def test_how_grave_it_is_and_on_what_ground_are_the_policys_unless_judged_otherwise() -> None:
    policy = make_policy(severity=2, ground=Policy.Ground.LAW, legal_ground="Directive 2011/93/EU")
    usual = decided("remove", policy=policy)
    assert (usual.severity, usual.ground, usual.legal_ground) == (2, "law", "Directive 2011/93/EU")
    case, moderator, token = hold(policy=policy)
    other = decide(case.pk, moderator, token, judgement("remove", severity=5, ground="terms"))
    assert (other.severity, other.ground, other.legal_ground) == (5, "terms", "")
