"""A copy of an appeal to keep: a plain text file with what was decided, what she wrote, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from appeals import outcome, restored, words
from appeals.models import Appeal
from appeals.opening import Party
from appeals.page import party_by, public_page, see_other
from appeals.status_page import history
from appeals.steps import question_of
from appeals.telling import told_about


@public_page
def copy(request: HttpRequest, token: str) -> HttpResponse:
    """To be saved, in the page's language. Every program shows it."""
    party = party_by(request, token)
    appeals = history(party)
    if not appeals:
        return see_other("appeal", token)
    response = HttpResponse(text_of(party, appeals), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{appeals[-1].reference}.txt"'
    response["Content-Language"] = request.LANGUAGE_CODE
    return response


def text_of(party: Party, appeals: list[Appeal]) -> str:
    """Paragraphs, each a heading with what belongs to it below, in the language that is active."""
    blocks = [
        [gettext("A copy of your appeal")],
        [gettext("Number of your appeal"), *(each.reference for each in appeals)],
        [gettext("Code"), party.code],
        *_decision(party),
        *(block for each in appeals for block in _appeal(each)),
    ]
    return "\n\n".join("\n".join(line for line in block if line) for block in blocks) + "\n"


def _decision(party: Party) -> Iterator[list[str]]:
    about = told_about(party)
    yield [gettext("What we decided"), words.day(party.decision.decided_at), *about["what_was_done"]]
    yield [gettext("What this is about"), about["on_what"], party.decision.item.platform.name]
    yield [gettext("The reasons"), about["rule"], about["reasoning"]]
    for message, sent_on in about["told"]:
        yield [gettext("The message we sent you"), sent_on, message.text]


def _appeal(appeal: Appeal) -> Iterator[list[str]]:
    yield [gettext("What you wrote"), words.day(appeal.filed_at), *_written(appeal)]
    if appeal.contact:
        yield [gettext("Your contact"), appeal.contact]
    if names := [each.name for each in appeal.files.all()]:
        yield [gettext("Your files"), *names]
    question = question_of(appeal)
    if question is not None:
        yield [gettext("We asked you a question"), words.day(question.asked_at), question.text]
        if question.answered_at is not None:
            yield [gettext("Your answer"), words.day(question.answered_at), question.answer]
    if appeal.decided_at is None:
        return
    yield [outcome.heading(appeal), words.day(appeal.decided_at), outcome.sentence(appeal)]
    if appeal.outcome_reasons:
        yield [gettext("The reasons"), appeal.outcome_reasons]
    if undone := restored.undone(appeal):
        yield [gettext("What we undid"), *undone]
    if what_holds := restored.what_holds(appeal):
        yield [gettext("What holds now"), *what_holds]


def _written(appeal: Appeal) -> list[str]:
    if appeal.purged_at is not None:
        return [gettext("What you wrote was deleted on %(date)s.") % {"date": words.day(appeal.purged_at)}]
    return [appeal.text, appeal.background]
