"""Legal holds and what they keep: of referrals and of their own, how they end, and a guarded look at a kept file.

Every address here answers 404 to who is not cleared (moderation/referrals/access.py), whatever her role.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from moderation import audit
from moderation.console.referral_forms import ExtendForm, PlaceForm, ReasonsForm
from moderation.console.referrals import with_files
from moderation.console.request import moderator
from moderation.holds import lifting, looking, placing, preserving
from moderation.holds.around import around
from moderation.holds.kinds import INERT, UNKNOWN, extension_of
from moderation.holds.lifting import NotLater, NotPossible, SamePerson
from moderation.models import LegalHold, PreservedFile
from moderation.referrals import access

MOST_SHOWN: Final = 200
ITEMS_SHOWN: Final = 500
SOON: Final = timedelta(days=30)


def holds(request: HttpRequest) -> HttpResponse:
    """All holds, or one more that belongs to no referral; with ``?ended=1`` those that have ended."""
    user = moderator(request)
    access.check(user)
    if request.method != "POST":
        return _list(request, PlaceForm(initial={"until": timezone.now() + placing.OTHERWISE}))
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    given = form.cleaned_data
    items = around(given["item"]) if given["around"] else [given["item"]]
    placed = placing.place(items, given["reason"], given["until"], user)
    messages.success(request, _("Held: from now on nothing of it is purged."))
    return HttpResponseRedirect(reverse("hold", args=[placed.pk]))


def hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    """One hold: what it keeps, until when, its files, and how it can end."""
    return _page(request, access.hold_for(moderator(request), hold_id, "the hold"))


def ask_to_lift(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Ask to lift it: a second person has to agree."""
    found = access.hold_for(moderator(request), hold_id, "asking to lift it")
    form = ReasonsForm(request.POST, auto_id="ask_%s")
    if not form.is_valid():
        return _page(request, found, ask_form=form)
    try:
        lifting.ask(found.pk, moderator(request), form.cleaned_data["reasons"])
    except NotPossible:
        return _page(request, found, ask_form=form, not_now=True)
    messages.success(request, _("Asked: it holds until a second, different person lifts it."))
    return _back(found)


def lift_hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Lift it, as the second person; or turn the wish down (``keep``)."""
    user = moderator(request)
    found = access.hold_for(user, hold_id, "answering the wish to lift it")
    try:
        if "keep" in request.POST:
            lifting.keep(found.pk, user)
            messages.success(request, _("It goes on. The wish to lift it is turned down."))
        else:
            lifting.lift(found.pk, user)
            messages.success(request, _("Lifted. What it kept can be purged again when its time comes."))
    except SamePerson:
        messages.error(request, _("You asked to lift it, so somebody else must. Nothing was changed."))
    except NotPossible:
        messages.warning(request, _("Somebody was faster: see below how it stands. Nothing was changed."))
    return _back(found)


def extend_hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Let it last longer."""
    found = access.hold_for(moderator(request), hold_id, "extending it")
    form = ExtendForm(request.POST, auto_id="extend_%s")
    if not form.is_valid():
        return _page(request, found, extend_form=form)
    try:
        lifting.extend(found.pk, moderator(request), form.cleaned_data["until"], form.cleaned_data["why"])
    except NotLater:
        form.add_error("until", _("A hold is only ever extended: give a later time than it has now"))
        return _page(request, found, extend_form=form)
    except NotPossible:
        return _page(request, found, extend_form=form, not_now=True)
    messages.success(request, _("Extended."))
    return _back(found)


def retry_files(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Fetch what could not be fetched once more."""
    found = access.hold_for(moderator(request), hold_id, "fetching files again")
    count = preserving.retry(found, moderator(request))
    words = ngettext("%(count)s file is fetched again.", "%(count)s files are fetched again.", count)
    messages.info(request, words % {"count": count})
    return _back(found)


def held_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """What is known of a kept file; the picture itself only where it was asked for (``?look=1``)."""
    found = access.file_for(moderator(request), file_id)
    views = looking.views_of(found)
    context = {
        "file": found,
        "views": [(people.get(each.user_id), each) for each in views] if (people := _people(views)) else [],
        "kept": found.status == PreservedFile.Status.KEPT,
        "can_be_shown": found.mime in INERT,
        "shown": found.mime in INERT and request.GET.get("look") == "1",
    }
    return render(request, "moderation/held_file.html", context)


def held_file_content(request: HttpRequest, file_id: int) -> HttpResponse:
    """A kept file's bytes: a picture to be shown, or with ``?take=1``, and whatever else it is, one to take away.

    Nothing in it can run: not as a page of ours, and not under a type that a browser guesses.
    """
    take = request.GET.get("take") == "1"
    file, content = looking.open_file(moderator(request), file_id, "taken" if take else "seen")
    inline = not take and file.mime in INERT
    name = f"file-{file.pk}.{extension_of(file.mime)}"
    return HttpResponse(
        content,
        content_type=file.mime if inline else UNKNOWN,
        headers={
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def _list(request: HttpRequest, form: PlaceForm) -> HttpResponse:
    ended = request.GET.get("ended") == "1"
    known = with_files(LegalHold.objects.select_related("lift_asked_by", "placed_by"))
    if ended:
        chosen = known.exclude(status__in=LegalHold.HOLDS).order_by("-ended_at")
    else:
        # What needs somebody first: a wish to answer, a file that was not fetched, an end that comes.
        need = Case(
            When(status=LegalHold.Status.LIFTING, then=Value(0)),
            When(files_failed__gt=0, then=Value(1)),
            default=Value(2),
        )
        chosen = known.filter(status__in=LegalHold.HOLDS).order_by(need, "until")
    shown = list(chosen[:MOST_SHOWN])
    audit.record("hold.listed", audit.person(moderator(request)), holds=[each.pk for each in shown])
    refused = form.is_bound
    context = {
        "holds": shown,
        "ended": ended,
        "soon": timezone.now() + SOON,
        "most": MOST_SHOWN if len(shown) == MOST_SHOWN else None,
        "form": form,
        "refused": refused,
    }
    return render(request, "moderation/holds.html", context, status=422 if refused else 200)


def _page(
    request: HttpRequest, found: LegalHold, *, not_now: bool = False, **typed: forms.Form
) -> HttpResponse:
    """The hold, with what was typed if it was refused (422), or came too late (409)."""
    user = moderator(request)
    files = list(
        found.files.defer("content").select_related("snapshot__item").order_by("snapshot", "position")
    )
    looks = looking.looks_at(files)
    context: dict[str, Any] = {
        "hold": found,
        "holds_on": found.status in LegalHold.HOLDS,
        "hers": found.lift_asked_by_id == user.pk,
        "files": [(each, len(looks[each.pk])) for each in files],
        "failed": sum(each.status == PreservedFile.Status.FAILED for each in files),
        "items": found.held_items.select_related("item__platform").order_by("pk")[:ITEMS_SHOWN],
        "item_count": found.held_items.count(),
        "ask_form": ReasonsForm(auto_id="ask_%s"),
        "extend_form": ExtendForm(auto_id="extend_%s", initial={"until": found.until}),
        "not_now": not_now,
        "refused": bool(typed) and not not_now,
    }
    status = 409 if not_now else 422 if typed else 200
    return render(request, "moderation/hold.html", context | typed, status=status)


def _people(views: list[looking.View]) -> dict[int, User]:
    return User.objects.in_bulk({each.user_id for each in views})


def _back(found: LegalHold) -> HttpResponse:
    return HttpResponseRedirect(reverse("hold", args=[found.pk]))
