"""A letter: that there is something to read, in the language of the appeal, and where. Never what, and no key.

Whoever typed the address has not shown that it is hers, so the letter opens nothing: the person has the link of her
first message, or her code.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from appeals import words
from appeals.letters.sending import QUEUE, SEND
from appeals.models import Appeal, Letter
from moderation import bells, languages

Kind = Letter.Kind

SUBJECTS: Final = {
    Kind.RECEIVED: gettext_noop("We got your appeal %(reference)s"),
    Kind.QUESTION: gettext_noop("Your appeal %(reference)s: a question for you"),
    Kind.DECIDED: gettext_noop("Your appeal %(reference)s: the answer"),
    Kind.WITHDRAWN: gettext_noop("Your appeal %(reference)s was taken back"),
}


def write(appeal: Appeal, kind: Letter.Kind) -> Letter | None:
    """Keep a letter to be sent, where she gave an address: once of each kind, in the transaction of what it tells.

    None where there is no address, or the desk sends no e-mail: then nothing is kept for a day on which it might.
    """
    if not (appeal.contact and settings.EMAIL_URL):
        return None
    language = words.page_language(appeal.language)
    with translation.override(language):
        subject = gettext(SUBJECTS[kind]) % {"reference": appeal.reference}
        body = _body(appeal, kind)
    letter, is_new = Letter.objects.get_or_create(
        appeal=appeal,
        kind=kind,
        defaults={
            "to": appeal.contact,
            "language": languages.normalise(language),
            "subject": subject,
            "body": body,
            "next_attempt_at": timezone.now(),
        },
    )
    if is_new:
        bells.work_waits(SEND, QUEUE)
    return letter


def _body(appeal: Appeal, kind: Letter.Kind) -> str:
    return "\n\n".join(
        [
            *_what_is_new(appeal, kind),
            gettext("To read it, open the link in our first message, or type your code on this page:"),
            f"{settings.FAIRLEAD_URL}{reverse('appeal-enter')}",
            gettext(
                "You get this message because this address was given for the appeal. If that was not you, you need "
                "not do anything."
            ),
            gettext("Please do not reply to this message. Nobody reads the replies."),
        ]
    )


def _what_is_new(appeal: Appeal, kind: Letter.Kind) -> list[str]:
    if kind == Kind.RECEIVED:
        due = appeal.case.due_at
        by_when = [gettext("We want to answer by %(date)s.") % {"date": words.day(due)}] if due else []
        return [
            gettext(
                "Another person will look at everything again. We will tell you when there is an answer."
            ),
            *by_when,
        ]
    if kind == Kind.QUESTION:
        date = words.day(appeal.question.answer_by)
        return [
            gettext(
                "The person who looks at your appeal needs to know something from you. Please answer by %(date)s."
            )
            % {"date": date}
        ]
    if kind == Kind.WITHDRAWN:
        return [gettext("You took back your appeal. The decision stays.")]
    return [gettext("There is an answer to your appeal, with the reasons.")]
