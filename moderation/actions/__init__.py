"""What a decision can do: one class per action, in one registry.

interface.py      what every action is asked
content.py        no violation, remove, restrict, warn, demonetise
account.py        lock and terminate
moving.py         escalate, and refer to law enforcement
registry.py       all of them, and which ones a case, policy and queue allow
"""

from moderation.actions.account import LockAccount, TerminateAccount
from moderation.actions.content import Demonetise, NoViolation, Remove, Restrict, Warn
from moderation.actions.interface import Action, Parameters, Place, Until
from moderation.actions.moving import Escalate, ReferToLawEnforcement
from moderation.actions.registry import ACTIONS, allowed_actions, only_actions, refusal, register

__all__ = [
    "ACTIONS",
    "Action",
    "Demonetise",
    "Escalate",
    "LockAccount",
    "NoViolation",
    "Parameters",
    "Place",
    "ReferToLawEnforcement",
    "Remove",
    "Restrict",
    "TerminateAccount",
    "Until",
    "Warn",
    "allowed_actions",
    "only_actions",
    "refusal",
    "register",
]
