"""The ASGI application: Django for HTTP, Channels for the boards' websocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

# Only importable once the apps are loaded, which the line above does.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from config.body_limit import BodyLimit  # noqa: E402
from moderation.console.consumers import BoardConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application, settings.API_BATCH_BYTES, forms="/appeal/"),
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter([path("ws/board/", BoardConsumer.as_asgi())]))
        ),
    }
)
