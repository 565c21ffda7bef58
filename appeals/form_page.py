"""What was decided and why; and the form to say that it is wrong. With and without a script, at one address.

A post says by the name of its button what it is for; without one it sends the appeal. Whatever it is for, what was
typed and the files that were chosen are kept first, so that nothing after it can lose them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext

from appeals import drafting, filing, no_way, opening, words
from appeals.drafting import Typed
from appeals.files import keeping
from appeals.files.checking import Refused
from appeals.forms import AppealForm
from appeals.models import Appeal, AppealDraft
from appeals.opening import Party, Way
from appeals.page import WORDS_STAY, party_by, public_page, see_other, show, speak
from appeals.telling import told_about
from moderation import audit

TOO_LARGE: Final = 413
UNPROCESSABLE: Final = 422
# A device that says it typed something longer ago than this says nothing of use.
_LONGEST_AGE: Final = timedelta(days=400)
_LARGEST_COUNT: Final = 2**53


@dataclass(frozen=True)
class Kept:
    """What was kept of a post: the draft, where there was anything to keep, and which files were refused, and why."""

    draft: AppealDraft | None
    refused: list[tuple[str, str]]


@public_page
def appeal(request: HttpRequest, token: str) -> HttpResponse:
    """The page, and whatever its form sends."""
    party = party_by(request, token)
    draft = drafting.draft_of(party)
    if draft is not None:
        speak(request, draft.language)
    try:
        way = opening.way_for(party)
        if request.method == "POST":
            return _posted(request, token, way, draft)
        form = AppealForm(initial=drafting.fields_of(draft))
        return _page(request, token, way, form, draft, found=bool(draft and "kept" not in request.GET))
    except opening.AlreadyAppealed:
        # Also where she pressed twice: the first one counts, and its page is where she wants to be.
        return see_other("appeal-status", token)
    except (opening.AppealClosed, opening.Replaced, opening.Suspended) as closed:
        written = drafting.fields_of(draft) | {name: text for name, text in _typed(request).items() if text}
        return no_way.answer(request, party, closed, written)


def _posted(request: HttpRequest, token: str, way: Way, draft: AppealDraft | None) -> HttpResponse:
    post = request.POST
    if "keep" in post:
        return _keep_by_itself(request, way.party)
    cut = getattr(request, "scope", {}).get("cut", False)
    kept = _keep(request, way.party, draft, cut=cut)
    if "remove_file" in post and kept.draft is not None:
        keeping.remove(kept.draft, _number(post["remove_file"]))
    if kept.refused or cut or "change_language" in post:
        # Only the page's words change. Hers stay as they are, and are not judged yet.
        form = AppealForm(initial=drafting.fields_of(kept.draft))
        page = _page(request, token, way, form, kept.draft, refused=kept.refused)
        page.status_code = TOO_LARGE if cut else page.status_code
        return page
    if "save" in post:
        return see_other("appeal", token, "?kept=words#kept")
    if "add_files" in post or "remove_file" in post:
        return see_other("appeal", token, "?kept=files#files")
    form = AppealForm(post)
    if not form.is_valid():
        return _page(request, token, way, form, kept.draft)
    filing.file_appeal(
        way.party,
        form.cleaned_data["text"],
        request.LANGUAGE_CODE,
        Appeal.FiledBy.PERSON,
        audit.APPELLANT,
        background=form.cleaned_data["background"],
        contact=form.cleaned_data.get("contact", ""),
    )
    return see_other("appeal-status", token)


def _keep(request: HttpRequest, party: Party, draft: AppealDraft | None, *, cut: bool) -> Kept:
    """Keep what came, where anything did: the words, and then each file by itself.

    ``cut``: it was too large (config/body_limit.py). The file in which it was cut did not come, and nothing after it.
    """
    files = [each for each in request.FILES.getlist("files") if each.name]
    typed = _typed(request)
    if cut:
        typed = drafting.fields_of(draft) | {name: typed[name] for name in typed if name in request.POST}
    if draft is None and not files and not _anything(typed):
        return Kept(None, [])
    draft = drafting.keep(party, typed, request.LANGUAGE_CODE, _typed_by(request.POST))
    refused = []
    for file in files:
        try:
            keeping.add(draft, file.name or "", _content(file))
        except Refused as error:
            refused.append((file.name or "", str(error)))
    if cut:
        size = words.size(settings.APPEAL_FILE_BYTES)
        refused.append(
            ("", gettext("This file is too large. The largest size is %(size)s.") % {"size": size})
        )
    return Kept(draft, refused)


def _keep_by_itself(request: HttpRequest, party: Party) -> HttpResponse:
    """What the page's script sends while she types. It is told what is kept now, where that is newer."""
    typed = _typed(request)
    if not _anything(typed) and drafting.draft_of(party) is None:
        return JsonResponse({"seen": drafting.version_of(None)})
    try:
        draft = drafting.keep_if_newer(party, typed, request.LANGUAGE_CODE, _typed_by(request.POST))
    except drafting.OlderWords as older:
        draft = older.draft
        return JsonResponse({"seen": drafting.version_of(draft), "typed": drafting.fields_of(draft)})
    return JsonResponse({"seen": drafting.version_of(draft)})


def _content(file: UploadedFile[bytes]) -> bytes:
    """No more of it than is needed to see that it is too large."""
    content: bytes = file.read(settings.APPEAL_FILE_BYTES + 1)
    return content


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in drafting.FIELDS}


def _anything(typed: Mapping[str, str]) -> bool:
    return any(filing.clean(text) for text in typed.values())


def _typed_by(post: Mapping[str, str]) -> Typed:
    age = timedelta(milliseconds=_number(post.get("age", "")))
    return Typed(
        device=post.get("device", "")[:40],
        revision=_number(post.get("revision", "")),
        age=min(age, _LONGEST_AGE),
        seen=_number(post.get("seen", "")),
    )


def _number(text: str) -> int:
    return min(int(text), _LARGEST_COUNT) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _page(
    request: HttpRequest,
    token: str,
    way: Way,
    form: AppealForm,
    draft: AppealDraft | None,
    *,
    refused: list[tuple[str, str]] | None = None,
    found: bool = False,
) -> HttpResponse:
    party = way.party
    response = show(
        request,
        "appeal",
        UNPROCESSABLE if refused or form.errors else 200,
        **told_about(party),
        party=party,
        token=token,
        address=reverse("appeal", args=[token]),
        form=form,
        draft=draft,
        seen=drafting.version_of(draft),
        age=drafting.age_of(draft),
        **_files(draft),
        refused=refused or [],
        found=found,
        saved=request.GET.get("kept") == "words" and draft is not None,
        again=way.level == 2,
        until=words.day(way.until),
        in_overtime=_in_overtime(way),
        # The choice of language is sent with the form, so that nothing typed is lost without a script.
        language_form="appeal-form",
    )
    response["Cache-Control"] = WORDS_STAY
    return response


def _files(draft: AppealDraft | None) -> dict[str, Any]:
    files = list(draft.files.defer("content").order_by("pk")) if draft else []
    return {
        "files": [(file, words.size(file.size)) for file in files],
        "more_files": len(files) < settings.APPEAL_FILES,
        "accepted": keeping.accepted_types(),
        "most_files": words.numeral(settings.APPEAL_FILES),
        "largest_file": words.size(settings.APPEAL_FILE_BYTES),
        "largest_bytes": settings.APPEAL_FILE_BYTES,
    }


def _in_overtime(way: Way) -> bool:
    """Whether only what was begun in time may still be sent."""
    return way.level == 1 and way.until > (way.party.told.appeal_until or way.until)
