"""What moderators follow on board and history: the questions that they asked, and appeals about their decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from babel.dates import format_date
from django.utils.translation import get_language, gettext, to_locale

from accounts.models import User
from appeals.models import Appeal, Question
from moderation.hookspecs import Waiting, hookimpl

# Of what she waits for, so much is shown.
MOST_SHOWN: Final = 20


@hookimpl
def waits_for(moderator: User) -> Sequence[Waiting]:
    """The appeals in which she asked a question that is open, what is over first first. One statement."""
    asked = Question.objects.filter(asked_by=moderator, status=Question.Status.OPEN)
    found = asked.select_related("appeal__case__queue").order_by("answer_by", "pk")[:MOST_SHOWN]
    return [Waiting(each.appeal.case, each.answer_by) for each in found]


@hookimpl
def said_of(decisions: Sequence[int]) -> Mapping[int, str]:
    """How appeals against these decisions stand, and what those that were made on an appeal answered to it.

    Not that an appeal changed one: that is said wherever the decision is shown. Two statements.
    """
    against = Appeal.objects.filter(decision__in=decisions).select_related("question").order_by("pk")
    answering = Appeal.objects.filter(case__decision__in=decisions).select_related("case__decision")
    said = {each.decision_id: _against(each) for each in against if each.outcome not in Appeal.CHANGING}
    return said | {each.case.decision.pk: _answering(each) for each in answering}


def _against(appeal: Appeal) -> str:
    if appeal.status == Appeal.Status.RECEIVED:
        return gettext("appealed: waits for its review")
    if appeal.status == Appeal.Status.ASKED:
        day = format_date(appeal.question.answer_by, "medium", locale=to_locale(get_language() or "en"))
        return gettext("appealed: waits for an answer until %(day)s") % {"day": day}
    if appeal.status == Appeal.Status.WITHDRAWN:
        return gettext("appealed: the appeal was taken back")
    return gettext("appealed: %(outcome)s") % {"outcome": appeal.get_outcome_display()}


def _answering(appeal: Appeal) -> str:
    outcome = appeal.get_outcome_display()
    if appeal.ground:
        outcome = f"{outcome}: {appeal.get_ground_display()}"
    return gettext("on an appeal: %(outcome)s") % {"outcome": outcome}
