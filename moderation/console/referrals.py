"""Referrals to law enforcement: what needs somebody first, the case file, what was sent and answered, the packages.

Every address here answers 404 to who is not cleared (moderation/referrals/access.py), whatever her role.
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import audit, keys
from moderation.console.marking import mark
from moderation.console.referral_forms import AnswerForm, CaseFileForm, SentForm
from moderation.console.request import moderator
from moderation.models import CyberTip, LegalHold, PreservedFile, Referral
from moderation.referrals import access, package, working
from moderation.referrals.archive import fingerprint
from moderation.referrals.custody import custody_of
from moderation.referrals.working import NotNow

MOST_SHOWN: Final = 200
STEPS_SHOWN: Final = 40
TWICE: Final = ("evidence.viewed", True)
Status = Referral.Status
OPEN: Final = (Status.APPROVED, Status.HELD, Status.SENT, Status.ANSWERED)
# What needs somebody first: what can be sent before what waits for a second person, then what waits for an answer.
NEED: Final = Case(
    *(When(status=status, then=Value(number)) for number, status in enumerate(OPEN)),
    default=Value(len(OPEN)),
    output_field=IntegerField(),
)
HASTE: Final = Case(
    *(When(urgency=urgency, then=Value(number)) for number, urgency in enumerate(Referral.Urgency.values)),
    output_field=IntegerField(),
)


def referrals(request: HttpRequest) -> HttpResponse:
    """All that are open, what needs somebody first; with ``?ended=1`` those that have ended, latest first."""
    user = moderator(request)
    access.check(user)
    ended = request.GET.get("ended") == "1"
    known = Referral.objects.select_related("item__platform", "authority", "decision__policy")
    if ended:
        chosen = known.exclude(status__in=OPEN).order_by("-made_at")
    else:
        chosen = known.filter(status__in=OPEN).order_by(NEED, HASTE, "made_at")
    shown = list(chosen[:MOST_SHOWN])
    audit.record("referral.listed", audit.person(user), referrals=[each.pk for each in shown])
    context = {"referrals": shown, "ended": ended, "most": MOST_SHOWN if len(shown) == MOST_SHOWN else None}
    return render(request, "moderation/referrals.html", context)


def referral(request: HttpRequest, referral_id: int) -> HttpResponse:
    """The case file, or what was typed into it."""
    found = access.referral_for(moderator(request), referral_id, "the case file")
    if request.method != "POST":
        return _page(request, found)
    form = CaseFileForm(found, request.POST)
    if not form.is_valid():
        return _page(request, found, file_form=form)
    try:
        working.edit(found.pk, moderator(request), form.written())
    except NotNow:
        return _page(request, found, file_form=form, not_now=True)
    messages.success(request, _("Saved: the case file is as you wrote it."))
    return _back(found)


def referral_sent(request: HttpRequest, referral_id: int) -> HttpResponse:
    """It was sent: how, and when."""
    found = access.referral_for(moderator(request), referral_id, "marking it sent")
    form = SentForm(request.POST, auto_id="sent_%s")
    if not form.is_valid():
        return _page(request, found, sent_form=form)
    try:
        working.mark_sent(found.pk, moderator(request), form.cleaned_data["how"], form.cleaned_data["at"])
    except NotNow:
        return _page(request, found, sent_form=form, not_now=True)
    messages.success(request, _("Saved: it was sent."))
    return _back(found)


def referral_answer(request: HttpRequest, referral_id: int) -> HttpResponse:
    """What the authority answered."""
    found = access.referral_for(moderator(request), referral_id, "recording an answer")
    form = AnswerForm(request.POST, auto_id="answer_%s")
    if not form.is_valid():
        return _page(request, found, answer_form=form)
    try:
        working.record_answer(found.pk, moderator(request), **form.cleaned_data)
    except NotNow:
        return _page(request, found, answer_form=form, not_now=True)
    messages.success(request, _("Saved: the answer is in the case file."))
    return _back(found)


def close_referral(request: HttpRequest, referral_id: int) -> HttpResponse:
    """Nothing more is expected."""
    found = access.referral_for(moderator(request), referral_id, "closing it")
    try:
        working.close(found.pk, moderator(request))
        messages.success(request, _("Closed. Its legal hold goes on until it ends or is lifted."))
    except NotNow:
        messages.warning(request, _("It cannot be closed as it stands now. Nothing was changed."))
    return _back(found)


def make_package(request: HttpRequest, referral_id: int) -> HttpResponse:
    """Make a package of the referral as it stands now."""
    found = access.referral_for(moderator(request), referral_id, "making a package")
    try:
        package.make(found, moderator(request))
        messages.success(request, _("The package is made and signed. Download it below."))
    except NotNow:
        messages.warning(
            request, _("A package is made once a second person has agreed. Nothing was changed.")
        )
    return HttpResponseRedirect(reverse("referral", args=[found.pk]) + "#packages")


def download_package(request: HttpRequest, package_id: int) -> HttpResponse:
    """A package as it was made."""
    found = access.package_for(moderator(request), package_id)
    name = f"referral-{found.referral_id}-package-{found.pk}.zip"
    return HttpResponse(
        bytes(found.content),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _page(
    request: HttpRequest, found: Referral, *, not_now: bool = False, **typed: forms.Form
) -> HttpResponse:
    """The case file, with what was typed if it was refused (422), or came too late (409)."""
    snapshot = found.decision.case.snapshot
    audit.record(
        "evidence.viewed",
        audit.person(moderator(request)),
        case=found.decision.case,
        snapshot_id=snapshot.pk,
        referral_id=found.pk,
    )
    now = {"at": timezone.now()}
    # Each look at this page is there already as one at the referral.
    steps = [each for each in custody_of(found) if (each.kind, "referral_id" in each.data) != TWICE]
    context: dict[str, Any] = {
        "referral": found,
        "snapshot": snapshot,
        "text": mark(snapshot.text),
        "file_form": CaseFileForm(found),
        "sent_form": SentForm(auto_id="sent_%s", initial=now),
        "answer_form": AnswerForm(auto_id="answer_%s", initial={"received_at": now["at"]}),
        "editable": found.status in working.EDITABLE,
        "sendable": found.status in working.SENDABLE,
        "answerable": found.status in working.ANSWERABLE,
        "closable": found.status in working.CLOSABLE,
        "packable": found.status in package.PACKABLE,
        "packages": found.packages.defer("content").select_related("made_by").order_by("-pk"),
        "answers": found.answers.select_related("recorded_by").order_by("-received_at"),
        "holds": with_files(LegalHold.objects.filter(referral=found)).order_by("pk"),
        "tip": CyberTip.objects.filter(referral=found).first(),
        "steps": steps[::-1][:STEPS_SHOWN],
        "more_steps": max(0, len(steps) - STEPS_SHOWN),
        "fingerprint": fingerprint(keys.public_keys()[0]),
        "not_now": not_now,
        "refused": bool(typed) and not not_now,
    }
    status = 409 if not_now else 422 if typed else 200
    return render(request, "moderation/referral.html", context | typed, status=status)


def with_files(holds: Any) -> Any:
    """Holds with how many items they hold, and how many files are in which state."""
    states = {
        f"files_{status}": Count("files", Q(files__status=status), distinct=True)
        for status in PreservedFile.Status.values
    }
    return holds.annotate(items=Count("held_items", distinct=True), **states)


def _back(found: Referral) -> HttpResponse:
    return HttpResponseRedirect(reverse("referral", args=[found.pk]))
