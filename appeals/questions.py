"""The one question that a moderator may ask whoever appeals: asked, then answered or not answered in time.

Its case pauses meanwhile: nobody holds it, and nobody is given it. Then it goes back to where it was, with its
priority and the day on which it is due. Whatever is done here locks the case first, as deciding and taking back do.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from appeals import letters, links
from appeals.filing import clean
from appeals.models import Appeal, Question
from moderation import audit, bells, identification, languages, outbox
from moderation.decisions import InvalidJudgement, TookPart
from moderation.lifecycle import Status, lock, move_to
from moderation.models import Case, Exclusion
from moderation.outbox.posting import iso, name_of
from moderation.queueing.lease import held_case

MOST_CHARACTERS: Final = 2_000
# She was told a day, which ends as much as twelve hours later for her than for us: an answer is taken for so long.
GRACE: Final = timedelta(days=1)
# How many a run of the timer ends at most.
MOST_LAPSED: Final = 500


class AlreadyAsked(Exception):
    """There is one question in an appeal, and it was asked."""


class NotAsked(Exception):
    """No question waits for an answer: none was asked, it was answered, or its time is over."""


@transaction.atomic
def ask(appeal: Appeal, moderator: User, token: uuid.UUID, text: str) -> Question:
    """Ask whoever appeals, once: the case, which she holds with this token, pauses for settings.QUESTION_DAYS.

    Raises LeaseLost, TookPart, AlreadyAsked, InvalidJudgement (``loc`` is ``question``); then nothing is written.
    """
    case = held_case(appeal.case_id, moderator, token)
    if Exclusion.objects.filter(case=case, moderator=moderator, reason=Exclusion.Reason.TOOK_PART).exists():
        raise TookPart
    if Question.objects.filter(appeal=appeal).exists():
        raise AlreadyAsked
    words = _checked(text)
    by = audit.person(moderator)
    question = Question.objects.create(
        appeal=appeal,
        text=words,
        language=_language_of(words, appeal),
        asked_by=moderator,
        answer_by=timezone.now() + timedelta(days=settings.QUESTION_DAYS),
    )
    _go_on(appeal, Appeal.Status.ASKED)
    move_to(case, Status.PAUSED, by)
    bells.lane_changed(case.queue_id, case.language)
    audit.record("appeal.question_asked", by, case=case, appeal_id=appeal.pk)
    outbox.post(
        "appeal.question",
        appeal.decision.item,
        told(appeal)
        | {
            "question": words,
            "language": question.language,
            "direction": languages.direction(question.language),
            "answer_by": iso(question.answer_by),
        },
    )
    letters.write(appeal, letters.Kind.QUESTION)
    return question


@transaction.atomic
def answer(appeal: Appeal, text: str) -> Question:
    """Take her answer; the case goes on. ``text`` is clean and not empty. Raises NotAsked."""
    case = lock(appeal.case_id)
    question = Question.objects.filter(appeal=appeal, status=Question.Status.OPEN).first()
    if question is None or case.status != Status.PAUSED:
        raise NotAsked
    question.status = Question.Status.ANSWERED
    question.answer = text
    question.answered_at = timezone.now()
    question.save(update_fields=["status", "answer", "answered_at"])
    _resume(appeal, case, audit.APPELLANT, "answered")
    audit.record("appeal.question_answered", audit.APPELLANT, case=case, appeal_id=appeal.pk)
    outbox.post(
        "appeal.answered",
        appeal.decision.item,
        told(appeal) | {"answered_at": iso(question.answered_at)},
    )
    return question


def lapse_due() -> int:
    """Timer: go on without an answer where its time is over. How many. Each in a transaction of its own."""
    due = Question.objects.filter(status=Question.Status.OPEN, answer_by__lte=timezone.now() - GRACE)
    return sum(_lapse(pk) for pk in due.order_by("answer_by").values_list("pk", flat=True)[:MOST_LAPSED])


@transaction.atomic
def _lapse(pk: int) -> bool:
    appeal = Appeal.objects.select_related("decision__item").get(question=pk)
    case = lock(appeal.case_id)
    if not Question.objects.filter(pk=pk, status=Question.Status.OPEN).update(status=Question.Status.LAPSED):
        return False
    if case.status == Status.PAUSED:
        _resume(appeal, case, audit.SYSTEM, "lapsed")
        audit.record("appeal.question_lapsed", audit.SYSTEM, case=case, appeal_id=appeal.pk)
    return True


def _resume(appeal: Appeal, case: Case, by: audit.Actor, how: str) -> None:
    _go_on(appeal, Appeal.Status.RECEIVED)
    move_to(case, Status.QUEUED, by, why={"how": how})
    bells.lane_changed(case.queue_id, case.language)


def _go_on(appeal: Appeal, status: Appeal.Status) -> None:
    appeal.status = status
    appeal.save(update_fields=["status"])


def _checked(text: str) -> str:
    words = clean(text)
    if not words:
        raise _wrong(gettext("Write your question"))
    if len(words) > MOST_CHARACTERS:
        too_many = len(words) - MOST_CHARACTERS
        raise _wrong(gettext("The question is too long by %(count)d characters") % {"count": too_many})
    return words


def _wrong(message: str) -> InvalidJudgement:
    return InvalidJudgement([{"loc": ["question"], "msg": message}])


def _language_of(text: str, appeal: Appeal) -> str:
    """What it is written in, where that is clear; else it is taken to be her language."""
    found = identification.identify(text).tag
    return appeal.language if found in languages.SPECIAL else found


def told(appeal: Appeal) -> dict[str, Any]:
    """What every webhook about the dialogue begins with."""
    notice = appeal.reply.flag if appeal.reply else None
    return {
        "appeal_id": str(appeal.pk),
        "decision_id": str(appeal.decision_id),
        "item": name_of(appeal.decision.item),
        "level": appeal.level,
        "flag_id": notice.flag_id if notice else None,
        "status_url": links.status_link_for(appeal.decision_id, notice.pk if notice else None),
    }
