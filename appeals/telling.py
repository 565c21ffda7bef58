"""What the page says of a decision before it asks: what was decided, on what, why, by whom, when."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language, gettext

from appeals import words
from appeals.opening import Party
from moderation.isolates import isolate
from moderation.models import NoticeReply, Policy, Statement
from moderation.policies import as_it_was
from moderation.statements import name_of_rule


def told_about(party: Party) -> dict[str, Any]:
    """What templates/appeals/appeal.html shows of it, in words of the page's language."""
    decision = party.decision
    return {
        "decision": decision,
        "platform": decision.item.platform,
        "what_was_done": _what_was_done(party),
        "on_what": _on_what(party),
        # What was reported is somebody else's, and the reasons may tell of that person.
        "excerpt": decision.case.snapshot.text if party.reply is None else "",
        "reasoning": decision.reasoning if party.reply is None else "",
        "rule": isolate(name_of_rule(as_it_was(decision), get_language() or party.told.language)),
        "law": isolate(decision.legal_ground) if decision.ground == Policy.Ground.LAW else "",
        "by_whom": words.by_whom(decision),
        "decided_on": words.day(decision.decided_at),
        "told": [(each, words.day(each.created_at)) for each in _messages(party)],
    }


def _what_was_done(party: Party) -> list[str]:
    if party.reply is not None:
        return [gettext("We looked at what you reported and decided not to act.")]
    return words.what_was_done(party.decision)


def _on_what(party: Party) -> str:
    """Of a report its number."""
    if party.reply is not None:
        return gettext("This is about your report with the number %(id)s.") % {
            "id": isolate(party.reply.flag.flag_id)
        }
    return words.on_what(party.decision.item)


def _messages(party: Party) -> list[Statement] | list[NoticeReply]:
    """What a second person approved later was told in a message of its own."""
    return [party.reply] if party.reply is not None else list(party.decision.statements.order_by("pk"))
