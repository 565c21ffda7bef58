"""Every action and every reversal reaches the platform, signed, and is confirmed by its answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from moderation import approvals, audit, enforcement
from moderation.actions import ACTIONS
from moderation.decisions import JudgedAction
from moderation.models import Enforcement, Event, Item, Message, WebhookEndpoint
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from tests.deciding import decided, in_force, take_back
from tests.factories import make_platform, make_policy, make_reader
from tests.receiver import FAIL, Received, Receiver, receiving

pytestmark = pytest.mark.django_db

PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "remove": [{}],
    "warn": [{}],
    "demonetise": [{"until": None}],
    "lock_account": [{"until": None}, {"until": "2099-01-01T00:00:00Z"}],
    "terminate_account": [{}],
    "restrict": [
        {"how": how, "label": "Disputed" if how == "label" else None, "until": None}
        for how in ("demote", "age_gate", "geo_block", "label", "disable_interaction", "limit_visibility")
    ],
}
ON_ITS_AUTHOR = {"limit_visibility"}
EVERY_ACTION = [(slug, parameters) for slug, each in PARAMETERS.items() for parameters in each]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as it:
        create_endpoint(make_platform(), it.url, secret=it.secret)
        yield it


def test_every_action_that_is_enforced_is_tried_below() -> None:
    assert {action.slug for action in ACTIONS.values() if action.enforced} == set(PARAMETERS)


@pytest.mark.parametrize(("slug", "parameters"), EVERY_ACTION)
def test_an_action_and_its_reversal_reach_the_platform(
    receiver: Receiver, slug: str, parameters: dict[str, Any]
) -> None:
    territories = ["DE", "TH"] if ACTIONS[slug].territorial else []
    on = "author" if parameters.get("how") in ON_ITS_AUTHOR else ""
    policy = make_policy(allowed_actions=list(PARAMETERS))
    original = decided(JudgedAction(slug, parameters, territories, on), policy=policy)
    if ACTIONS[slug].held:
        approvals.approve(original.approval.pk, make_reader({"en": 5}, ("approval",)))
    row = original.enforcements.get()
    statement = original.statement
    deliver_due()
    requested = the("enforcement.requested", receiver)
    closed = the("case.closed", receiver)
    link = next(line for line in statement.text.split("\n") if line.startswith("http"))
    about = {
        "enforcement_id": str(row.pk),
        "action": slug,
        "parameters": parameters,
        "territories": territories,
        "item": {"kind": row.item.kind, "id": row.item.external_id},
        "policy": "hate-speech",
        "automated": False,
    }
    told = {
        "language": "en",
        "direction": "ltr",
        "text": statement.text,
        "appeal_url": link,
        "appeal_code": statement.appeal_code,
        "appeal_until": statement.appeal_until.isoformat().replace("+00:00", "Z"),
    }
    assert requested.data == about | {"decision_id": str(original.pk), "statement": told}
    assert closed.data["outcome"] == "action_taken"
    # What waits for a second person is explained when she has approved it.
    assert closed.data["statement"] == (None if ACTIONS[slug].held else told)
    row.refresh_from_db()
    assert row.status == Enforcement.Status.DELIVERED

    decision = take_back(original)
    assert in_force(row.item) == []
    deliver_due()
    assert the("enforcement.reversed", receiver).data == about | {
        "reason": "appeal",
        "decision_id": str(decision.pk),
        "reversed_decision_id": str(original.pk),
    }
    row.refresh_from_db()
    assert (row.status, row.reversed_by) == (Enforcement.Status.REVERSED, decision)
    assert events_of(row.item) == [
        *(["enforcement.held"] if ACTIONS[slug].held else []),
        "enforcement.requested",
        "enforcement.delivered",
        "enforcement.reversal_requested",
        "enforcement.reversed",
    ]


def the(type_: str, receiver: Receiver) -> Received:
    """The one webhook of this type."""
    (it,) = (each for each in receiver.received if each.type == type_)
    return it


def events_of(item: Item) -> list[str]:
    kinds = Event.objects.filter(item_id=item.pk, kind__startswith="enforcement.").order_by("id")
    return list(kinds.values_list("kind", flat=True))


def test_what_is_reversed_before_it_was_delivered_arrives_in_order_and_ends_reversed(
    receiver: Receiver,
) -> None:
    original = decided("remove")
    take_back(original)
    deliver_due()
    assert receiver.types() == [
        "enforcement.requested",
        "case.closed",
        "appeal.received",
        "enforcement.reversed",
        "appeal.decided",
    ]
    row = original.enforcements.get()
    assert row.status == Enforcement.Status.REVERSED
    # It was never in force and wanted at the same time.
    assert "enforcement.delivered" not in events_of(row.item)


def test_an_enforcement_is_carried_out_when_every_endpoint_in_use_has_it(receiver: Receiver) -> None:
    with receiving() as second, receiving() as unused:
        create_endpoint(make_platform(), second.url, secret=second.secret)
        off = create_endpoint(make_platform(), unused.url, secret=unused.secret)
        row = decided("remove").enforcements.get()
        WebhookEndpoint.objects.filter(pk=off.pk).update(enabled=False)
        second.then(FAIL)
        deliver_due()
        row.refresh_from_db()
        assert row.status == Enforcement.Status.REQUESTED
        row.messages.update(next_attempt_at=row.created_at)
        deliver_due()
        row.refresh_from_db()
        assert row.status == Enforcement.Status.DELIVERED
        assert unused.received == []
    assert events_of(row.item).count("enforcement.delivered") == 1


def test_what_was_taken_back_once_is_not_taken_back_again(receiver: Receiver) -> None:
    original = decided("remove")
    decision = take_back(original)
    assert enforcement.take_over(original, decision, [], audit.SYSTEM, ended=Enforcement.Ended.APPEAL) == []
    assert not original.resting.filter(status__in=Enforcement.IN_FORCE).exists()
    deliver_due()
    assert receiver.types().count("enforcement.reversed") == 1


def test_without_an_endpoint_the_decision_is_made_all_the_same() -> None:
    original = decided("remove")
    assert in_force(original.item) == ["remove"]
    assert not Message.objects.exists()
