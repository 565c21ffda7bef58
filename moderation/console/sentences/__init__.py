"""The audit trail as sentences: one template for each kind of Event, in a few files by what they are about.

A template names its parts in braces: ``{who}``, ``{case}``, ``{item}``, and any key of the Event's data, which
``wording.py`` puts into words. ``kind/variant`` says it better where the data names one (``wording.variants``).
"""

from __future__ import annotations

from typing import Final

from moderation.console.sentences.cases import CASES
from moderation.console.sentences.configuration import CONFIGURATION
from moderation.console.sentences.consequences import CONSEQUENCES
from moderation.console.sentences.deliveries import DELIVERIES
from moderation.console.sentences.keeping import KEEPING
from moderation.console.sentences.referrals import REFERRALS

SENTENCES: Final = {
    **CASES,
    **CONSEQUENCES,
    **REFERRALS,
    **DELIVERIES,
    **CONFIGURATION,
    **KEEPING,
}
KINDS: Final = tuple(sorted({each.partition("/")[0] for each in SENTENCES}))
