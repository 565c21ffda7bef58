"""The tables of appeals, one module per noun."""

from appeals.models.appeal import Appeal
from appeals.models.attempt import CodeAttempt
from appeals.models.correction import Correction
from appeals.models.dispute import Dispute, DisputeBody
from appeals.models.draft import AppealDraft
from appeals.models.file import AppealFile
from appeals.models.letter import Letter
from appeals.models.misuse import Misuse
from appeals.models.question import Question

__all__ = [
    "Appeal",
    "AppealDraft",
    "AppealFile",
    "CodeAttempt",
    "Correction",
    "Dispute",
    "DisputeBody",
    "Letter",
    "Misuse",
    "Question",
]
