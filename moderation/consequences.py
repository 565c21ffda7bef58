"""What a decision means for the account behind it, besides its actions: its strike, once something is carried out."""

from __future__ import annotations

from collections.abc import Sequence

from moderation import strikes
from moderation.judgements import Measure
from moderation.models import Decision


def draw(decision: Decision, measures: Sequence[Measure]) -> None:
    """A strike where one of these measures counts as one; in the transaction that requests them."""
    account = strikes.account_of(decision.item)
    if account is not None and any(measure.action.strikes for measure in measures):
        strikes.give(decision, account)
