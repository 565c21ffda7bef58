"""Filing: a complaint becomes an appeal with a case of its own, once per decision."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from appeals import links
from appeals.models import Appeal
from moderation import audit, identification, languages, outbox
from moderation.audit import Actor
from moderation.models import Approval, Case, Decision, Exclusion, Statement
from moderation.outbox.posting import iso, name_of
from moderation.routing import placing

MOST_CHARACTERS: Final = 10_000


class AppealClosed(Exception):
    """There is nothing to appeal, or the time for it is over (``until`` says since when)."""

    def __init__(self, until: datetime | None = None) -> None:
        super().__init__(until)
        self.until = until


class AlreadyAppealed(Exception):
    """The decision has its appeal; here it is."""

    def __init__(self, appeal: Appeal) -> None:
        super().__init__(appeal)
        self.appeal = appeal


def file_appeal(
    decision: Decision,
    text: str,
    language: str,
    filed_by: Appeal.FiledBy,
    by: Actor,
    *,
    background: str = "",
) -> Appeal:
    """Take the appeal, open its case and route it, tell the platform: all or nothing.

    ``language`` (BCP 47) is the one of the page: the outcome is shown in it. The case goes by the language that the
    text is in, where that is clear. Raises AppealClosed, AlreadyAppealed.
    """
    with transaction.atomic():
        # Two at once take turns here, and the second finds the first one's appeal.
        decision = (
            Decision.objects.select_for_update(no_key=True, of=("self",))
            .select_related("case", "item", "policy")
            .get(pk=decision.pk)
        )
        check_open(decision)
        page_language = languages.normalise(language)
        case = Case.objects.create(
            item=decision.item,
            snapshot_id=decision.case.snapshot_id,
            origin=Case.Origin.APPEAL,
            policy=decision.policy,
            language_source=Case.LanguageSource.APPELLANT,
            **_language_of(text, page_language),
        )
        appeal = Appeal.objects.create(
            decision=decision,
            case=case,
            text=text,
            background=background,
            language=page_language,
            filed_by=filed_by,
        )
        Exclusion.objects.bulk_create(
            Exclusion(case=case, moderator_id=moderator, reason=Exclusion.Reason.TOOK_PART)
            for moderator in _took_part(decision)
        )
        audit.record("appeal.filed", by, case=case, appeal_id=appeal.pk, decision_id=decision.pk)
        outbox.post(
            "appeal.received",
            decision.item,
            {
                "appeal_id": str(appeal.pk),
                "decision_id": str(decision.pk),
                "item": name_of(decision.item),
                "language": case.language,
                "filed_by": appeal.filed_by,
                "filed_at": iso(appeal.filed_at),
                "status_url": links.status_link_for(decision.pk),
            },
        )
        placing.route(case, audit.SYSTEM)
    return appeal


def check_open(decision: Decision) -> Statement:
    """The statement that may be appealed now. Raises AlreadyAppealed, AppealClosed."""
    appeal = Appeal.objects.filter(decision=decision).first()
    if appeal is not None:
        raise AlreadyAppealed(appeal)
    # What was approved later has a statement of its own, and the time counts from the last that she was told.
    statement = Statement.objects.filter(decision=decision).order_by("pk").last()
    if statement is None:
        raise AppealClosed
    if statement.appeal_until < timezone.now():
        raise AppealClosed(statement.appeal_until)
    return statement


def clean(typed: str) -> str:
    """What a person typed, without what no table keeps: NUL and other control characters, halves of surrogate pairs.

    Her words are never refused for a character that she cannot see.
    """
    return "".join(
        "\ufffd" if unicodedata.category(character) == "Cs" else character
        for character in typed.replace("\r\n", "\n")
        if character in "\n\t" or unicodedata.category(character) != "Cc"
    ).strip()


def _language_of(text: str, page_language: str) -> dict[str, Any]:
    found = identification.identify(text)
    if found.tag in languages.SPECIAL:
        return {"language": page_language, "language_confidence": None}
    return {"language": found.tag, "language_confidence": found.confidence}


def _took_part(decision: Decision) -> set[int]:
    """Everyone who decided or answered for a second person what is appealed: this decision, and any before it."""
    people: set[int | None] = set()
    each: Decision | None = decision
    while each is not None:
        people.add(each.decided_by_id)
        people.update(Approval.objects.filter(decision=each).values_list("answered_by", flat=True))
        each = each.overrides or each.case.revises
    return {person for person in people if person is not None}
