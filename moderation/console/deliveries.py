"""The delivery page: how the platforms' endpoints are, what is owed to them, what is parked, and the button that sends
it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from moderation import audit
from moderation.console.request import moderator
from moderation.models import Message, WebhookEndpoint
from moderation.outbox import rotation
from moderation.outbox.endpoints import switch
from moderation.outbox.owed import Owed, owed_to_each, parked_at, waiting_at
from moderation.outbox.replaying import NotParked, replay


def deliveries(request: HttpRequest) -> HttpResponse:
    """All endpoints, and the messages of one of them (``?endpoint=``): the one that needs somebody, unless asked."""
    endpoints = owed_to_each()
    chosen = _chosen(endpoints, request.GET.get("endpoint", ""))
    context = {
        "endpoints": endpoints,
        "chosen": chosen,
        "bad": sum(each.is_bad for each in endpoints),
        "secrets": rotation.listed(chosen.endpoint) if chosen else [],
        "parked_somewhere": any(each.parked for each in endpoints),
        "parked": parked_at(chosen.endpoint) if chosen else [],
        "waiting": waiting_at(chosen.endpoint) if chosen else [],
    }
    return render(request, "moderation/deliveries.html", context)


def replay_delivery(request: HttpRequest, message_id: int) -> HttpResponse:
    """Send one parked message again."""
    try:
        endpoint_id = replay(message_id, audit.person(moderator(request))).endpoint_id
        messages.success(request, _("It is sent again now, and what waited behind it follows."))
    except Message.DoesNotExist:
        raise Http404 from None
    except NotParked:
        endpoint_id = Message.objects.values_list("endpoint_id", flat=True).get(pk=message_id)
        messages.info(request, _("It is not parked any more: somebody was faster."))
    return _back(endpoint_id)


def switch_endpoint(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Switch an endpoint on or off (``enabled``: 1 or 0)."""
    try:
        switch(endpoint_id, request.POST.get("enabled") == "1", audit.person(moderator(request)))
    except WebhookEndpoint.DoesNotExist:
        raise Http404 from None
    return _back(endpoint_id)


def _chosen(endpoints: list[Owed], asked: str) -> Owed | None:
    if asked:
        return next((each for each in endpoints if str(each.endpoint.pk) == asked), None)
    return max(endpoints, key=lambda each: (each.parked, each.is_bad, each.waiting), default=None)


def _back(endpoint_id: int) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('deliveries')}?endpoint={endpoint_id}")
