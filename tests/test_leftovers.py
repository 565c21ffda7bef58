"""What is only deleted: webhooks that went out, idempotency keys, simulations, drafts, and empty partitions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from moderation import partitions
from moderation.models import (
    DeliveryAttempt,
    Draft,
    Foresight,
    IdempotencyKey,
    Item,
    Message,
    PurgeReport,
    WebhookEndpoint,
)
from moderation.retention import leftovers, rules
from moderation.retention.due import due_now
from moderation.retention.rules import DEFAULT_DAYS, Kind
from tests.factories import make_case, make_item, make_platform, make_user
from tests.retaining import days_ago, decided_ago, place_hold, purge

pytestmark = pytest.mark.django_db


def make_message(days: float, status: str = "delivered", item: Item | None = None) -> Message:
    endpoint, _ = WebhookEndpoint.objects.get_or_create(platform=make_platform(), url="https://example.org")
    with days_ago(days):
        message = Message.objects.create(
            endpoint=endpoint,
            item=item or make_item(),
            type="case.closed",
            payload={},
            status=status,
            next_attempt_at=timezone.now(),
        )
        DeliveryAttempt.objects.create(message_id=message.pk, attempt=1, status_code=200, milliseconds=5)
    return message


def make_key(days: float) -> IdempotencyKey:
    with days_ago(days):
        return IdempotencyKey.objects.create(
            platform=make_platform(), key=str(days), body_digest="0", status=202, answer={}
        )


def make_foresight(days: float, status: str = "done") -> Foresight:
    with days_ago(days):
        return Foresight.objects.create(change={}, days=7, seed=1, asked_by=make_user(), status=status)


def make_draft(days: float, *, decided: bool = True) -> Draft:
    case = decided_ago(days, alone=True).case if decided else make_case()
    with days_ago(days):
        return Draft.objects.create(case=case, moderator=make_user(), fields={})


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (Kind.DELIVERIES, make_message),
        (Kind.IDEMPOTENCY_KEYS, make_key),
        (Kind.FORESIGHTS, make_foresight),
        (Kind.DRAFTS, make_draft),
    ],
)
def test_what_is_older_than_its_rule_goes_and_what_is_younger_stays(kind: Kind, make: Any) -> None:
    days = DEFAULT_DAYS[kind]
    old, young = make(days + 1), make(days - 1)
    due = {each.kind: each.count for each in due_now(rules.in_force())}
    assert due[kind] == 1
    report = purge()
    assert report.purged.get(kind.value) == 1
    assert not type(old).objects.filter(pk=old.pk).exists()
    assert type(young).objects.filter(pk=young.pk).exists()
    assert purge().purged == {}


@pytest.mark.parametrize("status", ["pending", "parked"])
def test_a_webhook_that_is_still_owed_stays_however_old(status: str) -> None:
    make_message(1000, status)
    assert purge().purged.get("deliveries") is None
    assert Message.objects.exists()


def test_the_attempts_go_with_their_webhook() -> None:
    make_message(100)
    kept = make_message(1)
    purge()
    assert list(DeliveryAttempt.objects.values_list("message_id", flat=True)) == [kept.pk]


def test_webhooks_about_what_is_held_stay_and_are_counted() -> None:
    message = make_message(100)
    make_message(100)
    place_hold(message.item)
    report = purge()
    assert report.purged["deliveries"] == 1
    assert report.held == {"deliveries": 1}
    assert list(Message.objects.all()) == [message]


def test_a_simulation_that_is_owed_and_a_draft_of_a_case_that_waits_stay() -> None:
    make_foresight(1000, "waiting")
    make_draft(1000, decided=False)
    assert purge().purged == {}


def test_more_than_a_batch_goes_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "BATCH", 3)
    for number in range(7):
        make_key(100 + number)
    assert purge().purged == {"idempotency_keys": 7}
    assert PurgeReport.objects.count() == 1


def partition_of(month: datetime) -> str:
    name = f"moderation_deliveryattempt_{month:%Y_%m}"
    after = (month + timedelta(days=32)).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {name} PARTITION OF moderation_deliveryattempt"
            f" FOR VALUES FROM ('{month:%Y-%m-%d} 00:00:00+00') TO ('{after:%Y-%m-%d} 00:00:00+00')"
        )
    return name


def exists(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return bool(cursor.fetchone()[0])


def test_a_month_whose_attempts_are_all_gone_is_dropped_and_no_other() -> None:
    months = [timezone.now().replace(year=2020, month=number, day=1) for number in (11, 12)]
    empty, used = (partition_of(month) for month in months)
    with days_ago((timezone.now() - months[1]).days - 3):
        make_message(0, "parked")
    young = f"moderation_deliveryattempt_{timezone.now():%Y_%m}"
    assert all(map(exists, (empty, used, young)))
    purge()
    assert [exists(empty), exists(used), exists(young)] == [False, True, True]
    # A month that is not over for long enough stays, empty as it is.
    assert partitions.drop_empty("moderation_deliveryattempt", months[0]) == 0


@pytest.mark.parametrize("kind", list(leftovers.DELETE))
def test_what_is_old_is_found_by_its_index(kind: Kind) -> None:
    with connection.cursor() as cursor:
        # So few rows are read whole otherwise, whatever the index.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {leftovers.DELETE[kind]}", [timezone.now(), 500])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    index = {"deliveries": "message_age", "idempotency_keys": "idempotency_key_age"}
    index |= {"foresights": "foresight_age", "drafts": "draft_age"}
    assert f"Index Scan using {index[kind.value]}" in plan, plan
