"""System checks: what would otherwise be found out by losing something."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any, Final

import django_rq
from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from redis.exceptions import RedisError

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


@register()
def allowed_networks_are_networks(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Else nothing could be sent to anybody, and it would be found out by the first webhook."""
    found: list[CheckMessage] = []
    for each in settings.WEBHOOK_ALLOWED_NETWORKS:
        try:
            ip_network(each)
        except ValueError as error:
            found.append(
                Error(
                    f"WEBHOOK_ALLOWED_NETWORKS: {error}.",
                    hint="Name networks as in 10.1.0.0/16,fd00:1::/32.",
                    id="fairlead.E006",
                )
            )
    return found


# Sessions, appeal links and password resets are signed with it.
SHORTEST_SECRET_KEY: Final = 32
OLDEST_POSTGRESQL: Final = 15


@register(Tags.security)
def the_secret_key_is_long(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """On a desk that others can reach. One on this machine may be tried with any key."""
    if not settings.FAIRLEAD_URL.startswith("https://") or len(settings.SECRET_KEY) >= SHORTEST_SECRET_KEY:
        return []
    return [
        Error(
            f"SECRET_KEY has {len(settings.SECRET_KEY)} characters; appeal links could be forged.",
            hint=f"Set one of at least {SHORTEST_SECRET_KEY} random characters.",
            id="fairlead.E003",
        )
    ]


@register(Tags.database)
def postgresql_is_what_we_need(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Runs where a database is asked for: ``migrate``, and ``check --database default``."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding')"
            )
            version, encoding = cursor.fetchone()
        if version < OLDEST_POSTGRESQL:
            found.append(
                Error(
                    f"PostgreSQL {version} is too old: Fairlead needs {OLDEST_POSTGRESQL} or later.",
                    id="fairlead.E004",
                )
            )
        if encoding != "UTF8":
            found.append(
                Error(
                    f"The database is encoded in {encoding}: most of the world's texts cannot be stored.",
                    hint="Make it anew with ENCODING 'UTF8'.",
                    id="fairlead.E005",
                )
            )
    return found


@register(Tags.database)
def redis_answers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A warning only: nothing is lost without it, but work waits for the timers, which cannot ring either."""
    try:
        django_rq.get_connection("default").ping()
    except (RedisError, OSError) as error:
        return [
            checks.Warning(
                f"Redis does not answer: {error}",
                hint="Work is kept, but no worker hears of it. See REDIS_URL.",
                id="fairlead.W001",
            )
        ]
    return []
