"""The delivery log, and one message with each attempt to deliver it, for admins."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from moderation.models import Message, WebhookEndpoint
from moderation.outbox.log import LOOKED_THROUGH, Sought, attempts_of, find
from moderation.outbox.posting import TYPES


class LogForm(forms.Form):
    """What to show of the log."""

    endpoint = forms.ModelChoiceField(
        WebhookEndpoint.objects.select_related("platform").order_by("platform__name", "pk"), required=False
    )
    item = forms.CharField(required=False, max_length=255)
    type = forms.ChoiceField(required=False, choices=[("", _("any kind")), *((each, each) for each in TYPES)])
    status = forms.ChoiceField(required=False, choices=[("", _("any")), *Message.Status.choices])
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


def delivery_log(request: HttpRequest) -> HttpResponse:
    """The log of one endpoint (the first one, unless asked), or of one item at all of them; the newest first."""
    form = LogForm(request.GET)
    chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    endpoints = list(form.fields["endpoint"].queryset)  # type: ignore[attr-defined]
    item = chosen.get("item", "")
    endpoint = chosen.get("endpoint") or (None if item else next(iter(endpoints), None))
    sought = Sought(endpoint, item, chosen.get("type", ""), chosen.get("status", ""))
    context = {
        "form": form,
        "endpoints": endpoints,
        "sought": sought,
        "found": find(sought, chosen.get("before")) if endpoints and form.is_valid() else None,
        "looked_through": LOOKED_THROUGH,
    }
    return render(request, "moderation/delivery_log.html", context)


def delivery(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: what became of it, and each attempt."""
    messages = Message.objects.select_related("item", "endpoint__platform").defer("payload")
    message = get_object_or_404(messages, pk=message_id)
    context = {"message": message, "attempts": attempts_of(message)}
    return render(request, "moderation/delivery.html", context)
