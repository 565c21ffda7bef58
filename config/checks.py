"""System checks: what would otherwise be found out by losing something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from moderation import plugins


@register()
def a_person_can_complain(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without the hook ``redress`` no decision that restricts could be made: say so before the first one."""
    if plugins.manager().hook.redress.get_hookimpls():
        return []
    return [
        Error(
            "No plugin implements the hook redress: the people affected by decisions could not appeal.",
            hint="Keep the app appeals in INSTALLED_APPS, or name a module with the hook in FAIRLEAD_PLUGINS.",
            id="fairlead.E001",
        )
    ]


@register()
def a_delivery_ends_before_its_lease(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Else a slow endpoint is sent a webhook again while the first attempt is still on its way."""
    if settings.WEBHOOK_TIMEOUT_SECONDS < settings.DELIVERY_LEASE_SECONDS:
        return []
    return [
        Error(
            "WEBHOOK_TIMEOUT_SECONDS must be shorter than DELIVERY_LEASE_SECONDS.",
            hint="Raise DELIVERY_LEASE_SECONDS.",
            id="fairlead.E002",
        )
    ]
