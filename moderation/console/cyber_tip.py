"""A report to the CyberTipline, for who is cleared: checked, completed, filed, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from moderation.console.cyber_tip_form import TipForm
from moderation.console.request import moderator
from moderation.models import CyberTip, Referral
from moderation.referrals.access import referral_for
from moderation.referrals.cybertipline.client import is_set_up
from moderation.referrals.cybertipline.confirming import (
    CAN_BE_FILED,
    OPEN,
    ChangedMeanwhile,
    NotReady,
    enclosed_with,
    problems_of,
    queue_for_filing,
    save,
    version_of,
)
from moderation.referrals.cybertipline.drafting import make_draft


def cyber_tip(request: HttpRequest, referral_id: int) -> HttpResponse:
    """The report of a referral: shown, with a row more, saved, or saved and filed."""
    tip = _tip_of(referral_for(moderator(request), referral_id, "CyberTipline report"))
    enclosed = enclosed_with(tip)
    if request.method != "POST":
        return _page(request, tip, TipForm(tip.report, enclosed.ready))
    form = TipForm(tip.report, enclosed.ready, request.POST)
    if "more" in request.POST:
        return _page(request, tip, form)
    by = moderator(request)
    try:
        tip = save(tip.pk, request.POST.get("version", ""), form.written, by)
        if "file" in request.POST:
            queue_for_filing(tip, by)
    except NotReady as error:
        # Whoever wants to file it is told all that it still needs, not only what is wrong with what is there.
        form.add_problems(
            problems_of(form.written) or error.problems if "file" in request.POST else error.problems
        )
        return _page(request, tip, form, refused=True)
    except ChangedMeanwhile:
        return _page(request, tip, form, changed_meanwhile=True)
    if "file" in request.POST:
        messages.success(request, gettext("Confirmed. It is being filed now."))
    else:
        messages.success(request, gettext("Saved. Nothing is sent until you file it."))
    return HttpResponseRedirect(reverse("cyber-tip", args=[referral_id]))


def _tip_of(referral: Referral) -> CyberTip:
    """Its report; drafted now where the referral became one of child safety only later. Http404 where it has none."""
    found = CyberTip.objects.filter(referral=referral).first()
    if found is None:
        if referral.basis != Referral.Basis.CHILD_SAFETY or referral.status not in CAN_BE_FILED:
            raise Http404
        found = make_draft(referral)
    found.referral = referral
    return found


def _page(
    request: HttpRequest,
    tip: CyberTip,
    form: TipForm,
    *,
    refused: bool = False,
    changed_meanwhile: bool = False,
) -> HttpResponse:
    """The page with everything as typed, whatever became of it."""
    enclosed = enclosed_with(tip)
    context: dict[str, Any] = {
        "tip": tip,
        "referral": tip.referral,
        "form": form,
        # After a save that was not followed by the filing there is a new version; whoever was overtaken keeps hers.
        "version": request.POST.get("version") if changed_meanwhile else version_of(tip),
        "is_open": tip.status in OPEN and tip.referral.status in CAN_BE_FILED,
        "is_set_up": is_set_up(),
        "waiting_files": enclosed.waiting,
        "failed_files": enclosed.failed,
        "refused": refused,
        "changed_meanwhile": changed_meanwhile,
    }
    status = 422 if refused or changed_meanwhile else 200
    return render(request, "moderation/cyber_tip.html", context, status=status)
