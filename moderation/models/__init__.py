"""The tables of the review desk, one module per noun."""

from moderation.models.case import Case, Draft, Exclusion
from moderation.models.consultation import Consultation
from moderation.models.decision import Approval, Decision, Enforcement, Statement
from moderation.models.detector import (
    BulkMessagingLimits,
    DetectorRun,
    Keyword,
    KeywordList,
    Screening,
    TermDoubt,
)
from moderation.models.event import Event
from moderation.models.flag import Flag, IdempotencyKey
from moderation.models.foresight import Foresight
from moderation.models.hold import HeldItem, LegalHold, PreservedFile
from moderation.models.item import Item, Snapshot
from moderation.models.notice import NoticeReply
from moderation.models.outbox import DeliveryAttempt, EndpointSecret, Message, WebhookEndpoint
from moderation.models.policy import Policy, PolicyTerms, PolicyVersion
from moderation.models.referral import Authority, CyberTip, Referral, ReferralAnswer, ReferralPackage
from moderation.models.retention import DataRequest, KeptLonger, PurgeReport, RetentionRule
from moderation.models.routing import CoverageGap, Lane, Queue, Requirements, RoutingRule, RoutingVersion
from moderation.models.seal import Seal
from moderation.models.strike import ProposalTaken, Strike, StrikeThreshold, StrikeWeight

__all__ = [
    "Approval",
    "Authority",
    "BulkMessagingLimits",
    "Case",
    "Consultation",
    "CoverageGap",
    "CyberTip",
    "DataRequest",
    "Decision",
    "DeliveryAttempt",
    "DetectorRun",
    "Draft",
    "EndpointSecret",
    "Enforcement",
    "Event",
    "Exclusion",
    "Flag",
    "Foresight",
    "HeldItem",
    "IdempotencyKey",
    "Item",
    "KeptLonger",
    "Keyword",
    "KeywordList",
    "Lane",
    "LegalHold",
    "Message",
    "NoticeReply",
    "Policy",
    "PolicyTerms",
    "PolicyVersion",
    "PreservedFile",
    "ProposalTaken",
    "PurgeReport",
    "Queue",
    "Referral",
    "ReferralAnswer",
    "ReferralPackage",
    "Requirements",
    "RetentionRule",
    "RoutingRule",
    "RoutingVersion",
    "Screening",
    "Seal",
    "Snapshot",
    "Statement",
    "Strike",
    "StrikeThreshold",
    "StrikeWeight",
    "TermDoubt",
    "WebhookEndpoint",
]
