"""The tables of the review desk, one module per noun."""

from moderation.models.case import Case, Draft, Exclusion
from moderation.models.decision import Decision, Enforcement, Statement
from moderation.models.detector import BulkMessagingLimits, DetectorRun, Keyword, KeywordList, Screening
from moderation.models.event import Event
from moderation.models.flag import Flag, IdempotencyKey
from moderation.models.foresight import Foresight
from moderation.models.item import Item, Snapshot
from moderation.models.outbox import DeliveryAttempt, Message, WebhookEndpoint
from moderation.models.policy import Policy
from moderation.models.routing import CoverageGap, Lane, Queue, Requirements, RoutingRule, RoutingVersion

__all__ = [
    "BulkMessagingLimits",
    "Case",
    "CoverageGap",
    "Decision",
    "DeliveryAttempt",
    "DetectorRun",
    "Draft",
    "Enforcement",
    "Event",
    "Exclusion",
    "Flag",
    "Foresight",
    "IdempotencyKey",
    "Item",
    "Keyword",
    "KeywordList",
    "Lane",
    "Message",
    "Policy",
    "Queue",
    "Requirements",
    "RoutingRule",
    "RoutingVersion",
    "Screening",
    "Snapshot",
    "Statement",
    "WebhookEndpoint",
]
