"""Sending a stretch of webhooks again, for admins: asked for, looked at, confirmed."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from moderation import audit
from moderation.console.request import moderator
from moderation.models import WebhookEndpoint
from moderation.outbox.replaying import MOST_COUNTED, Stretch, replay_stretch

PARKED: Final = "parked"
EVERYTHING: Final = "everything"


class ReplayForm(forms.Form):
    """What to send again. Times are in UTC."""

    endpoint = forms.ModelChoiceField(
        WebhookEndpoint.objects.select_related("platform").order_by("platform__name", "pk"),
        error_messages={
            "required": _("Choose an endpoint"),
            "invalid_choice": _("There is no such endpoint any more"),
        },
    )
    what = forms.ChoiceField(
        choices=[(PARKED, PARKED), (EVERYTHING, EVERYTHING)],
        error_messages={"required": _("Choose what to send again")},
    )
    since = forms.DateTimeField(required=False, error_messages={"invalid": _("Not a date and time")})
    until = forms.DateTimeField(required=False, error_messages={"invalid": _("Not a date and time")})

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until, everything = data.get("since"), data.get("until"), data.get("what") == EVERYTHING
        if everything and since is None and "since" not in self.errors:
            self.add_error("since", _("Everything since when? Say from which moment on"))
        if everything and until is not None:
            self.add_error(
                "until", _("Leave this empty: what the platform gets last must be what is true now")
            )
        if since is not None and since > timezone.now():
            self.add_error("since", _("This is in the future"))
        if since is not None and until is not None and until < since:
            self.add_error("until", _("This is before the beginning"))
        return data

    def stretch(self) -> Stretch:
        data = self.cleaned_data
        return Stretch(
            data["endpoint"].pk, data["since"], data["until"], delivered=data["what"] == EVERYTHING
        )


def replay_deliveries(request: HttpRequest) -> HttpResponse:
    """The form; how much it would be; and, once that is confirmed, done."""
    form = ReplayForm(request.POST) if request.method == "POST" else ReplayForm(initial=request.GET.dict())
    stretch = form.stretch() if form.is_bound and form.is_valid() else None
    if stretch is not None and request.POST.get("confirmed") == "1":
        count = replay_stretch(stretch, audit.person(moderator(request)))
        messages.success(
            request,
            ngettext("%(count)s message is sent again now.", "%(count)s messages are sent again now.", count)
            % {"count": count}
            if count
            else gettext("There is nothing to send again any more."),
        )
        return HttpResponseRedirect(f"{reverse('deliveries')}?endpoint={stretch.endpoint_id}")
    count = stretch.count() if stretch else 0
    context = {
        "form": form,
        "what": form["what"].value() or PARKED,
        "endpoint": str(form["endpoint"].value() or ""),
        "endpoints": form.fields["endpoint"].queryset,  # type: ignore[attr-defined]
        # As typed, also where it is no moment.
        "since": form["since"].value() or "",
        "until": form["until"].value() or "",
        "stretch": stretch,
        "count": min(count, MOST_COUNTED),
        "more": count > MOST_COUNTED,
    }
    return render(request, "moderation/replay_deliveries.html", context, status=422 if form.errors else 200)
