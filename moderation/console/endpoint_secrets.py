"""New endpoints and their signing secrets, for admins. A secret is shown once, in the answer that makes it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Platform
from moderation import audit
from moderation.console.request import moderator
from moderation.models import EndpointSecret, WebhookEndpoint
from moderation.outbox import rotation
from moderation.outbox.endpoints import create_endpoint


class EndpointForm(forms.Form):
    """Where a platform takes webhooks."""

    platform = forms.ModelChoiceField(
        Platform.objects.order_by("name"),
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose a platform")},
    )
    url = forms.CharField(
        max_length=2000, error_messages={"required": gettext_lazy("An address is needed: https://…")}
    )


def new_endpoint(request: HttpRequest) -> HttpResponse:
    """One more endpoint of a platform; its secret is shown this once."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            endpoint = create_endpoint(chosen["platform"], chosen["url"], audit.person(moderator(request)))
        except ValidationError as error:
            form.add_error("url", error.messages[0])
        else:
            return _shown_once(request, endpoint, rotation.live(endpoint)[0], is_new=True)
    context = {"form": form, "platforms": Platform.objects.order_by("name")}
    return render(request, "moderation/new_endpoint.html", context, status=422 if form.errors else 200)


def rotate_secret(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """A new signing secret, shown this once; the former one goes on signing for a day."""
    try:
        secret = rotation.rotate(endpoint_id, audit.person(moderator(request)))
    except WebhookEndpoint.DoesNotExist:
        raise Http404 from None
    return _shown_once(request, WebhookEndpoint.objects.get(pk=endpoint_id), secret, is_new=False)


def retire_secret(request: HttpRequest, secret_id: int) -> HttpResponse:
    """End a former secret now."""
    try:
        endpoint_id = rotation.retire(secret_id, audit.person(moderator(request)))
    except (EndpointSecret.DoesNotExist, rotation.StillNeeded):
        raise Http404 from None
    messages.success(request, _("It signs no more."))
    return HttpResponseRedirect(f"{reverse('deliveries')}?endpoint={endpoint_id}")


def _shown_once(
    request: HttpRequest, endpoint: WebhookEndpoint, secret: str, *, is_new: bool
) -> HttpResponse:
    context = {
        "endpoint": endpoint,
        "secret": secret,
        "is_new": is_new,
        "hours": round(rotation.OVERLAP.total_seconds() / 3600),
    }
    answer = render(request, "moderation/endpoint_secret.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer
