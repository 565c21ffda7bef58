"""What breaches weigh and what their points propose, for admins: one page, one form, saved as a whole."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from moderation import strikes
from moderation.actions import ACTIONS
from moderation.console import strikes_form
from moderation.console.request import moderator, typed
from moderation.console.strikes_form import StrikesForm
from moderation.models import Policy, ProposalTaken
from moderation.strikes import proposable
from moderation.strikes.weights import RulesChanged, change, current

# Of the decisions to be looked at again, so many are shown at once: the others follow as these are answered.
MOST_DOUBTED: Final = 50


def strike_rules(request: HttpRequest) -> HttpResponse:
    """The page, or what was typed on it saved: over what she was shown, and over nothing else."""
    user = moderator(request)
    policies = list(Policy.objects.order_by("-severity", "name"))
    if request.method != "POST":
        rules = current()
        return _page(request, strikes_form.show(rules, policies), rules.digest)
    fields = {name: values[0] for name, values in typed(request).items() if values}
    form, shown = strikes_form.read(fields, policies), fields.get("shown", "")
    if form.rules is None:
        return _page(request, form, shown, refused=True)
    try:
        changed = change(form.rules, shown, user)
    except RulesChanged:
        return _page(request, form, shown, changed_meanwhile=True)
    if changed:
        messages.success(
            request, gettext("Saved. It holds for decisions from now on; strikes that were given stay.")
        )
    else:
        messages.info(request, gettext("Nothing was different: nothing was changed."))
    return HttpResponseRedirect(reverse("strike-rules"))


@transaction.atomic
def keep_decision(request: HttpRequest, taken_id: int) -> HttpResponse:
    """A decision that rested on strikes which were taken back is right all the same: she has looked at it again."""
    try:
        strikes.keep(taken_id, moderator(request))
    except ProposalTaken.DoesNotExist:
        messages.info(request, gettext("Somebody has answered that already, or it is settled."))
    else:
        messages.success(request, gettext("The decision stays as it is."))
    return HttpResponseRedirect(reverse("strike-rules"))


def _page(
    request: HttpRequest,
    form: StrikesForm,
    shown: str,
    *,
    refused: bool = False,
    changed_meanwhile: bool = False,
) -> HttpResponse:
    """The page with the form as typed. ``shown`` is the digest of the rules that it began from."""
    context = {
        "form": form,
        "shown": shown,
        "refused": refused,
        "changed_meanwhile": changed_meanwhile,
        "defaults": strikes_form.defaults(),
        "actions": proposable(),
        "doubted": [
            (each, ACTIONS[each.action].label if each.action in ACTIONS else each.action)
            for each in strikes.doubted()[:MOST_DOUBTED]
        ],
    }
    status = 422 if refused or changed_meanwhile else 200
    return render(request, "moderation/strike_rules.html", context, status=status)
