"""A platform that answers "already gone" closes the enforcement without effect, and nobody gets a strike for it."""

from __future__ import annotations

import pytest

from moderation.decisions import JudgedAction
from moderation.models import Enforcement, Event, Message, Strike, WebhookEndpoint
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from moderation.outbox.replaying import Stretch, replay_stretch
from tests.deciding import decided
from tests.factories import make_item, make_platform
from tests.owing import admin
from tests.receiver import ALREADY_GONE, Behaviour, Receiver

pytestmark = pytest.mark.django_db

Status = Enforcement.Status


def removed() -> Enforcement:
    account = make_item(kind="account", text="")
    return decided(JudgedAction("remove"), item=make_item(author=account)).enforcements.get()


def answering(receiver: Receiver, enforcement: Enforcement, behaviour: Behaviour | None) -> None:
    receiver.on(enforcement.item.external_id, behaviour)
    deliver_due()
    enforcement.refresh_from_db()


def test_it_is_closed_once_and_its_strike_is_void(receiver: Receiver) -> None:
    enforcement = removed()
    strike = Strike.objects.get()
    assert strike.status == Strike.Status.ACTIVE
    answering(receiver, enforcement, ALREADY_GONE)
    assert enforcement.status == Status.ALREADY_GONE
    assert Event.objects.filter(kind="enforcement.already_gone").count() == 1
    strike.refresh_from_db()
    assert strike.status == Strike.Status.VOID
    assert set(Message.objects.values_list("status", flat=True)) == {Message.Status.DELIVERED}
    replay_stretch(
        Stretch(Message.objects.latest("pk").endpoint_id, enforcement.created_at, delivered=True), admin()
    )
    answering(receiver, enforcement, ALREADY_GONE)
    assert Event.objects.filter(kind="enforcement.already_gone").count() == 1


def test_what_was_carried_out_and_is_replayed_later_stays_carried_out(receiver: Receiver) -> None:
    enforcement = removed()
    answering(receiver, enforcement, None)
    assert enforcement.status == Status.DELIVERED
    replay_stretch(
        Stretch(Message.objects.latest("pk").endpoint_id, enforcement.created_at, delivered=True), admin()
    )
    answering(receiver, enforcement, ALREADY_GONE)
    assert enforcement.status == Status.DELIVERED
    assert Strike.objects.get().status == Strike.Status.ACTIVE


def test_what_one_endpoint_carried_out_is_not_gone_for_it_while_another_has_still_to_hear(
    receiver: Receiver,
) -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/")  # nobody listens there
    enforcement = removed()
    answering(receiver, enforcement, None)
    assert enforcement.status == Status.REQUESTED
    here = WebhookEndpoint.objects.get(url=receiver.url)
    replay_stretch(Stretch(here.pk, enforcement.created_at, delivered=True), admin())
    answering(receiver, enforcement, ALREADY_GONE)
    assert receiver.types() == ["enforcement.requested", "case.closed"] * 2
    assert enforcement.status == Status.REQUESTED
    assert Strike.objects.get().status == Strike.Status.ACTIVE
