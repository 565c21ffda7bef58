"""Strikes: what stands against an account, and the stronger action that is proposed once enough has come together.

weights.py     what a breach weighs, when something is proposed, and their change by an admin
giving.py      one strike per decision, in its transaction: given, taken back with it, restored, void
standing.py    what stands against an account now
proposing.py   the action that a moderator may choose; never taken by itself
taking.py      decisions for which she took it, and what becomes of them once those strikes are taken back
"""

from moderation.strikes.giving import forget, give, restore, take_back, void
from moderation.strikes.proposing import Proposal, parameters_of, proposable, proposal
from moderation.strikes.standing import (
    Short,
    Standing,
    account_of,
    counting,
    in_short,
    points_within,
    standing,
)
from moderation.strikes.taking import doubted, keep, note
from moderation.strikes.weights import DEFAULT_WEIGHTS, Weight, weight_of

__all__ = [
    "DEFAULT_WEIGHTS",
    "Proposal",
    "Short",
    "Standing",
    "Weight",
    "account_of",
    "counting",
    "doubted",
    "forget",
    "give",
    "in_short",
    "keep",
    "note",
    "parameters_of",
    "points_within",
    "proposable",
    "proposal",
    "restore",
    "standing",
    "take_back",
    "void",
    "weight_of",
]
