"""How an appeal stands, the dialogue about it, and what came of it. No sign-in, no script.

Also after the time to appeal is over: the answer may come later, and stays readable for a year.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from appeals import outcome, questions, remaining, restored, withdrawing, words
from appeals.forms import Words
from appeals.models import Appeal, AppealFile, Misuse, Question
from appeals.opening import Party
from appeals.page import party_by, public_page, see_other, show
from appeals.steps import question_of, steps_of
from appeals.telling import told_about
from moderation import audit


class AnswerForm(forms.Form):
    """Her answer to the one question."""

    answer = Words(required=True, missing=_("Please write an answer."))


@dataclass(frozen=True)
class Chapter:
    """One of her appeals, as the page tells of it. ``purged_on`` is a day in words, or empty."""

    appeal: Appeal
    heading: str
    sentence: str
    purged_on: str

    @classmethod
    def of(cls, appeal: Appeal) -> Chapter:
        purged_on = words.day(appeal.purged_at) if appeal.purged_at else ""
        return cls(appeal, outcome.heading(appeal), outcome.sentence(appeal), purged_on)


@public_page
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Where it stands; and where a question waits, the form for the answer."""
    party = party_by(request, token)
    appeals = history(party)
    if not appeals:
        return see_other("appeal", token)
    if request.method != "POST":
        return _shown(request, token, party, appeals, form=AnswerForm())
    if "change_language" in request.POST:
        # Only the page's words change. Hers stay as they are.
        return _shown(request, token, party, appeals, form=AnswerForm(initial=request.POST.dict()))
    form = AnswerForm(request.POST)
    if appeals[-1].status != Appeal.Status.ASKED:
        return _too_late(request, token, party, form)
    if not form.is_valid():
        return _shown(request, token, party, appeals, 422, form=form)
    try:
        questions.answer(appeals[-1], form.cleaned_data["answer"])
    except questions.NotAsked:
        return _too_late(request, token, party, form)
    return see_other("appeal-status", token)


@public_page
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Whether she is sure; then the appeal is taken back."""
    party = party_by(request, token)
    appeals = history(party)
    if not appeals or appeals[-1].status not in Appeal.OPEN:
        return see_other("appeal-status", token)
    if request.method != "POST" or "change_language" in request.POST:
        return show(request, "withdraw", appeal=appeals[-1], token=token, language_form="withdraw-form")
    # Pressed twice, or decided a moment ago: its page says how it is.
    with suppress(withdrawing.NotOpen):
        withdrawing.withdraw(appeals[-1], audit.APPELLANT)
    return see_other("appeal-status", token)


def history(party: Party) -> list[Appeal]:
    """Her appeals, oldest first: what was taken back is there only while nothing came after it."""
    appeals = list(
        Appeal.objects.filter(decision=party.decision, reply=party.reply)
        .select_related(
            "case", "question", "decision__item__author", "decision__item__platform", "reply__flag"
        )
        .prefetch_related(Prefetch("files", AppealFile.objects.defer("content").order_by("pk")))
        .order_by("pk")
    )
    return [each for each in appeals if each.status != Appeal.Status.WITHDRAWN or each is appeals[-1]]


def _too_late(request: HttpRequest, token: str, party: Party, form: AnswerForm) -> HttpResponse:
    """Nobody waits for it any more. Pressed twice, it is there; any other words of hers are shown to her."""
    appeals = history(party)
    question = question_of(appeals[-1])
    words_of_hers = form.cleaned_data["answer"] if form.is_valid() else str(form["answer"].value() or "")
    if question is None or not words_of_hers or words_of_hers == question.answer:
        return see_other("appeal-status", token)
    return _shown(request, token, party, appeals, 409, late=words_of_hers)


def _shown(
    request: HttpRequest,
    token: str,
    party: Party,
    appeals: list[Appeal],
    code: int = 200,
    **context: Any,
) -> HttpResponse:
    current = appeals[-1]
    question = question_of(current)
    asked = current.status == Appeal.Status.ASKED and question is not None
    taken_back = current.status == Appeal.Status.WITHDRAWN
    return show(
        request,
        "status",
        code,
        appeal=current,
        party=party,
        token=token,
        warned=_is_warned(party, current),
        question=question,
        asked=asked,
        answer_by=words.day(question.answer_by) if question else "",
        answered=question is not None
        and question.status == Question.Status.ANSWERED
        and current.status in Appeal.OPEN,
        lapsed=question is not None and question.status == Question.Status.LAPSED,
        undone=restored.undone(current),
        what_holds=restored.what_holds(current),
        remaining=remaining.remaining(party, current),
        taken_back_on=words.day(current.decided_at) if taken_back and current.decided_at else "",
        new_appeal=remaining.new_appeal(party) if taken_back else None,
        steps=steps_of(appeals),
        written=Chapter.of(current),
        earlier=[Chapter.of(each) for each in appeals[:-1]],
        # The choice of language is sent with the form, so that nothing typed is lost without a script.
        language_form="answer-form" if asked else "",
        **told_about(party),
        **context,
    )


def _is_warned(party: Party, appeal: Appeal) -> bool:
    """Whether she was warned since her last appeal that groundless ones may not be looked at (DSA Art. 23(2))."""
    return (
        party.account is not None
        and Misuse.objects.filter(
            account=party.account,
            of=Misuse.Of.COMPLAINTS,
            measure=Misuse.Measure.WARNING,
            at__gt=appeal.filed_at,
            lifted_at=None,
        ).exists()
    )
