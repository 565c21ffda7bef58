"""Consultations: whoever holds a case asks a colleague for her opinion before she decides.

Whoever is asked takes part in the decision: no appeal against it ever comes to her (the hook ``took_part``).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from moderation import audit, plugins, reopening
from moderation.eligibility import loading
from moderation.judgements import InvalidJudgement
from moderation.lifecycle import lock
from moderation.models import Case, Consultation, Exclusion
from moderation.queueing.lanes import lane_of
from moderation.queueing.lease import held_case

Status = Consultation.Status

MOST_CHARACTERS: Final = 2000


class NotYours(Exception):
    """It was somebody else who was asked, or she may not look at this case (any more)."""


class Over(Exception):
    """It was answered, or the case is decided or withdrawn: there is nothing to answer any more."""


@transaction.atomic
def ask(
    case_id: int, moderator: User, token: uuid.UUID, colleague: User | None, question: str
) -> Consultation:
    """Ask a colleague (one of ``colleagues_for``) about a case that she holds with this token.

    Raises LeaseLost, Case.DoesNotExist, and InvalidJudgement, which names ``colleague`` or ``question``.
    """
    # An appeal that is being filed against what is made anew here has its case first, or sees that she was asked.
    reopening.wait_for_turn(case_id, None)
    case = held_case(case_id, moderator, token)
    wrong = {"colleague": _wrong_colleague(case, moderator, colleague), "question": _wrong_text(question)}
    if colleague is None or any(wrong.values()):
        raise InvalidJudgement(_errors(wrong))
    consultation = Consultation.objects.create(
        case=case, asked_by=moderator, asked=colleague, question=question.strip()
    )
    audit.record(
        "case.consulted",
        audit.person(moderator),
        case=case,
        consultation_id=consultation.pk,
        person=colleague.pk,
    )
    plugins.manager().hook.took_part(case=case, moderator=colleague)
    return consultation


@transaction.atomic
def answer(consultation_id: int, user: User, text: str) -> Consultation:
    """Answer what she was asked. Raises NotYours, Over, InvalidJudgement (names ``answer``), and
    Consultation.DoesNotExist.
    """
    case = lock(Consultation.objects.values_list("case", flat=True).get(pk=consultation_id))
    consultation = Consultation.objects.select_related("asked_by").get(pk=consultation_id)
    if consultation.asked_id != user.pk or _took_part(case, user):
        raise NotYours
    if consultation.status != Status.OPEN or case.status in Case.CLOSED:
        raise Over
    if wrong := _wrong_text(text):
        raise InvalidJudgement(_errors({"answer": wrong}))
    consultation.status = Status.ANSWERED
    consultation.answer = text.strip()
    consultation.answered_at = timezone.now()
    consultation.save(update_fields=["status", "answer", "answered_at"])
    audit.record("case.advised", audit.person(user), case=case, consultation_id=consultation.pk)
    plugins.manager().hook.took_part(case=case, moderator=user)
    return consultation


def colleagues_for(case: Case, user: User, *, fresh: bool = True) -> list[User]:
    """Whom ``user`` may ask about a case that waits or waited in a lane, by name.

    Everybody else who is active, has all clearances of the lane, is not kept from the case (took part in the decision
    appealed, skipped it just now) and was not asked about it. Which languages she reads does not matter. By the
    configuration of now, or as old as the claim's.
    """
    lane = lane_of(case)
    if lane is None:
        return []
    desk = loading.current(fresh=fresh)
    needed = desk.clearances_of(lane)
    cleared = [each.id for each in desk.moderators.values() if each.active and needed <= each.clearances]
    kept_from_it = Exclusion.objects.filter(_lasting(timezone.now()), case=case, moderator=OuterRef("pk"))
    asked = Consultation.objects.filter(case=case, asked=OuterRef("pk"))
    found = User.objects.filter(~Exists(kept_from_it), ~Exists(asked), pk__in=cleared, is_active=True)
    return sorted(found.exclude(pk=user.pk), key=lambda each: each.display_name.casefold())


def waiting_for(user: User) -> QuerySet[Consultation]:
    """What she was asked and has not answered, longest waiting first; never about a case that she took part in."""
    return of(user).filter(status=Status.OPEN).order_by("asked_at", "pk")


def of(user: User) -> QuerySet[Consultation]:
    """All that she was ever asked and may still look at."""
    kept_from_it = Exclusion.objects.filter(
        case=OuterRef("case"), moderator=user, reason=Exclusion.Reason.TOOK_PART
    )
    return Consultation.objects.filter(~Exists(kept_from_it), asked=user).select_related(
        "asked_by", "case__queue", "case__policy", "case__item"
    )


def _wrong_colleague(case: Case, moderator: User, colleague: User | None) -> str:
    if colleague is None or colleague.pk == moderator.pk:
        return gettext("Choose whom to ask")
    if Consultation.objects.filter(case=case, asked=colleague).exists():
        return gettext("She was asked about this case already")
    if colleague not in colleagues_for(case, moderator):
        return gettext("She cannot be asked about this case")
    return ""


def _wrong_text(text: str) -> str:
    if not text.strip():
        return gettext("Write something")
    if len(text) > MOST_CHARACTERS:
        return gettext("At most %(most)s characters") % {"most": MOST_CHARACTERS}
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        return gettext("There is a character in it that cannot be stored")
    return ""


def _errors(wrong: dict[str, str]) -> list[dict[str, Any]]:
    return [{"loc": [field], "msg": message} for field, message in wrong.items() if message]


def _took_part(case: Case, user: User) -> bool:
    return Exclusion.objects.filter(case=case, moderator=user, reason=Exclusion.Reason.TOOK_PART).exists()


def _lasting(now: datetime) -> Q:
    return Q(until=None) | Q(until__gt=now)
