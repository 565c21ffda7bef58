"""How far an appeal is, step by step, each with its day: what was, what is now, and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from appeals import words
from appeals.models import Appeal, Question


@dataclass(frozen=True)
class Step:
    """``state``: ``done``, ``missed``, ``now`` or ``later``. ``on`` is a day in words, empty where it has none yet."""

    text: str
    state: str = "done"
    on: str = ""
    notes: tuple[str, ...] = ()


def steps_of(appeals: Sequence[Appeal]) -> list[Step]:
    """The steps of a first appeal and of the one after it, if any, as one list."""
    return [step for number, appeal in enumerate(appeals) for step in _steps(appeal, again=number > 0)]


def question_of(appeal: Appeal) -> Question | None:
    """Reads the relation, which ``select_related`` may have brought."""
    return getattr(appeal, "question", None)


def due_on(appeal: Appeal) -> str:
    """Until when we want to answer; empty once that has passed: a day in the past helps nobody."""
    due = appeal.case.due_at
    return words.day(due) if due is not None and due > timezone.now() else ""


def _steps(appeal: Appeal, *, again: bool) -> list[Step]:
    began = gettext("You asked once more") if again else gettext("We got your appeal")
    return [Step(began, on=words.day(appeal.filed_at)), *_dialogue(appeal), *_end(appeal)]


def _dialogue(appeal: Appeal) -> list[Step]:
    question = question_of(appeal)
    if question is None:
        return []
    waits = appeal.status == Appeal.Status.ASKED
    asked = Step(
        gettext("We asked you a question"),
        "now" if waits else "done",
        words.day(question.asked_at),
        (_answer_by(question),) if waits else (),
    )
    if question.answered_at is not None:
        return [asked, Step(gettext("You answered our question"), on=words.day(question.answered_at))]
    if question.status == Question.Status.LAPSED and appeal.status != Appeal.Status.WITHDRAWN:
        late = gettext("You did not answer in time. We decide with what we know.")
        return [asked, Step(late, "missed", words.day(question.answer_by))]
    return [asked]


def _answer_by(question: Question) -> str:
    words_of_it = gettext("Please answer by %(date)s. If you do not, we decide with what we know.")
    return words_of_it % {"date": words.day(question.answer_by)}


def _end(appeal: Appeal) -> list[Step]:
    if appeal.status == Appeal.Status.WITHDRAWN:
        return [Step(gettext("You took back your appeal"), on=_day(appeal.decided_at))]
    answer = gettext("You get the answer with the reasons")
    if appeal.status == Appeal.Status.DECIDED:
        looked = [] if appeal.ground else [Step(gettext("We looked at it once more"))]
        return [*looked, Step(answer, on=_day(appeal.decided_at))]
    notes = [gettext("It is not the person who decided first.")]
    if due := due_on(appeal):
        notes.append(gettext("We want to answer by %(date)s.") % {"date": due})
    waits = appeal.status == Appeal.Status.ASKED
    return [
        Step(
            gettext("Another person looks at everything again"),
            "later" if waits else "now",
            notes=() if waits else tuple(notes),
        ),
        Step(answer, "later", notes=(gettext("It will be on this page. Come back to look."),)),
    ]


def _day(moment: datetime | None) -> str:
    return words.day(moment) if moment is not None else ""
