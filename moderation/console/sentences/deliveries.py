"""Webhooks, their endpoints, and API keys."""

from typing import Final

from django.utils.translation import gettext_lazy as _

DELIVERIES: Final = {
    "webhook.parked": _("A webhook about {item} was parked: {error}"),
    "webhook.replayed": _("{who} sent a webhook about {item} again"),
    "webhooks.replayed": _("{who} sent {messages} webhooks to {endpoint_id} again"),
    "endpoint.created": _("{who} added the endpoint {url} of {platform}"),
    "endpoint.switched": _("{who} switched the endpoint {endpoint_id} off"),
    "endpoint.switched/on": _("{who} switched the endpoint {endpoint_id} on"),
    "endpoint.gone": _("The endpoint {endpoint_id} answered that it is gone, and was switched off"),
    "endpoint.resting": _("The endpoint {endpoint_id} fails and is left to rest: {error}"),
    "endpoint.recovered": _("The endpoint {endpoint_id} works again after {failures} failures"),
    "endpoint.secret_rotated": _("{who} gave the endpoint {endpoint_id} a new signing secret"),
    "endpoint.secret_retired": _("{who} retired a signing secret of the endpoint {endpoint_id}"),
    "api_key.created": _("{who} created API key {api_key} for {platform}"),
    "api_key.revoked": _("{who} revoked API key {api_key}"),
}
