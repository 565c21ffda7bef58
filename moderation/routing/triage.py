"""Triage: somebody says which language a case is in before anybody decides it.

Work in ``und`` and ``mul`` is open to everybody with the clearances, so whoever gets it may not read it. Her work is
to say which language it is: it is routed anew, and stays with her only where she may take it in its new lane.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from accounts.models import User
from moderation import identification, languages
from moderation.eligibility import loading
from moderation.lifecycle import lock
from moderation.models import Case
from moderation.queueing.claim import hold
from moderation.queueing.lanes import open_lanes
from moderation.queueing.reclaim import may_take
from moderation.routing.destination import Destination
from moderation.routing.placing import set_language
from moderation.scripts import letters_by_script

TRIAGE: Final = frozenset({languages.UNDETERMINED, languages.MULTIPLE})
BY_A_PERSON: Final = frozenset({Case.LanguageSource.MODERATOR, Case.LanguageSource.APPELLANT})
# One key each: 9 and 0 are "no language" and "as it is".
MOST_CANDIDATES: Final = 8
# The scripts of a text's letters that a tag's script is written in, where they are not the same.
WRITTEN_IN: Final = {
    "Hans": frozenset({"Hani"}),
    "Hant": frozenset({"Hani"}),
    "Jpan": frozenset({"Hani", "Hira", "Kana"}),
    "Kore": frozenset({"Hang"}),
}


@dataclass(frozen=True)
class Settled:
    """Where a case went whose language was set, and whether it stayed with the one who set it."""

    to: Destination
    kept: bool


def awaits_language(case: Case) -> bool:
    """Whether nobody knows which language a flagged case is in, and no person has said: it cannot be decided yet."""
    return (
        case.origin == Case.Origin.FLAG
        and case.language in TRIAGE
        and case.language_source not in BY_A_PERSON
    )


@transaction.atomic
def settle(case_id: int, moderator: User, token: uuid.UUID, tag: str) -> Settled:
    """Set the language of a case that she holds. She keeps it, by a new hold, if she may take it in its new lane now.

    That is what the claim would ask: her skills, clearances and membership, and a step that has opened by the time
    that the case has waited. Otherwise it waits for its readers. Raises UnknownLanguage, LeaseLost.
    """
    to = set_language(case_id, moderator, token, tag)
    case = lock(case_id)
    # The lane may be new: made a moment ago, for this case.
    lanes = open_lanes(moderator, fresh=True)
    kept = may_take(moderator, case, lanes)
    if kept:
        hold(case, moderator, lanes, how="language set")
    return Settled(to, kept)


def candidates(case: Case, moderator: User, recent: Sequence[str] = ()) -> list[str]:
    """The languages that it may be in, likeliest first: what the text suggests, then what she reads or set lately.

    Of these, those written in the text's own scripts come first. ``recent`` are tags, the latest first.
    """
    text = case.snapshot.text
    written = frozenset(letters_by_script(text))
    known = loading.current().moderators.get(moderator.pk)
    hers = [tag for skill in (known.skills if known else ()) for tag in skill.tags]
    found = [*identification.guesses(text), *_written_in(written, [*hers, *recent]), *hers, *recent]
    return [tag for tag in dict.fromkeys(found) if tag not in languages.SPECIAL][:MOST_CANDIDATES]


def _written_in(scripts: frozenset[str], tags: Iterable[str]) -> list[str]:
    return [
        tag
        for tag in tags
        if scripts & WRITTEN_IN.get(script := languages.script_of(tag), frozenset({script}))
    ]
