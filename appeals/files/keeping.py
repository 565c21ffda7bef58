"""The files of a draft, and then of its appeal: adding one, taking it away, and which there are."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from appeals import words
from appeals.files.checking import ACCEPTED, Refused, check
from appeals.models import Appeal, AppealDraft, AppealFile
from appeals.opening import AlreadyAppealed, Party


def add(draft: AppealDraft, name: str, content: bytes) -> AppealFile:
    """Keep a file with a draft. The same file again is the one that is there, also where no more can be added.

    Raises Refused, and AlreadyAppealed where the draft was sent meanwhile.
    """
    checked = check(name, content)
    sha256 = hashlib.sha256(checked.content).hexdigest()
    with transaction.atomic():
        # Two at once take turns, and so does sending (filing.py).
        if not AppealDraft.objects.select_for_update().filter(pk=draft.pk).exists():
            raise AlreadyAppealed(
                Appeal.objects.filter(decision=draft.decision_id, reply=draft.reply_id).latest("pk")
            )
        there = AppealFile.objects.filter(draft=draft, sha256=sha256).first()
        if there is not None:
            return there
        if AppealFile.objects.filter(draft=draft).count() >= settings.APPEAL_FILES:
            most = words.numeral(settings.APPEAL_FILES)
            raise Refused(
                gettext("There are too many files. You can add %(count)s at most.") % {"count": most}
            )
        return AppealFile.objects.create(
            draft=draft,
            name=checked.name,
            media_type=checked.media_type,
            content=checked.content,
            size=len(checked.content),
            sha256=sha256,
            width=checked.width,
            height=checked.height,
        )


def remove(draft: AppealDraft, file_id: int) -> None:
    """Take a file of this draft away; where there is none such, nothing happens."""
    AppealFile.objects.filter(draft=draft, pk=file_id).delete()


def accepted_types() -> str:
    """What the page offers to choose from, as the attribute ``accept`` has it."""
    return ",".join(ACCEPTED)


def files_of(party: Party) -> QuerySet[AppealFile]:
    """All that somebody added: to what she is writing, and to her appeals."""
    return AppealFile.objects.filter(
        Q(draft__decision=party.decision, draft__reply=party.reply)
        | Q(appeal__decision=party.decision, appeal__reply=party.reply)
    )


def files_for_review(appeal: Appeal) -> QuerySet[AppealFile]:
    """What a moderator who reviews an appeal sees: also what was added to the one before it, of the first level.

    Not what belongs to an appeal that was taken back.
    """
    theirs = Q(
        appeal__decision=appeal.decision_id, appeal__reply=appeal.reply_id, appeal__level__lt=appeal.level
    )
    return AppealFile.objects.filter(
        Q(appeal=appeal) | theirs & ~Q(appeal__status=Appeal.Status.WITHDRAWN)
    ).order_by("pk")
