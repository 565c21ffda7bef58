"""How an appeal stands, or what came of it, in the words of whoever appealed: the affected person or a notifier."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext, gettext_noop

from appeals.models import Appeal

Status, Outcome, Ground = Appeal.Status, Appeal.Outcome, Appeal.Ground

_HEADINGS: Final = {
    Status.RECEIVED: gettext_noop("We got your appeal"),
    Status.ASKED: gettext_noop("One question for you"),
    Status.WITHDRAWN: gettext_noop("You took back your appeal"),
    Outcome.UPHELD: gettext_noop("The decision stays"),
    Outcome.OVERTURNED: gettext_noop("We took the decision back"),
    Outcome.PARTIALLY_OVERTURNED: gettext_noop("We changed a part of the decision"),
    Outcome.INADMISSIBLE: gettext_noop("We cannot decide about your appeal"),
}
_SENTENCES: Final = {
    Outcome.UPHELD: gettext_noop("Another person looked at everything again and came to the same answer."),
    Outcome.OVERTURNED: gettext_noop("You were right to ask. What we did is being undone now."),
    Outcome.PARTIALLY_OVERTURNED: gettext_noop(
        "Another person looked at everything again. A part of the decision was wrong."
    ),
}
_GROUNDS: Final = {
    Ground.OUT_OF_TIME: gettext_noop("It came too late."),
    Ground.ALREADY_DECIDED: gettext_noop("We have already decided about this."),
    Ground.NOT_ENTITLED: gettext_noop(
        "It is not about your account, about what you posted or about what you reported."
    ),
    Ground.NOT_UNDERSTANDABLE: gettext_noop("We could not understand what it is about."),
    Ground.MANIFESTLY_UNFOUNDED: gettext_noop("There was clearly no reason behind it."),
    Ground.ABUSIVE: gettext_noop("It only insults or threatens people."),
}


def heading(appeal: Appeal) -> str:
    """One short sentence: where it stands."""
    decided = appeal.status == Status.DECIDED
    return gettext(_HEADINGS[Outcome(appeal.outcome) if decided else Status(appeal.status)])


def sentence(appeal: Appeal) -> str:
    """What the outcome means, before its reasons; empty while there is none."""
    if appeal.status != Status.DECIDED:
        return ""
    if appeal.outcome == Outcome.INADMISSIBLE:
        return gettext(_GROUNDS[Ground(appeal.ground)])
    if appeal.outcome == Outcome.OVERTURNED and appeal.by_notifier:
        return gettext("You were right to ask. We are now acting on what you reported.")
    return gettext(_SENTENCES[Outcome(appeal.outcome)])
