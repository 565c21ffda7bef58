"""Bulk messaging, seen on account metadata alone: at registration, in activity, and in what others say of it.

The signals are those that a large messaging service named when it said how it fights bulk messaging without reading
messages (WhatsApp, "Stopping Abuse", February 2019). No content is looked at: an account item carries none that this
detector reads. What counts as too much is policy (``BulkMessagingLimits``), each limit with its weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from moderation.detectors.interface import Detector, Finding, ProposedFlag
from moderation.hookspecs import hookimpl
from moderation.models import BulkMessagingLimits, Item, Snapshot

# Linked accounts shown to the moderator; how many there are is the signal's value.
MOST_LINKED: Final = 20


class Stage(StrEnum):
    REGISTRATION = "registration"
    ACTIVITY = "activity"
    FEEDBACK = "feedback"


class Over(StrEnum):
    """Which way a value exceeds its limit. A yes or no counts as 1 or 0, so its limit is 0."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True)
class Signal:
    """One thing that metadata says of an account: what it means, when it was measured, and which way is too much."""

    stage: Stage
    window: str
    over: Over
    words: str


SIGNALS: Final[dict[str, Signal]] = {
    "country_mismatch": Signal(
        Stage.REGISTRATION, "registration", Over.ABOVE, "country of the number and of the network differ"
    ),
    "emulator": Signal(Stage.REGISTRATION, "registration", Over.ABOVE, "runs on an emulator"),
    "similar_numbers_abused": Signal(
        Stage.REGISTRATION, "30 days", Over.ABOVE, "accounts on similar numbers found abusive"
    ),
    "registrations_from_ip_24h": Signal(
        Stage.REGISTRATION, "24 hours", Over.ABOVE, "registrations from the same address"
    ),
    "linked_accounts": Signal(
        Stage.REGISTRATION, "now", Over.ABOVE, "accounts on the same device, network or number range"
    ),
    "account_age_minutes": Signal(Stage.ACTIVITY, "now", Over.BELOW, "minutes since registration"),
    "messages_sent_1h": Signal(Stage.ACTIVITY, "1 hour", Over.ABOVE, "messages sent"),
    "recipients_1h": Signal(Stage.ACTIVITY, "1 hour", Over.ABOVE, "different recipients"),
    "non_contact_share": Signal(
        Stage.ACTIVITY,
        "24 hours",
        Over.ABOVE,
        "share of recipients who do not have the sender in their contacts",
    ),
    "groups_created_24h": Signal(Stage.ACTIVITY, "24 hours", Over.ABOVE, "groups created"),
    "users_added_24h": Signal(Stage.ACTIVITY, "24 hours", Over.ABOVE, "people added to groups"),
    "typing_share": Signal(
        Stage.ACTIVITY, "24 hours", Over.BELOW, "share of messages that somebody was seen typing"
    ),
    "links_share": Signal(Stage.ACTIVITY, "24 hours", Over.ABOVE, "share of messages with a link"),
    "blocks_24h": Signal(Stage.FEEDBACK, "24 hours", Over.ABOVE, "people who blocked the account"),
    "reports_24h": Signal(Stage.FEEDBACK, "24 hours", Over.ABOVE, "people who reported the account"),
}


class UnknownSignal(ValueError):
    """Limits for what nobody measures, or that are no limits. Says which."""


def check_limits(signals: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises UnknownSignal, with words for whoever set the limits."""
    for name, limits in signals.items():
        if name not in SIGNALS:
            raise UnknownSignal(f"There is no signal “{name}”")
        if set(limits) != {"limit", "weight"} or None in map(_number, limits.values()):
            raise UnknownSignal(f"“{name}” takes a limit and a weight, both numbers")


class BulkMessaging:
    """Flags accounts that send like a machine. Only for account items; their text and media are never read."""

    slug = "bulk-messaging"

    def __init__(self) -> None:
        self._limits: BulkMessagingLimits | None = None

    def version(self) -> str:
        self._limits = BulkMessagingLimits.objects.select_related("policy").first()
        return f"limits {self._limits.version if self._limits else 0}"

    def screen(self, snapshot: Snapshot) -> Finding | None:
        limits = self._limits
        if limits is None or snapshot.item.kind != Item.Kind.ACCOUNT:
            return None
        check_limits(limits.signals)
        values = measured(snapshot.metadata, snapshot.country, snapshot.created_at, snapshot.captured_at)
        return judge(values, snapshot.metadata, limits) if values else None


def measured(
    metadata: Mapping[str, Any], country: str, created_at: datetime | None, captured_at: datetime
) -> dict[str, float | bool]:
    """The signals that an account's metadata holds, by name. Values that cannot be read are left out."""
    values: dict[str, float | bool] = {}
    if created_at is not None and created_at <= captured_at:
        values["account_age_minutes"] = round((captured_at - created_at).total_seconds() / 60, 1)
    home, network = metadata.get("number_country", country), metadata.get("ip_country")
    if isinstance(home, str) and isinstance(network, str) and home and network:
        values["country_mismatch"] = home.upper() != network.upper()
    for name in SIGNALS:
        value = metadata.get(name)
        if name == "linked_accounts" and isinstance(value, list):
            value = len(value)
        if isinstance(value, bool):
            values[name] = value
        elif (number := _number(value)) is not None and number >= 0:
            values[name] = number
    return values


def judge(
    values: Mapping[str, float | bool], metadata: Mapping[str, Any], limits: BulkMessagingLimits
) -> Finding:
    """Score the signals against the limits: the weights of those exceeded, added up, at most 1."""
    rows = [
        _row(name, value, limits.signals[name]) for name, value in values.items() if name in limits.signals
    ]
    score = min(1.0, round(sum(row["weight"] for row in rows if row["exceeded"]), 3))
    order = list(Stage)
    rows.sort(key=lambda row: (order.index(row["stage"]), not row["exceeded"], -row["weight"]))
    saw = {"signals": rows, "score": score, "threshold": limits.threshold}
    if score < limits.threshold:
        return Finding((), saw)
    evidence: dict[str, Any] = {
        "signals": [row for row in rows if row["exceeded"]],
        "threshold": limits.threshold,
    }
    if isinstance(linked := metadata.get("linked_accounts"), list):
        evidence["linked_accounts"] = linked[:MOST_LINKED]
    return Finding([ProposedFlag(limits.policy.slug, score, evidence)], saw)


def _row(name: str, value: float | bool, limits: Mapping[str, Any]) -> dict[str, Any]:
    signal = SIGNALS[name]
    exceeded = value > limits["limit"] if signal.over is Over.ABOVE else value < limits["limit"]
    return {
        "signal": name,
        "stage": signal.stage,
        "window": signal.window,
        "words": signal.words,
        "value": value,
        "limit": limits["limit"],
        "over": signal.over,
        "weight": limits["weight"],
        "exceeded": exceeded,
    }


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


@hookimpl
def detectors() -> Sequence[Detector]:
    return [BulkMessaging()]
