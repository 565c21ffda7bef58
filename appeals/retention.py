"""What people wrote and sent in appeals goes with the content that these are about; outcomes stay, as decisions do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from appeals.files.names import NAMELESS
from appeals.models import Appeal, AppealDraft, AppealFile, Dispute, Letter, Misuse, Question
from moderation.hookspecs import hookimpl
from moderation.models import Item, NoticeReply

Row = dict[str, Any]


@hookimpl
def purge(cases: Sequence[int]) -> Mapping[str, int]:
    """Six statements, however many appeals there are; of files it deletes what they hold, not that there were any."""
    now = timezone.now()
    over = Appeal.objects.filter(status__in=[Appeal.Status.DECIDED, Appeal.Status.WITHDRAWN], purged_at=None)
    theirs = list(over.filter(Q(case__in=cases) | Q(decision__case__in=cases)).values_list("pk", flat=True))
    files = AppealFile.objects.filter(appeal__in=theirs, purged_at=None)
    counts = {"appeal_files": files.update(content=None, name=NAMELESS, purged_at=now)}
    Question.objects.filter(appeal__in=theirs).update(text="", answer="")
    Letter.objects.filter(appeal__in=theirs).update(to="", body="", error="")
    # What was never sent: its time is over as well.
    counts["appeal_drafts"] = (
        AppealDraft.objects.filter(decision__case__in=cases).delete()[1].get("appeals.AppealDraft", 0)
    )
    counts["appeals"] = Appeal.objects.filter(pk__in=theirs).update(
        text="", background="", contact="", purged_at=now
    )
    return counts


@hookimpl
def personal_data(account: Item) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Her appeals (against decisions that were explained to her, or about what she reported) and what hangs on them."""
    hers = (
        Appeal.objects.filter(_hers(account))
        .select_related("question")
        .prefetch_related("files", "letters")
        .distinct()
        .order_by("pk")
    )
    drafts = AppealDraft.objects.filter(_hers(account)).prefetch_related("files").distinct().order_by("pk")
    measures = Misuse.objects.filter(account=account).order_by("pk")
    return {
        "appeals": [_appeal(each) for each in hers],
        "appeal_drafts": [_draft(each) for each in drafts],
        "measures": [_measure(each) for each in measures],
        "disputes": [_dispute(each) for each in _disputes(account)],
    }


def _hers(account: Item) -> Q:
    """Of appeals and drafts: a decision about her may have been appealed by who reported her, too."""
    return Q(reply=None, decision__statements__recipient=account) | Q(reply__flag__notifier=account)


def _appeal(appeal: Appeal) -> Row:
    question = getattr(appeal, "question", None)
    return {
        "appeal": appeal.reference,
        "decision": appeal.decision_id,
        "level": appeal.level,
        "filed_at": _moment(appeal.filed_at),
        "filed_by": str(appeal.get_filed_by_display()),
        "language": appeal.language,
        "text": appeal.text,
        "background": appeal.background,
        "contact": appeal.contact,
        "files": list(_files(appeal)),
        "question": _question(question) if question else None,
        "letters": [_letter(each) for each in appeal.letters.all()],
        "content_purged_at": _moment(appeal.purged_at),
        "status": str(appeal.get_status_display()),
        "outcome": str(appeal.get_outcome_display()),
        "ground": str(appeal.get_ground_display()),
        "outcome_reasons": appeal.outcome_reasons,
        "decided_at": _moment(appeal.decided_at),
    }


def _files(of: Appeal | AppealDraft) -> Iterator[Row]:
    for each in of.files.all():
        yield {
            "name": each.name,
            "type": each.media_type,
            "bytes": each.size,
            "sha256": each.sha256,
            "added_at": _moment(each.added_at),
        }


def _question(question: Question) -> Row:
    """Not who asked."""
    return {
        "question": question.text,
        "language": question.language,
        "asked_at": _moment(question.asked_at),
        "answer_by": _moment(question.answer_by),
        "answer": question.answer,
        "answered_at": _moment(question.answered_at),
    }


def _letter(letter: Letter) -> Row:
    return {
        "to": letter.to,
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.body,
        "written_at": _moment(letter.written_at),
        "sent_at": _moment(letter.sent_at),
    }


def _draft(draft: AppealDraft) -> Row:
    return {
        "decision": draft.decision_id,
        "text": draft.text,
        "background": draft.background,
        "contact": draft.contact,
        "language": draft.language,
        "files": list(_files(draft)),
        "saved_at": _moment(draft.saved_at),
    }


def _measure(measure: Misuse) -> Row:
    return {
        "of": str(measure.get_of_display()),
        "measure": str(measure.get_measure_display()),
        "reasons": measure.reasons,
        "since": _moment(measure.at),
        "until": _moment(measure.until),
        "lifted_at": _moment(measure.lifted_at),
    }


def _disputes(account: Item) -> Iterator[Dispute]:
    """A dispute names no party: hers are those about decisions that nobody but her could take to a body."""
    replies = NoticeReply.objects.filter(decision=OuterRef("decision"), appeal_code__isnull=False)
    told = Q(decision__statements__recipient=account) & ~Exists(replies)
    answered = Q(decision__statements=None) & Exists(replies.filter(flag__notifier=account))
    others = Exists(replies.exclude(flag__notifier=account))
    found = Dispute.objects.filter(told | answered & ~others).select_related("body").distinct()
    yield from found.order_by("pk")


def _dispute(dispute: Dispute) -> Row:
    """Not the desk's own remarks, nor who recorded it."""
    return {
        "decision": dispute.decision_id,
        "body": dispute.body.name,
        "reference": dispute.reference,
        "opened_on": _moment(dispute.opened_on),
        "outcome": str(dispute.get_outcome_display()),
        "decided_on": _moment(dispute.decided_on),
        "reasons": dispute.reasons,
        "implemented": str(dispute.get_implemented_display()),
        "implemented_on": _moment(dispute.implemented_on),
    }


def _moment(moment: datetime | date | None) -> str | None:
    return moment.isoformat() if moment else None
