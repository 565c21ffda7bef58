"""Bulk messaging, seen without a word of content."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone

from moderation.detectors.bulk_messaging import SIGNALS, BulkMessaging, Stage, UnknownSignal
from moderation.detectors.interface import Finding, check
from moderation.models import BulkMessagingLimits, Snapshot
from tests.factories import make_item, make_policy

MACHINE = {
    "account_age_minutes": 5,
    "messages_sent_1h": 1200,
    "recipients_1h": 900,
    "non_contact_share": 0.99,
    "typing_share": 0.0,
    "emulator": True,
    "blocks_24h": 60,
    "linked_accounts": [{"id": f"acct-{n}", "by": "device"} for n in range(30)],
}
PERSON = {
    "account_age_minutes": 900_000,
    "messages_sent_1h": 40,
    "recipients_1h": 6,
    "non_contact_share": 0.0,
    "typing_share": 0.97,
    "emulator": False,
    "blocks_24h": 0,
    "linked_accounts": 1,
}
LIMITS = {
    "account_age_minutes": {"limit": 60, "weight": 0.1},
    "messages_sent_1h": {"limit": 300, "weight": 0.2},
    "recipients_1h": {"limit": 200, "weight": 0.2},
    "non_contact_share": {"limit": 0.7, "weight": 0.2},
    "typing_share": {"limit": 0.05, "weight": 0.1},
    "emulator": {"limit": 0, "weight": 0.1},
    "blocks_24h": {"limit": 15, "weight": 0.2},
    "linked_accounts": {"limit": 5, "weight": 0.1},
    "country_mismatch": {"limit": 0, "weight": 0.05},
}


@pytest.fixture
def limits(db: None) -> BulkMessagingLimits:
    return BulkMessagingLimits.objects.create(policy=make_policy("bulk-messaging"), signals=LIMITS, version=7)


def account(metadata: dict[str, Any], **snapshot: Any) -> Snapshot:
    fields = {"text": "", "disclosure": "metadata_only", "metadata": metadata} | snapshot
    return make_item(kind="account", **fields).snapshots.get()


def looked_at(snapshot: Snapshot) -> Finding | None:
    detector = BulkMessaging()
    detector.version()
    finding = detector.screen(snapshot)
    return finding if finding is None else check(finding)


@pytest.mark.django_db
def test_an_account_that_sends_like_a_machine_is_flagged(limits: BulkMessagingLimits) -> None:
    finding = looked_at(account(MACHINE))
    assert finding is not None
    (flag,) = finding.flags
    assert (flag.policy, flag.score) == ("bulk-messaging", 1.0)
    assert flag.evidence["threshold"] == 0.5
    assert len(flag.evidence["linked_accounts"]) == 20
    rows = {row["signal"]: row for row in flag.evidence["signals"]}
    assert rows["messages_sent_1h"] == {
        "signal": "messages_sent_1h",
        "stage": "activity",
        "window": "1 hour",
        "words": "messages sent",
        "value": 1200,
        "limit": 300,
        "over": "above",
        "weight": 0.2,
        "exceeded": True,
    }
    assert (rows["typing_share"]["over"], rows["linked_accounts"]["value"]) == ("below", 30)
    stages = [row["stage"] for row in flag.evidence["signals"]]
    assert stages == sorted(stages, key=list(Stage).index)


@pytest.mark.django_db
def test_an_account_that_sends_like_a_person_is_not_flagged_and_it_is_kept_why(
    limits: BulkMessagingLimits,
) -> None:
    finding = looked_at(account(PERSON))
    assert finding is not None
    assert not finding.flags
    assert {row["signal"] for row in finding.saw["signals"]} == set(PERSON)
    assert finding.saw["score"] == 0


@pytest.mark.django_db
def test_the_score_is_the_sum_of_the_weights_exceeded_and_flags_from_the_threshold_on(
    limits: BulkMessagingLimits,
) -> None:
    finding = looked_at(account({"messages_sent_1h": 301, "recipients_1h": 201, "emulator": True}))
    assert finding is not None
    assert finding.flags[0].score == 0.5
    finding = looked_at(account({"messages_sent_1h": 301, "recipients_1h": 200, "emulator": True}))
    assert finding is not None
    assert (finding.saw["score"], finding.flags) == (0.3, ())


@pytest.mark.django_db
def test_age_and_country_are_worked_out_from_what_is_known(limits: BulkMessagingLimits) -> None:
    now = timezone.now()
    finding = looked_at(account({"ip_country": "nl"}, created_at=now - timedelta(minutes=10), country="TH"))
    assert finding is not None
    values = {row["signal"]: row["value"] for row in finding.saw["signals"]}
    assert values["country_mismatch"] is True
    assert values["account_age_minutes"] == pytest.approx(10, abs=1)


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["many", None, -3, {"a": 1}, [], float("1e400")])
def test_values_that_cannot_be_read_are_left_out(limits: BulkMessagingLimits, value: Any) -> None:
    from moderation.detectors.bulk_messaging import measured

    assert "messages_sent_1h" not in measured({"messages_sent_1h": value}, "", None, timezone.now())


@pytest.mark.django_db
def test_only_accounts_are_looked_at_and_only_once_there_are_limits(limits: BulkMessagingLimits) -> None:
    assert looked_at(make_item(metadata=MACHINE).snapshots.get()) is None
    assert looked_at(account({})) is None
    limits.delete()
    assert looked_at(account(MACHINE)) is None


class Sealed:
    """A snapshot whose content nobody may touch."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __getattr__(self, name: str) -> Any:
        assert name not in {"text", "media", "display_name", "url", "language"}, f"{name} was read"
        return getattr(self._snapshot, name)


@pytest.mark.django_db
def test_no_content_is_ever_looked_at(limits: BulkMessagingLimits) -> None:
    sealed = cast(Snapshot, Sealed(account(MACHINE)))
    with pytest.raises(AssertionError):
        _ = sealed.text
    finding = looked_at(sealed)
    assert finding is not None
    assert finding.flags


@pytest.mark.django_db
@pytest.mark.parametrize(
    "signals",
    [
        {"colour": {"limit": 1, "weight": 0.5}},
        {"emulator": {"limit": 0}},
        {"emulator": {"limit": "none", "weight": 0.5}},
        {"emulator": {"limit": True, "weight": 0.5}},
    ],
)
def test_limits_that_nobody_can_measure_are_said_and_not_passed_over(
    limits: BulkMessagingLimits, signals: dict[str, Any]
) -> None:
    BulkMessagingLimits.objects.update(signals=signals)
    with pytest.raises(UnknownSignal):
        looked_at(account(MACHINE))


def test_every_stage_has_signals() -> None:
    assert {signal.stage for signal in SIGNALS.values()} == set(Stage)


@pytest.mark.django_db
def test_the_version_is_that_of_the_limits(limits: BulkMessagingLimits) -> None:
    assert BulkMessaging().version() == "limits 7"
