"""The way out: a file to whoever added it, and to the moderator who reviews her appeal.

Nothing in it can run: not as a page of ours, and not under a type that a browser guesses. Pictures are those that we
made anew; a PDF has no type and can only be taken away.
"""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from appeals.files import keeping
from appeals.models import Appeal, AppealFile
from appeals.page import NOTHING_STAYS, UnknownLink, party_by, public_page
from moderation import access, audit
from moderation.console.request import moderator

# What remaking.py writes.
SHOWN: Final = frozenset({"image/jpeg", "image/png"})
UNNAMED: Final = "application/octet-stream"
INERT: Final = "default-src 'none'; sandbox"
# A browser that shows a picture alone makes a page around it, with styles that let it fit the screen.
INERT_PICTURE: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@public_page
def own(request: HttpRequest, token: str, file_id: int) -> HttpResponse:
    """One of her own files, whoever has her link."""
    party = party_by(request, token)
    file = keeping.files_of(party).filter(pk=file_id, purged_at=None).first()
    if file is None:
        raise UnknownLink
    return _answer(file)


def review(request: HttpRequest, case_id: int, file_id: int) -> HttpResponse:
    """A file of the appeal in this case. Who looks is an Event."""
    user = moderator(request)
    case = access.case_for(user, case_id)
    appeal = get_object_or_404(Appeal, case=case)
    file = keeping.files_for_review(appeal).filter(pk=file_id, purged_at=None).first()
    if file is None:
        raise Http404
    audit.record("evidence.viewed", audit.person(user), case=case, appeal_id=appeal.pk, file_id=file.pk)
    return _answer(file)


def _answer(file: AppealFile) -> HttpResponse:
    shown = file.media_type in SHOWN
    return HttpResponse(
        bytes(file.content or b""),
        content_type=file.media_type if shown else UNNAMED,
        headers={
            "Content-Disposition": str(content_disposition_header(not shown, file.name)),
            "Content-Security-Policy": INERT_PICTURE if shown else INERT,
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": NOTHING_STAYS,
        },
    )
