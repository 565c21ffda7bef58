"""Every address of the desk, one include per app."""

from django.urls import URLPattern, URLResolver, include, path

from config.api import api
from config.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("healthz", healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("", include("moderation.urls")),
    path("", include("appeals.urls")),
    path("", include("transparency.urls")),
]

handler404 = "config.errors.not_found"
